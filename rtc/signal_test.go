package rtc_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/rtctest"
	"parley/server/servertest"
)

// signals returns the data of the signals that a person heard, in their order.
func (p *person) signals() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, e := range p.events {
		if data, ok := strings.CutPrefix(e, "signal "); ok {
			list = append(list, data)
		}
	}
	return list
}

// TestSignalsOnceOverCuts sends signals, every other one a chat line, while the wires of both ends are cut at random moments: each is delivered once, in the
// order of its sender, to the sender and to another.
func TestSignalsOnceOverCuts(t *testing.T) {
	t.Parallel()
	const cuts, senders = 50, 3
	server := servertest.Start(t)
	id := server.Session()
	at, bt := rtctest.NewBorder(t, server.Host), rtctest.NewBorder(t, server.Host)
	ann := join(t, behind(server, at), server.Token(id, "publisher", "Ann"), rtc.Options{})
	ben := join(t, behind(server, bt), server.Token(id, "publisher", "Ben"), rtc.Options{})
	stop := make(chan struct{})
	sent := make([]int, senders)
	var sending sync.WaitGroup
	for who := range senders {
		sending.Go(func() {
			tick := time.NewTicker(80 * time.Millisecond) // below the server's limit, also with what is sent again
			defer tick.Stop()
			for ; ; sent[who]++ {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				sig := protocol.Signal{Data: fmt.Sprintf("%d:%d", who, sent[who])}
				if sent[who]%2 == 0 {
					sig.Type = "chat"
				}
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				_, err := ann.Signal(ctx, sig)
				cancel()
				if err != nil {
					t.Errorf("%s: %v", sig.Data, err)
					return
				}
			}
		})
	}
	dice := rand.New(rand.NewPCG(7, 7))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range cuts {
		<-timer.C
		back := ann.count("resumed")
		at.Cut()
		if dice.IntN(3) == 0 {
			bt.Cut()
		}
		if n%5 != 0 { // every fifth time the next cut comes while the wire is being opened
			eventually(t, func() string {
				if ann.count("resumed") == back {
					return "Ann does not come back"
				}
				return ""
			})
		}
		timer.Reset(time.Duration(dice.IntN(150)) * time.Millisecond)
	}
	close(stop)
	sending.Wait()
	total := 0
	for _, n := range sent {
		total += n
	}
	if total < 5*senders {
		t.Errorf("only %d signals got through", total)
	}
	for _, p := range []*person{ann, ben} {
		eventually(t, func() string {
			if n := len(p.signals()); n < total {
				return fmt.Sprintf("%d of %d signals came", n, total)
			}
			return ""
		})
		next := make([]int, senders)
		for _, data := range p.signals() {
			who, n, _ := strings.Cut(data, ":")
			w, _ := strconv.Atoi(who)
			if want := strconv.Itoa(next[w]); n != want {
				t.Fatalf("%s:%s came instead of number %s", who, n, want)
			}
			next[w]++
		}
	}
	if n := ann.count("resumed"); n < 10 {
		t.Errorf("the wire was resumed %d times", n)
	}
}

func TestSignalsThatWait(t *testing.T) {
	t.Parallel()
	const most = 100
	back := make(chan struct{})
	got := make(chan protocol.Signal, most+10)
	s := newScript(t, func(c *scripted) {
		c.welcome(protocol.Welcome{SessionID: "s"})
		c.next() // a signal, which stays without an answer
	}, func(c *scripted) {
		<-back
		c.welcome(protocol.Welcome{SessionID: "s", Resumed: &protocol.Resumed{}})
		for msg := c.next(); msg.Type == protocol.TypeSignal; msg = c.next() {
			got <- decoded[protocol.Signal](t, msg)
			c.say(protocol.TypeReply, msg.ID, protocol.SignalReply{SignalID: strconv.Itoa(len(got))})
		}
	})
	session, err := dial(t, s.URL, rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, most)
	send := func(data string) {
		_, err := session.Signal(t.Context(), protocol.Signal{Data: data})
		results <- err
	}
	go send("before") // ended by the answer, as those below
	hear(t, session, func(ev rtc.Event) bool { _, lost := ev.(rtc.SessionReconnecting); return lost })
	for n := range most - 1 {
		go send(strconv.Itoa(n))
	}
	eventually(t, func() string {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := session.Signal(ctx, protocol.Signal{Data: "too many"})
		if !errors.Is(err, rtc.ErrTooManySignals) {
			return fmt.Sprintf("there is room for more: %v", err)
		}
		return ""
	})
	if _, err := session.Signal(t.Context(), protocol.Signal{}, rtc.NoRetry); !errors.Is(err, rtc.ErrClosed) {
		t.Errorf("without retry: %v", err)
	}
	close(back)
	for range most {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if first := <-got; first.Data != "before" || first.Key == "" {
		t.Errorf("%+v came first", first)
	}
	if n := len(got); n != most-1 {
		t.Errorf("%d more came", n)
	}
}

func TestSignalsEndWithTheSession(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *scripted) {
		c.welcome(protocol.Welcome{SessionID: "s"})
		c.next()
	}, func(c *scripted) {
		c.say(protocol.TypeError, c.id, protocol.Errorf(protocol.CodeSessionLocked, "Shut."))
	})
	session, err := dial(t, s.URL, rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Signal(t.Context(), protocol.Signal{}); !errors.Is(err, rtc.ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, err := session.Publish(t.Context(), camera(nil)); !errors.Is(err, rtc.ErrClosed) {
		t.Errorf("%v", err)
	}
}
