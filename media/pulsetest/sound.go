//go:build linux

package pulsetest

import (
	"encoding/binary"
	"io"
	"math"
	"sync"
	"time"
)

// Rate is the rate of all sound here, mono, in Hz.
const Rate = 48000

// recorder keeps what a monitor gave: the last minute.
type recorder struct {
	mu   sync.Mutex
	pcm  []int16
	news chan struct{} // closed at the next piece, then replaced
}

const keep = 60 * Rate

// Tone returns one second of a sine that can be repeated without a click when hz is a whole number.
func Tone(hz, amplitude float64) []int16 {
	pcm := make([]int16, Rate)
	for i := range pcm {
		pcm[i] = int16(amplitude * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
	return pcm
}

// Power returns the amplitude with which hz is heard in pcm.
func Power(pcm []int16, hz float64) float64 {
	var c, s float64
	for i, v := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / Rate)
		c += float64(v) * cos
		s += float64(v) * sin
	}
	return 2 * math.Hypot(c, s) / float64(max(len(pcm), 1))
}

// Speak says pcm, mono at Rate, into the microphone, again and again until stop is called or the test ends.
func (s *Server) Speak(pcm []int16) (stop func()) {
	s.t.Helper()
	return s.play(micBus, pcm)
}

// play plays pcm on a sink.
func (s *Server) play(sink string, pcm []int16) (stop func()) {
	s.t.Helper()
	cmd := s.command("pacat", "--playback", "--raw", "-d", sink, "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20")
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	kill := s.own(cmd)
	done := make(chan struct{})
	go func() {
		defer close(done)
		raw := make([]byte, 0, 2*len(pcm))
		for _, v := range pcm {
			raw = binary.LittleEndian.AppendUint16(raw, uint16(v))
		}
		for {
			if _, err := in.Write(raw); err != nil {
				return // the program has ended
			}
		}
	}()
	return func() {
		kill()
		<-done
	}
}

// Heard returns the last d of what was played on the default speaker, or what there is of it.
func (s *Server) Heard(d time.Duration) []int16 { return s.speaker.last(d) }

// Await waits until the last d of what was played satisfies ok, and reports whether it did before the timeout.
func (s *Server) Await(d, timeout time.Duration, ok func(pcm []int16) bool) bool {
	return s.speaker.await(d, timeout, ok)
}

// Listen records another speaker than the default one, as Await does.
func (s *Server) Listen(sink string) (await func(d, timeout time.Duration, ok func(pcm []int16) bool) bool) {
	s.t.Helper()
	return s.record(sink).await
}

// record keeps a program running that reads the monitor of a sink.
func (s *Server) record(sink string) *recorder {
	s.t.Helper()
	cmd := s.command("parec", "--raw", "-d", sink+".monitor", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=10")
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	r := &recorder{news: make(chan struct{})}
	s.own(cmd)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(out)
	}()
	s.t.Cleanup(func() { // runs before the program is ended
		cmd.Process.Kill()
		<-done
	})
	return r
}

func (r *recorder) run(in io.Reader) {
	raw := make([]byte, 4096)
	held := 0
	for {
		n, err := in.Read(raw[held:])
		held += n
		r.mu.Lock()
		for i := 0; i+1 < held; i += 2 {
			r.pcm = append(r.pcm, int16(binary.LittleEndian.Uint16(raw[i:])))
		}
		if len(r.pcm) > 2*keep {
			r.pcm = append(r.pcm[:0], r.pcm[len(r.pcm)-keep:]...)
		}
		close(r.news)
		r.news = make(chan struct{})
		r.mu.Unlock()
		copy(raw, raw[held&^1:held])
		held &= 1
		if err != nil {
			return
		}
	}
}

func (r *recorder) last(d time.Duration) []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(int(d*Rate/time.Second), len(r.pcm))
	return append([]int16(nil), r.pcm[len(r.pcm)-n:]...)
}

func (r *recorder) await(d, timeout time.Duration, ok func(pcm []int16) bool) bool {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for {
		r.mu.Lock()
		news := r.news
		r.mu.Unlock()
		if ok(r.last(d)) {
			return true
		}
		select {
		case <-news:
		case <-deadline.C:
			return ok(r.last(d))
		}
	}
}
