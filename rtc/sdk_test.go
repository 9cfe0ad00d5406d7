package rtc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/server/token"
)

// The functions below are the examples of docs/SDK.md; TestSDKExamplesAreTheDocumented holds the two together, TestSDKExamples runs them.

func greet(ctx context.Context, url, token string) error {
	session, err := rtc.Connect(ctx, url, token, rtc.Options{Name: "Greeter", Subscribe: protocol.SubscribeNone})
	if err != nil {
		return err
	}
	defer session.Close()
	stop := context.AfterFunc(ctx, func() { _ = session.Close() })
	defer stop()
	for ev := range session.Events() {
		switch ev := ev.(type) {
		case rtc.SessionConnected:
			fmt.Println("here already:", len(ev.Welcome.Connections))
		case rtc.Happened:
			if ev.Name == protocol.ConnectionCreated {
				hello := protocol.Signal{Type: "chat", Data: "Welcome, " + ev.Connection.Name + "."}
				if _, err := session.Signal(ctx, hello); err != nil {
					return err
				}
			}
		case rtc.SessionDisconnected:
			return ev.Err // nil when we left
		}
	}
	return nil
}

func byLink(ctx context.Context, text string) (*rtc.Session, error) {
	link, err := rtc.ParseLink(text) // parley://HOST:PORT/INVITE#pin=…
	if err != nil {
		return nil, err
	}
	ticket, err := link.Redeem(ctx, "Ann", nil) // takes one use of the invite
	if err != nil {
		return nil, err
	}
	return link.Connect(ctx, ticket.Token, rtc.Options{})
}

