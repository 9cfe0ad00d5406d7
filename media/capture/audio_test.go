package capture

import (
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/opus"
	"parley/media/speechtest"
)

func TestExpectedLoss(t *testing.T) {
	t.Parallel()
	var l expectedLoss
	for _, c := range []struct {
		at      time.Duration
		report  float64 // below zero is none
		percent int
		changed bool
	}{
		{0, -1, 5, true},
		{time.Second, 0, 5, false},
		{2 * time.Second, 0.16, 16, true},
		{2 * time.Second, 0.02, 16, false},
		{12 * time.Second, 0, 8, true},
		{32 * time.Second, 0, 5, true},
		{33 * time.Second, 0.9, 30, true},
		{34 * time.Second, -1, 30, false},
	} {
		if c.report >= 0 {
			l.report(c.report, c.at)
		}
		if got, changed := l.percent(c.at); got != c.percent || changed != c.changed {
			t.Errorf("after %v: %d %%, %v; want %d %%, %v", c.at, got, changed, c.percent, c.changed)
		}
	}
}

// recording is a microphone that plays a recording once, as fast as it is read.
type recording struct {
	pcm  []int16
	at   int
	play chan struct{} // closed when it is to begin
	done chan struct{}
	once sync.Once
}

func (r *recording) Open(context.Context) (media.AudioReader, error) { <-r.play; return r, nil }
func (r *recording) Close() error                                    { r.once.Do(func() { close(r.done) }); return nil }

func (r *recording) Read() (media.Samples, func(), error) {
	const piece = media.SampleRate / 100
	if r.at+piece > len(r.pcm) {
		<-r.done
		return media.Samples{}, nil, io.EOF
	}
	captured := time.Duration(r.at) * time.Second / media.SampleRate
	r.at += piece
	return media.Samples{Data: r.pcm[r.at-piece : r.at], Channels: 1, Captured: captured}, func() {}, nil
}

// TestMutedSpeech: who speaks into a muted microphone is heard to do so, once in a while, and not when nothing would be sent anyway.
func TestMutedSpeech(t *testing.T) {
	t.Parallel()
	const s = media.SampleRate
	voice := speechtest.Sentences(t, 30*s)
	for _, c := range []struct {
		name           string
		pcm            []int16
		muted, sending bool
		said           int
	}{
		{"half a minute", voice, true, true, 2},
		{"a few seconds", voice[:5*s], true, true, 1},
		{"not muted", voice[:5*s], false, true, 0},
		{"not in a call", voice[:5*s], true, false, 0},
		{"silence", make([]int16, 5*s), true, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			play, ended, said := make(chan struct{}), make(chan struct{}), 0
			heard := 0
			a := StartAudio(AudioConfig{
				Source: &recording{pcm: c.pcm, play: play, done: make(chan struct{})}, MutedSpeech: func() { said++ },
				Sound: func(pcm []int16) {
					if heard += len(pcm); heard == len(c.pcm) {
						close(ended)
					}
				},
				Encoded: func(media.EncodedFrame) {
					if c.muted {
						t.Error("what is said is encoded")
					}
				},
			})
			a.SetMuted(c.muted)
			a.SetSending(c.sending)
			close(play)
			<-ended
			a.Close()
			if said != c.said {
				t.Errorf("said %d times, want %d", said, c.said)
			}
		})
	}
}

// send captures a recording and returns its packets, nil where nothing was worth sending.
func send(t *testing.T, pcm []int16, loss float64) [][]byte {
	t.Helper()
	var packets [][]byte
	play, done := make(chan struct{}), make(chan struct{})
	a := StartAudio(AudioConfig{
		Source: &recording{pcm: pcm, play: play, done: make(chan struct{})},
		Encoded: func(f media.EncodedFrame) {
			packets = append(packets, append([]byte(nil), f.Data...))
			if len(packets) == len(pcm)/codec.FrameSamples {
				close(done)
			}
		},
	})
	a.SetLoss(loss)
	a.SetSending(true)
	close(play)
	<-done
	a.Close()
	return packets
}

