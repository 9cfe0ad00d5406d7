package hosting

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc"
	"parley/rtc/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// in redeems a link and connects.
func in(ctx context.Context, link rtc.Link, name string, opt rtc.Options) (*rtc.Session, error) {
	reply, err := link.Redeem(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	return link.Connect(ctx, reply.Token, opt)
}

func codeOf(err error) protocol.Code {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body.Code
	}
	return ""
}

// TestGuestWaitsAndIsAdmitted: the host lets the guest in, who went by the link that is passed on, and the end is everybody's.
func TestGuestWaitsAndIsAdmitted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m, err := Host(ctx, Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Lobby: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Stop() //nolint:errcheck // said below
	if m.Reach != ThisComputer || !m.Host.Secure() || !m.Guests.Secure() || m.Host.Pin != m.Guests.Pin {
		t.Errorf("%v, %s, %s", m.Reach, m.Host, m.Guests)
	}
	host, err := in(ctx, m.Host, "Ann", rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	waits := make(chan struct{}, 9)
	guest := make(chan *rtc.Session, 1)
	go func() { // ends with ctx
		s, err := in(ctx, m.Guests, "Ben", rtc.Options{Waiting: func(protocol.Waiting) { waits <- struct{}{} }})
		if err != nil {
			t.Error(err)
		}
		guest <- s
	}()
	for ev := range host.Events() {
		if h, ok := ev.(rtc.Happened); ok && h.Name == protocol.AdmissionRequested {
			<-waits
			if len(guest) != 0 {
				t.Error("the guest is in already")
			}
			if err := host.Admit(ctx, h.Connection.ID); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	ben := <-guest
	if ben == nil {
		t.FailNow()
	}
	defer ben.Close()
	if ben.You().Name != "Ben" || ben.Capabilities().Moderate || !host.Capabilities().Moderate {
		t.Errorf("%+v %+v", ben.You(), ben.Capabilities())
	}
	if err := m.Stop(); err != nil {
		t.Error(err)
	}
	if err := m.Stop(); err != nil {
		t.Errorf("again: %v", err)
	}
	for ev := range ben.Events() {
		if gone, ok := ev.(rtc.SessionDisconnected); ok && gone.Reason != protocol.ReasonForceDisconnected {
			t.Errorf("the guest heard %s, %v", gone.Reason, gone.Err)
		}
	}
}

// TestLinksEndWithTheMeeting hosts again in the same folder: the pin stays, the links of before are worthless.
func TestLinksEndWithTheMeeting(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	first, err := Host(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	second, err := Host(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Stop() //nolint:errcheck // nothing of interest any more
	old := first.Guests
	old.Host = second.Guests.Host
	if _, err := old.Redeem(t.Context(), "Ben", nil); old.Pin != second.Guests.Pin || codeOf(err) != protocol.CodeInviteUnknown {
		t.Errorf("%v, %v", old.Pin == second.Guests.Pin, err)
	}
}

func TestPortsThatAreTakenArePassedOver(t *testing.T) {
	t.Parallel()
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := Host(t.Context(), Config{Data: t.TempDir(), Listen: held.Addr().String()}); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a port that was asked for: %v", err)
	}
	n, err := open(t.Context(), Config{Data: t.TempDir()}, []string{held.Addr().String(), "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil || n.Running().Listen == held.Addr().String() {
		t.Errorf("%+v, %v", n.Running(), err)
	}
	if all := wanted(""); all[0] != "0.0.0.0:7880" || all[len(all)-1] != "0.0.0.0:0" {
		t.Errorf("%v", all)
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	for addresses, want := range map[string]Reach{
		"127.0.0.1:1": ThisComputer, "[::1]:1": ThisComputer, "192.168.1.2:1": Network, "[fd00::2]:1": Network, "100.64.0.1:1": Network,
		"169.254.1.1:1": Network, "203.0.113.5:1": Internet, "[2001:db8::1]:1": Internet, "127.0.0.1:1 10.0.0.1:1": Network, "name:1": ThisComputer,
		"[::ffff:10.0.0.1]:1": Network, "10.0.0.1:1 [2001:db8::1]:1": Internet,
	} {
		if got := reachOf(strings.Fields(addresses)); got != want {
			t.Errorf("%s: %v, want %v", addresses, got, want)
		}
	}
}