func publish(ctx context.Context, session *rtc.Session, frames <-chan []byte) error {
	wanted := make(chan struct{}, 1)
	pub, err := session.Publish(ctx, rtc.StreamConfig{
		Key: "camera", Name: "Door", VideoType: protocol.VideoCustom, Video: true, Width: 640, Height: 360, FrameRate: 15,
		KeyFrame: func() { // from any goroutine: somebody needs a key frame now
			select {
			case wanted <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		return err
	}
	begun := time.Now()
	for frame := range frames { // VP8; make the next one a key frame when wanted says so
		if err := pub.WriteVideo(frame, time.Since(begun)); err != nil {
			return err
		}
	}
	return pub.Close(ctx)
}

func record(session *rtc.Session, packet func(stream protocol.StreamID, p *rtp.Packet)) {
	for ev := range session.Events() {
		if started, ok := ev.(rtc.TrackStarted); ok {
			go func() { // every track must be read to its end
				track, buf := started.Track, make([]byte, 1500)
				var p rtp.Packet
				for track.Read(&p, buf) == nil {
					packet(track.StreamID, &p)
				}
			}()
		}
	}
}

func order(ctx context.Context, session *rtc.Session, kitchen protocol.ConnectionID) error {
	reply, err := session.Signal(ctx, protocol.Signal{Type: "order", Data: `{"table":4}`, To: kitchen})
	if err != nil {
		return err // it was not delivered, or ctx ended before the answer came
	}
	fmt.Println("taken at", time.UnixMilli(reply.Time), "as", reply.SignalID)

	// A position is of no use later: not sent again after a reconnect (retryAfterReconnect: false in the Vonage API).
	_, err = session.Signal(ctx, protocol.Signal{Type: "position", Data: "12,7"}, rtc.NoRetry)
	return err
}

func host(ctx context.Context, session *rtc.Session) error {
	if err := session.SetLobby(ctx, true); err != nil {
		return err
	}
	for ev := range session.Events() {
		h, ok := ev.(rtc.Happened)
		if !ok {
			continue
		}
		switch {
		case h.Name == protocol.AdmissionRequested && strings.HasSuffix(h.Connection.Data, "@example.org"):
			if err := session.Admit(ctx, h.Connection.ID); err != nil {
				return err
			}
		case h.Name == protocol.ConnectionPropertyChanged && h.HasChanged("handRaisedAt") && h.Connection.HandRaisedAt != 0:
			// Two minutes to speak, and then a listener again.
			if err := session.SetRole(ctx, h.Connection.ID, "publisher", 2*time.Minute); err != nil {
				return err
			}
			if err := session.LowerHand(ctx, h.Connection.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func wait(ctx context.Context, url, token string) (*rtc.Session, error) {
	session, err := rtc.Connect(ctx, url, token, rtc.Options{
		Waiting: func(protocol.Waiting) { fmt.Println("waiting to be let in") },
	})
	var refused *protocol.ErrorBody
	if errors.As(err, &refused) && refused.Code == protocol.CodeAdmissionRefused {
		return nil, errors.New("they did not want us")
	}
	return session, err
}

func follow(session *rtc.Session, note func(string)) {
	streams := map[protocol.StreamID]protocol.Stream{}
	for ev := range session.Events() {
		switch ev := ev.(type) {
		case rtc.SessionReconnecting:
			note("connection lost, media may go on")
		case rtc.SessionReconnected:
			note("back")
			if !ev.Resumed { // the server had forgotten us: all is new
				clear(streams)
				for _, st := range ev.Welcome.Streams {
					streams[st.ID] = st
				}
			}
		case rtc.Happened: // also what we missed, after SessionReconnected
			switch ev.Name {
			case protocol.StreamCreated, protocol.StreamPropertyChanged:
				streams[ev.Stream.ID] = *ev.Stream
			case protocol.StreamDestroyed:
				delete(streams, ev.Stream.ID)
			}
		case rtc.SessionDisconnected:
			note("over: " + string(ev.Reason))
		}
	}
}

// TestSDKExamplesAreTheDocumented: every Go block of docs/SDK.md stands above, but for its indentation.
func TestSDKExamplesAreTheDocumented(t *testing.T) {
	t.Parallel()
	flat := func(path string) string {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	lines := func(text string) string {
		list := strings.Split(strings.TrimSpace(text), "\n")
		for i, l := range list {
			list[i] = strings.TrimLeft(l, "\t ")
		}
		return strings.Join(list, "\n")
	}
	here, doc := lines(flat("sdk_test.go")), flat("../docs/SDK.md")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(blocks) < 6 {
		t.Errorf("%d examples", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(here, lines(b[1])) {
			t.Errorf("this is not what is tested:\n%s", b[1])
		}
	}
}

func TestSDKExamples(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	running, stop := context.WithCancel(ctx)
	results := make(chan error, 2)

	linked, err := byLink(ctx, server.Invite(id, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := linked.Close(); err != nil || linked.You().Name != "Ann" {
		t.Errorf("%+v, %v", linked.You(), err)
	}
	mod, err := rtc.Connect(ctx, server.URL, server.Token(id, "moderator", "Mod"), rtc.Options{HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	early := join(t, server, server.Token(id, "subscriber", "Early"), rtc.Options{})
	go func() { results <- greet(running, server.URL, server.Token(id, "moderator", "Greeter")) }() // ended by stop
	early.untilHeard("connectionCreated", 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{})
	ann.untilHeard("signal Welcome, Ann.", 1)
	go func() { results <- host(ctx, mod) }() // ended by Close
	eventually(t, func() string {
		if !ann.State().Lobby {
			return "no lobby"
		}
		return ""
	})

	guest, err := wait(ctx, server.URL, server.Sign(token.Grant{SessionID: id, Role: token.Subscriber, Data: "ann@example.org", ExpiresAt: time.Now().Add(time.Hour)}, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	watched := make(chan string, 9)
	go follow(guest, func(text string) { watched <- text }) // ended by Close
	if err := guest.RaiseHand(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if !guest.Capabilities().Publish || guest.You().HandRaisedAt != 0 {
			return "the guest may not speak"
		}
		return ""
	})
	if err := order(ctx, guest, ann.You().ID); err != nil {
		t.Error(err)
	}
	ann.untilHeard(`signal {"table":4}`, 1)

	viewer, err := rtc.Connect(ctx, server.URL, server.Token(id, "moderator", "Viewer"), rtc.Options{HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan protocol.StreamID, 1)
	recorded := make(chan struct{})
	go func() { // ended by Close
		record(viewer, func(stream protocol.StreamID, _ *rtp.Packet) {
			select {
			case came <- stream:
			default:
			}
		})
		close(recorded)
	}()
	frames, published := make(chan []byte), make(chan error, 1)
	go func() { published <- publish(ctx, guest, frames) }() // ended by the end of frames
	for n, got := uint32(0), false; !got; n++ {
		select {
		case frames <- frame(n, true):
		case <-came:
			got = true
		case <-ctx.Done():
			t.Fatal("nothing was recorded")
		}
	}
	close(frames)
	if err := <-published; err != nil {
		t.Error(err)
	}

	stop()
	for _, s := range []*rtc.Session{guest, viewer, mod} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	<-recorded
	if text := <-watched; text != "over: clientDisconnected" {
		t.Error(text)
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