// recovered decodes packets of which every tenth is missing, made from the copy in the next, and returns how much of it is like what was sent: 1 is all.
func recovered(t *testing.T, packets [][]byte) float64 {
	t.Helper()
	whole, lossy := decoder(t), decoder(t)
	a, b := make([]int16, codec.FrameSamples), make([]int16, codec.FrameSamples)
	var cross, own, made float64
	for i, p := range packets {
		if len(p) == 0 {
			continue
		}
		decode(t, whole, p, a)
		if i%10 != 5 || i+1 >= len(packets) || len(packets[i+1]) == 0 {
			decode(t, lossy, p, b)
			continue
		}
		n, err := lossy.DecodeFEC(packets[i+1], b)
		if n == 0 && err == nil {
			_, err = lossy.Conceal(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		for j := range a {
			cross, own, made = cross+float64(a[j])*float64(b[j]), own+float64(a[j])*float64(a[j]), made+float64(b[j])*float64(b[j])
		}
	}
	return cross * cross / (own * made)
}

func decoder(t *testing.T) codec.AudioDecoder {
	t.Helper()
	d, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func decode(t *testing.T, d codec.AudioDecoder, p []byte, pcm []int16) {
	t.Helper()
	if _, err := d.Decode(p, pcm); err != nil {
		t.Fatal(err)
	}
}

// TestPacketsHoldCopies of what went before: always some, better ones where much is lost.
func TestPacketsHoldCopies(t *testing.T) {
	t.Parallel()
	voice := speechtest.Sentences(t, 8*media.SampleRate)
	enc, err := opus.NewEncoder(opus.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	var bare [][]byte
	for i := 0; i < len(voice); i += codec.FrameSamples {
		packet := make([]byte, 1275)
		n, err := enc.Encode(voice[i:i+codec.FrameSamples], packet)
		if err != nil {
			t.Fatal(err)
		}
		bare = append(bare, packet[:n])
	}
	if got := recovered(t, bare); got > 0.4 {
		t.Errorf("without copies what is made up is like what was sent by %.2f: this measures nothing", got)
	}
	few, many := recovered(t, send(t, voice, 0)), recovered(t, send(t, voice, 0.25))
	t.Logf("what is recovered is like what was sent by %.2f with no loss known, %.2f with a quarter lost", few, many)
	if few < 0.5 || many < few {
		t.Errorf("what is recovered is like what was sent by %.2f with no loss known, %.2f with a quarter lost", few, many)
	}
}

// TestSilenceIsNotSent: of the pauses of speech hardly anything is sent, and the first packet after one is marked.
func TestSilenceIsNotSent(t *testing.T) {
	t.Parallel()
	pcm := append(speechtest.Sentences(t, 4*media.SampleRate), make([]int16, 4*media.SampleRate)...)
	sent := 0
	packets := send(t, pcm, 0)
	for _, p := range packets[len(packets)/2+25:] {
		if len(p) > 0 {
			sent++
		}
	}
	if sent > 15 {
		t.Errorf("%d packets are sent in 3.5 s of silence", sent)
	}
	for i, p := range packets[:len(packets)/2] {
		if len(p) == 0 && i < 100 {
			t.Errorf("packet %d of speech was not sent", i)
		}
	}
}

// TestPacketClock gives it a sound card whose first times are wrong, whose later ones jitter, and which then runs fast.
func TestPacketClock(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var c packetClock
	truth, last := time.Hour, time.Duration(0)
	steps, worst := 0, time.Duration(0)
	for i := range 20000 { // 400 s
		captured := truth + time.Duration(random.Int64N(int64(8*time.Millisecond))) - 4*time.Millisecond
		if i < 3 {
			captured += 80 * time.Millisecond
		}
		at := c.stamp(captured)
		if i > 0 && at != last+packetTime {
			steps++
		}
		if off := at - truth; i > 50 {
			worst = max(worst, off, -off)
		}
		last = at
		truth += packetTime
		if i > 5000 {
			truth -= packetTime / 5000 // 200 ppm
		}
	}
	if worst > 15*time.Millisecond {
		t.Errorf("packets are stamped %v wrong", worst)
	}
	if steps > 15 {
		t.Errorf("the stamps made %d steps", steps)
	}
	if at := c.stamp(truth + time.Second); at != truth+time.Second {
		t.Errorf("after a pause it is %v off", at-truth-time.Second)
	}
}
