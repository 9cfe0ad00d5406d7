package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"sync"
	"testing"
	"time"

	"parley/app/config"
	"parley/app/controller"
	"parley/media/synthetic"
	"parley/server/servertest"
)

// bot is a participant without a window, inside the test.
type bot struct {
	t    *testing.T
	in   *io.PipeWriter
	done chan error

	mu    sync.Mutex
	lines []map[string]any
}

func newBot(t *testing.T, sender uint16, args ...string) *bot {
	t.Helper()
	flags, err := config.ParseFlags(append([]string{"--headless", "--sender-id", fmt.Sprint(sender)}, args...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	b := &bot{t: t, in: inWrite, done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		b.done <- controller.RunHeadless(ctx, controller.HeadlessOptions{
			Flags: flags, Devices: controller.RealDevices(controller.SenderID(flags)), In: inRead, Out: outWrite, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		})
		close(b.done)
		_ = outWrite.Close()
		_ = inRead.Close()
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(outRead)
		for lines.Scan() {
			var line map[string]any
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Errorf("%q is no JSON object: %v", lines.Text(), err)
				continue
			}
			b.mu.Lock()
			b.lines = append(b.lines, line)
			b.mu.Unlock()
		}
	}()
	t.Cleanup(func() { cancel(); <-b.done; <-read })
	return b
}

// say sends a command.
func (b *bot) say(command string) {
	b.t.Helper()
	if _, err := io.WriteString(b.in, command+"\n"); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for a line that check takes.
func (b *bot) until(what string, check func(line map[string]any) bool) {
	b.t.Helper()
	end := time.Now().Add(changeWithin)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	seen := 0
	for time.Now().Before(end) {
		b.mu.Lock()
		lines := b.lines[seen:]
		seen = len(b.lines)
		b.mu.Unlock()
		for _, l := range lines {
			if check(l) {
				return
			}
		}
		<-tick.C
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines[max(0, len(b.lines)-10):] {
		raw, _ := json.Marshal(l)
		b.t.Logf("%s", raw)
	}
	b.t.Fatal("it never said: ", what)
}

// streams returns the streams of a statistics line, by name.
func streams(line map[string]any) map[string]map[string]any {
	found := map[string]map[string]any{}
	stats, _ := line["stats"].(map[string]any)
	list, _ := stats["streams"].([]any)
	for _, s := range list {
		m, _ := s.(map[string]any)
		name, _ := m["name"].(string)
		if kind, _ := m["videoType"].(string); kind == "screen" {
			name += " screen"
		}
		found[name] = m
	}
	return found
}

func number(m map[string]any, key string) float64 { v, _ := m[key].(float64); return v }

// receives waits until a bot's statistics say that somebody's picture and tone come, and are the right ones.
func (b *bot) receives(name string, sender uint16, video, audio bool) {
	b.t.Helper()
	last := -1.0
	b.until("that it receives "+name, func(line map[string]any) bool {
		s := streams(line)[name]
		if s == nil {
			return false
		}
		if video {
			counter := number(s, "lastFrameCounter")
			delay, _ := s["glassToGlassMs"].(map[string]any)
			moving := last >= 0 && counter > last
			last = counter
			if !moving || number(s, "senderId") != float64(sender) || number(s, "framesDecoded") < 2 || number(s, "width") <= 0 || number(delay, "p95") <= 0 {
				return false
			}
		}
		return !audio || math.Abs(number(s, "toneHz")-synthetic.ToneHz(sender)) < 5 && number(s, "audioLevel") > 0
	})
}

func TestThreeHeadlessParticipants(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link := server.Invite(id, 10)
	ann := newBot(t, 101, "--join", link, "--name", "Ann", "--camera", "test", "--microphone", "test")
	ann.until("sessionConnected", func(l map[string]any) bool { return l["event"] == "sessionConnected" })
	ben := newBot(t, 202, "--join", link, "--name", "Ben", "--camera", "test", "--microphone", "test")
	sue := newBot(t, 303, "--server", server.URL, "--token", server.Token(id, "subscriber", "Sue"), "--subscribe", "audio", "--camera", "test")
	ben.receives("Ann", 101, true, true)
	ann.receives("Ben", 202, true, true)
	sue.receives("Ann", 101, false, true)
	sue.until("that it decodes no picture", func(l map[string]any) bool {
		s := streams(l)["Ann"]
		return s != nil && number(s, "framesDecoded") == 0
	})
	sue.until("that it may not publish", func(l map[string]any) bool {
		w, _ := l["welcome"].(map[string]any)
		e, _ := w["publishError"].(map[string]any)
		return e["code"] == "forbidden"
	})
	ann.say(`{"signal":{"type":"chat","data":"hi"}}`)
	for _, b := range []*bot{ann, ben, sue} {
		b.until("the chat line", func(l map[string]any) bool {
			s, _ := l["signal"].(map[string]any)
			return l["event"] == "signal" && s["data"] == "hi" && s["name"] == "Ann"
		})
	}
	ann.say(`rubbish`)
	ann.say(`{"dance":true}`)
	ann.until("what commands there are", func(l map[string]any) bool { return l["error"] != nil })
	ann.say(`{"mute":"audio"}`)
	ben.until("that Ann is silent", func(l map[string]any) bool {
		s := streams(l)["Ann"]
		return s != nil && number(s, "audioLevel") == 0 && number(s, "toneHz") == 0
	})
	ann.say(`{"leave":true}`)
	if err := <-ann.done; err != nil {
		t.Error(err)
	}
	ben.until("that Ann left", func(l map[string]any) bool { return l["event"] == "connectionDestroyed" })
}

func TestHeadlessIsToldWhyItMayNotIn(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	for args, want := range map[[4]string]string{
		{"--join", "parley://" + server.Host + "/AAAAAAAAAAAAAAAAAAAA", "--name", "x"}: "inviteUnknown",
		{"--server", server.URL, "--token", "rubbish"}:                                 "tokenInvalid",
	} {
		b := newBot(t, 1, args[:]...)
		b.until(want, func(l map[string]any) bool {
			e, _ := l["error"].(map[string]any)
			return e["code"] == want && e["words"] != ""
		})
		if err := <-b.done; err == nil {
			t.Error("it ended without an error")
		}
	}
}
