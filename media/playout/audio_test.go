package playout

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeDecoder is a codec.AudioDecoder of functions.
type fakeDecoder struct {
	decode  func(packet []byte, pcm []int16) (int, error)
	fec     func(next []byte, pcm []int16) (int, error)
	conceal func(pcm []int16) (int, error)
	close   func() error
}

func (d *fakeDecoder) Decode(packet []byte, pcm []int16) (int, error)  { return d.decode(packet, pcm) }
func (d *fakeDecoder) DecodeFEC(next []byte, pcm []int16) (int, error) { return d.fec(next, pcm) }
func (d *fakeDecoder) Conceal(pcm []int16) (int, error)                { return d.conceal(pcm) }
func (d *fakeDecoder) Close() error                                    { return d.close() }

// network plays a call in virtual time: packets on their way, and a reader that takes 10 ms every 10 ms.
type network struct {
	t       *testing.T
	audio   *Audio
	now     time.Duration
	flights []flight
	played  []string // what the decoder was asked for, and "." for each 20 ms of silence
	heard   []int16
	silent  int // pieces of 10 ms in a row
	closed  int
}

type flight struct {
	seq     uint16
	ts      uint32
	payload []byte
	arrival time.Duration
}

const quietMark = 0x80000000

// newNetwork returns a network with a decoder that turns frame i into samples of 5000 and plays "i"; a quiet frame is 1.
func newNetwork(t *testing.T) *network {
	n := &network{t: t}
	say := func(text string, value int16, pcm []int16) (int, error) {
		n.played = append(n.played, text)
		for i := range pcm {
			pcm[i] = value
		}
		return len(pcm), nil
	}
	n.audio = NewAudio(AudioConfig{Decoder: &fakeDecoder{
		decode: func(packet []byte, pcm []int16) (int, error) {
			v := binary.BigEndian.Uint32(packet)
			if v&quietMark != 0 {
				return say(fmt.Sprint(v&^quietMark), 1, pcm)
			}
			return say(fmt.Sprint(v), 5000, pcm)
		},
		fec: func(next []byte, pcm []int16) (int, error) {
			return say(fmt.Sprintf("fec%d", binary.BigEndian.Uint32(next)&^quietMark-1), 5000, pcm)
		},
		conceal: func(pcm []int16) (int, error) { return say("?", 100, pcm) },
		close:   func() error { n.closed++; return nil },
	}})
	return n
}

// send puts frame i of a stream that began at 0 on its way: seq and ts continue from the bases, which wrap soon.
func (n *network) send(seq, frame int, held time.Duration, quiet bool) {
	payload := binary.BigEndian.AppendUint32(nil, uint32(frame))
	if quiet {
		payload = binary.BigEndian.AppendUint32(nil, uint32(frame)|quietMark)
	}
	n.flights = append(n.flights, flight{
		seq: uint16(65530 + seq), ts: uint32(0xFFFFE000 + frame*960), payload: payload,
		arrival: time.Duration(frame)*20*time.Millisecond + held,
	})
}

// run plays until the time given.
func (n *network) run(until time.Duration) {
	slices.SortStableFunc(n.flights, func(a, b flight) int { return int(a.arrival - b.arrival) })
	pcm := make([]int16, 480)
	for ; n.now < until; n.now += 10 * time.Millisecond {
		for len(n.flights) > 0 && n.flights[0].arrival <= n.now {
			f := n.flights[0]
			n.flights = n.flights[1:]
			n.audio.Push(f.seq, f.ts, f.payload, f.arrival)
			clear(f.payload) // it was copied
		}
		if got := n.audio.Read(pcm); got != len(pcm) {
			n.t.Fatalf("read %d of %d", got, len(pcm))
		}
		if slices.ContainsFunc(pcm, func(v int16) bool { return v != 0 }) {
			n.silent = 0
		} else if n.silent++; n.silent%2 == 0 {
			n.played = append(n.played, ".")
		}
		n.heard = append(n.heard, pcm...)
	}
}

// text is what was played without the silence at either end; runs of silence are shortened to one dot.
func (n *network) text() string {
	var out []string
	for _, p := range n.played {
		if p == "." && (len(out) == 0 || out[len(out)-1] == ".") {
			continue
		}
		out = append(out, p)
	}
	return strings.Trim(strings.Join(out, " "), " .?")
}

