package servertest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/servertest"
)

// witness is in the session while others misbehave, and measures how long the server takes to answer it.
type witness struct {
	*visitor
	worst time.Duration
	asked int
	stop  context.CancelFunc
	done  sync.WaitGroup
	err   error
}

// bear lets a witness send signals to itself until judge is called.
func bear(t *testing.T, s *servertest.Server, id protocol.SessionID) *witness {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	v, err := visit(ctx, t, s.URL, s.Token(id, "moderator", "Witness"))
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{visitor: v, stop: cancel}
	w.done.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			begin := time.Now()
			_, err := v.ask(ctx, protocol.TypeSignal, protocol.Signal{Type: "x", Data: "still here?", To: v.welcome.You.ID}, nil)
			if err != nil {
				if ctx.Err() == nil {
					w.err = err
				}
				return
			}
			w.worst = max(w.worst, time.Since(begin))
			w.asked++
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); w.done.Wait(); v.wire.CloseNow() })
	return w
}

// bearable is how long the witness may wait. The race detector makes everything ten times slower, on a machine that may have other work.
var bearable = 5 * time.Second * time.Duration(slowdown)

// judge fails the test when the witness was ended, or had to wait longer than a person would bear.
func (w *witness) judge(t *testing.T) {
	t.Helper()
	w.stop()
	w.done.Wait()
	t.Logf("the witness asked %d times and waited %v at most", w.asked, w.worst)
	if w.err != nil || w.asked == 0 || w.worst > bearable {
		t.Errorf("the witness asked %d times, waited %v at most, and ended with %v", w.asked, w.worst, w.err)
	}
}

// TestCrowd: many in one session, of whom some come at once and leave at once.
func TestCrowd(t *testing.T) {
	s := servertest.Start(t, servertest.Limit("connections-per-address", 1000), servertest.Limit("hello-seconds", 120))
	id := s.Session()
	w := bear(t, s, id)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var left atomic.Int64 // departures that were heard of
	var readers sync.WaitGroup
	come := func(n, atOnce int) []*visitor {
		tokens := make([]string, n)
		for i := range tokens {
			tokens[i] = s.Token(id, "publisher", fmt.Sprint("Person ", i))
		}
		all := make([]*visitor, n)
		slots := make(chan struct{}, atOnce)
		var wg sync.WaitGroup
		begin := time.Now()
		for i := range all {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				var err error
				if all[i], err = visit(ctx, t, s.URL, tokens[i]); err != nil {
					t.Error(err)
					return
				}
				readers.Go(func() { all[i].count(ctx, protocol.ConnectionDestroyed, &left) })
			})
		}
		wg.Wait()
		t.Logf("%d came, %d at once, in %v", n, atOnce, time.Since(begin))
		return all
	}
	steady, hasty := come(crowd-atOnce-1, 20), come(atOnce, atOnce)
	if t.Failed() {
		return
	}
	begin := time.Now()
	for _, v := range hasty {
		go func() { _ = v.wire.Send(ctx, protocol.TypeBye, 0, struct{}{}) }() // ends with ctx
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for left.Load() < atOnce*(crowd-atOnce-1) && ctx.Err() == nil {
		<-tick.C
	}
	t.Logf("%d left at once, and all heard of it, in %v", atOnce, time.Since(begin))
	if left.Load() < atOnce*(crowd-atOnce-1) { // those who leave hear of those before them, too
		t.Errorf("%d of %d departures were heard of", left.Load(), atOnce*(crowd-atOnce-1))
	}
	w.judge(t)
	for _, v := range append(steady, hasty...) {
		v.wire.CloseNow()
	}
	readers.Wait()
}