func frames(from, to int) string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return strings.Join(out, " ")
}

func TestAudioPlaysInOrder(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for i := range 100 {
		n.send(i, i, 30*time.Millisecond, false)
	}
	n.run(2080 * time.Millisecond)
	if got := n.text(); got != frames(0, 100) {
		t.Errorf("played %s", got)
	}
	s := n.audio.Stats()
	if s.PacketsReceived != 100 || s.PacketsLost+s.Late+s.Shortened+s.Recovered != 0 {
		t.Errorf("%+v", s)
	}
	if n.audio.Level() < 0.1 {
		t.Errorf("level %v", n.audio.Level())
	}
}

func TestAudioLossReorderAndCopies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		held               map[int]time.Duration // -1 is lost
		twice              int
		want               string
		lost, recovered, c uint64
		late               uint64
	}{
		{name: "one lost", held: map[int]time.Duration{20: -1}, want: frames(0, 20) + " fec20 " + frames(21, 50), lost: 1, recovered: 1},
		{name: "two lost", held: map[int]time.Duration{20: -1, 21: -1}, want: frames(0, 20) + " ? fec21 " + frames(22, 50), lost: 2, recovered: 1, c: 1},
		{name: "overtaken in time", held: map[int]time.Duration{20: 25 * time.Millisecond}, want: frames(0, 50)},
		{name: "the first overtaken", held: map[int]time.Duration{0: 25 * time.Millisecond}, want: frames(0, 50)},
		{name: "overtaken too late", held: map[int]time.Duration{20: 150 * time.Millisecond}, want: frames(0, 20) + " fec20 " + frames(21, 50),
			lost: 1, recovered: 1, late: 1},
		{name: "twice", twice: 20, want: frames(0, 50)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			for i := range 50 {
				held := c.held[i]
				if held < 0 {
					continue
				}
				n.send(i, i, held, false)
				if i == c.twice && i > 0 {
					n.send(i, i, held, false)
				}
			}
			n.run(1070 * time.Millisecond)
			if got := n.text(); got != c.want {
				t.Errorf("played\n%s, want\n%s", got, c.want)
			}
			s := n.audio.Stats()
			s.Concealed -= uint64(strings.Count(strings.Join(n.played[40:], " "), "?")) // after the end
			if s.PacketsLost != c.lost || s.Recovered != c.recovered || s.Late != c.late || s.Concealed != c.c {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestAudioConcealsThenFallsSilent(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for i := range 20 {
		n.send(i, i, 0, false)
	}
	n.run(time.Second)
	tail := strings.Join(n.played[slices.Index(n.played, "19"):], " ")
	if !strings.HasPrefix(tail, "19 ? ? ? ? ? . .") || strings.Count(tail, "?") != 5 {
		t.Errorf("after the last packet: %s", tail)
	}
	if got := n.audio.Stats(); got.PacketsLost != 0 || got.Concealed != 5 {
		t.Errorf("%+v", got)
	}
	if last := n.heard[len(n.heard)-1]; last != 0 {
		t.Errorf("silence is %d", last)
	}
}

func TestAudioSilenceIsNotLoss(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for i := range 30 {
		n.send(i, i, 0, i > 25)
	}
	for i := range 30 {
		n.send(30+i, 80+i, 0, false) // a second was not sent
	}
	n.run(2300 * time.Millisecond)
	var speech []string
	for _, p := range n.played {
		if p != "." && p != "?" {
			speech = append(speech, p)
		}
	}
	if got := strings.Join(speech, " "); got != frames(0, 30)+" "+frames(80, 110) {
		t.Errorf("played %s", got)
	}
	if s := n.audio.Stats(); s.PacketsLost+s.Late+s.Recovered != 0 {
		t.Errorf("%+v", s)
	}
	// The pause keeps its length, but for what the delay was changed by.
	pause := slices.Index(n.played, "80") - slices.Index(n.played, "29")
	if pause < 49 || pause > 53 {
		t.Errorf("a pause of 51 frames became %d", pause)
	}
	beforePause := n.played[slices.Index(n.played, "29"):slices.Index(n.played, "80")]
	if got := strings.Count(strings.Join(beforePause, ""), "?"); got < 10 || got > audioMaxNoise {
		t.Errorf("%d frames of the pause were made up", got)
	}
}

// TestAudioLossAfterSilence loses the first packet of a sentence: it is made from its copy, at its time.
func TestAudioLossAfterSilence(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for i := range 30 {
		n.send(i, i, 0, i > 25)
	}
	for i := 1; i < 30; i++ {
		n.send(30+i, 60+i, 0, false)
	}
	n.run(1900 * time.Millisecond)
	at := slices.Index(n.played, "fec60")
	if at < 0 || n.played[at-1] != "?" || n.played[at+1] != "61" {
		t.Errorf("played %v", n.played)
	}
	if s := n.audio.Stats(); s.PacketsLost != 1 || s.Recovered != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAudioDelayFollowsJitter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	n := newNetwork(t)
	frame := 0
	// Two seconds of speech, then half a second of quiet, again and again.
	talk := func(seconds int, jitter time.Duration) AudioStats {
		for end := frame + seconds*50; frame < end; frame++ {
			held := time.Duration(0)
			if jitter > 0 {
				held = time.Duration(random.Int64N(int64(jitter)))
			}
			n.send(frame, frame, held, frame%125 > 100)
		}
		n.run(time.Duration(frame) * 20 * time.Millisecond)
		return n.audio.Stats()
	}
	calm := talk(10, 0)
	if calm.TargetDelayMs > 25 || calm.DelayMs > 60 {
		t.Errorf("without jitter: target %d ms, delay %d ms", calm.TargetDelayMs, calm.DelayMs)
	}
	rough := talk(20, 120*time.Millisecond)
	if rough.TargetDelayMs < 110 || rough.TargetDelayMs > 150 || rough.DelayMs < 100 || rough.DelayMs > 190 {
		t.Errorf("with 120 ms of jitter: target %d ms, delay %d ms", rough.TargetDelayMs, rough.DelayMs)
	}
	settled := talk(20, 120*time.Millisecond)
	if late := settled.Late - rough.Late; late > 20 {
		t.Errorf("%d of 1000 packets late", late)
	}
	again := talk(40, 0)
	if again.TargetDelayMs > 30 || again.DelayMs > 80 || again.Shortened == rough.Shortened {
		t.Errorf("calm again: target %d ms, delay %d ms, %d samples left out", again.TargetDelayMs, again.DelayMs, again.Shortened-rough.Shortened)
	}
}

func TestAudioCatchesUpAfterAStall(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for i := range 300 {
		held := time.Duration(0)
		if i >= 100 && i < 140 { // 800 ms arrive at once
			held = time.Duration(140-i) * 20 * time.Millisecond
		}
		n.send(i, i, held, false)
	}
	n.run(5900 * time.Millisecond)
	s := n.audio.Stats()
	if s.PacketsLost != 0 || s.Shortened == 0 || s.DelayMs > s.TargetDelayMs+150 {
		t.Errorf("%+v", s)
	}
	if got := n.text(); !strings.HasSuffix(got, frames(200, 285)) && !strings.Contains(got, frames(250, 280)) {
		t.Errorf("played at the end: %s", got)
	}
}

func TestAudioClockDrift(t *testing.T) {
	t.Parallel()
	for _, ppm := range []int{-500, 500} {
		n := newNetwork(t)
		for i := range 6000 { // two minutes: 60 ms
			n.send(i, i, time.Second+time.Duration(i*20*ppm)*time.Nanosecond, i%50 > 40)
		}
		n.run(118 * time.Second)
		if s := n.audio.Stats(); s.DelayMs > 100 || s.PacketsLost+s.Late > 0 || s.Concealed > 12 {
			t.Errorf("%d ppm: %+v", ppm, s)
		}
	}
}

func TestAudioSenderBeginsAnew(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for i := range 50 {
		n.send(i, i, 0, false)
	}
	for i := range 50 { // another sequence and another clock
		n.flights = append(n.flights, flight{seq: uint16(30000 + i), ts: uint32(12345 + i*960), payload: []byte{0, 0, 1, byte(i)},
			arrival: time.Duration(50+i) * 20 * time.Millisecond})
	}
	n.run(2100 * time.Millisecond)
	if got := n.text(); !strings.HasSuffix(got, frames(256, 306)) {
		t.Errorf("played %s", got)
	}
	if s := n.audio.Stats(); s.PacketsLost > 0 || s.DelayMs > 100 {
		t.Errorf("%+v", s)
	}
}