// TestRubbish: ten thousand messages that are none.
func TestRubbish(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	id := s.Session()
	w := bear(t, s, id)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	rubbish := []string{
		"", "null", "{", `"text"`, `{"type":7}`, `{"type":"publish","id":-1}`, strings.Repeat("[", 5000), `{"type":"signal","data":{"data":7}}`, "\x00\xff\xfe",
		`{"type":"` + strings.Repeat("x", 3000) + `","id":3}`, `{"type":"publish","id":4,"data":{"sdp":"v=0","streams":[{"key":"a","audioMid":"0"}]}}`,
		`{"type":"update","id":5,"data":{"streamId":"` + strings.Repeat("é", 900) + `","width":-5}}`, `{"type":"answer","id":6,"data":{"generation":1e400}}`,
	}
	sent, wires := 0, 0
	for sent < 10000 {
		v, err := visit(ctx, t, s.URL, s.Token(id, "publisher", "Rubbish"))
		if err != nil {
			t.Fatal(err)
		}
		wires++
		done := make(chan protocol.Code, 1)
		go func() { done <- v.drain(ctx) }()
		for v.wire.SendEncoded(ctx, []byte(rubbish[sent%len(rubbish)])) == nil {
			sent++
		}
		if code := <-done; code != protocol.CodeRateLimited {
			t.Fatalf("cut with %q", code)
		}
		v.wire.CloseNow()
	}
	t.Logf("%d messages on %d wires", sent, wires)
	w.judge(t)
}

// TestHalfOpen: sockets that begin something and never finish it.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, servertest.Limit("header-seconds", 1), servertest.Limit("hello-seconds", 1))
	id := s.Session()
	w := bear(t, s, id)
	upgrade := "GET " + protocol.Path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Protocol: parley\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	begun := []string{"", "G", "GET / HTTP/1.1\r\nHost: x\r\n", "POST /session/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", upgrade,
		upgrade + "\x81\xfe\xff\xff\x00\x00\x00\x00half a message", "\x00\x14half an ICE-TCP frame"}
	var wg sync.WaitGroup
	for i := range 140 {
		wg.Go(func() {
			c, err := net.Dial("tcp", s.Host)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			if _, err := io.WriteString(c, begun[i%len(begun)]); err != nil {
				t.Error(err)
			}
			_ = c.SetReadDeadline(time.Now().Add(deadline))
			if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("%.20q: the server keeps it open: %v", begun[i%len(begun)], err)
			}
		})
	}
	wg.Wait()
	w.judge(t)
}

// TestSlowReaders: who does not read is told and cut, and the others get every message.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, servertest.Limit("messages-per-second", 10000), servertest.Limit("signal-data-bytes", 200000))
	id := s.Session()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	in := func(name string) *visitor {
		v, err := visit(ctx, t, s.URL, s.Token(id, "publisher", name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(v.wire.CloseNow)
		return v
	}
	var slow []*visitor
	for range 2 {
		slow = append(slow, in("Slow"))
	}
	reader, speaker := in("Reader"), in("Speaker")
	cut := make(chan struct{})
	told := make([]protocol.Code, len(slow))
	var slowly sync.WaitGroup
	for i, v := range slow {
		slowly.Go(func() { <-cut; told[i] = v.drain(ctx) })
	}
	const lines = 90
	data := strings.Repeat("x", 200000)
	got, gone := 0, 0
	var reading sync.WaitGroup
	reading.Go(func() {
		for got < lines || gone < len(slow) {
			msg, err := reader.wire.Recv(ctx)
			switch {
			case err != nil:
				t.Error(err)
				return
			case bytes.Contains(msg.Data, []byte(`"event":"signal"`)):
				got++
			case bytes.Contains(msg.Data, []byte(protocol.ConnectionDestroyed)):
				if gone++; gone == len(slow) {
					close(cut) // now they read
				}
			}
		}
	})
	for range lines {
		msg, err := speaker.ask(ctx, protocol.TypeSignal, protocol.Signal{Data: data}, nil)
		if err != nil || msg.Type != protocol.TypeReply {
			t.Fatalf("%s %s %v", msg.Type, msg.Data, err)
		}
	}
	reading.Wait()
	if got != lines || gone != len(slow) {
		t.Errorf("the reader got %d of %d lines, and heard of %d of %d slow ones", got, lines, gone, len(slow))
	}
	if gone < len(slow) {
		close(cut)
	}
	slowly.Wait()
	for _, code := range told {
		if code != protocol.CodeTooSlow {
			t.Errorf("told %q", code)
		}
	}
}
