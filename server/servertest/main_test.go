package servertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc/protocol"
	"parley/rtc/wire"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childEnv); folder != "" {
		os.Exit(serveChild(folder))
	}
	goleak.VerifyTestMain(m)
}

// deadline bounds every wait.
const deadline = 60 * time.Second * slowdown

// visitor is a client without media.
type visitor struct {
	t       testing.TB
	wire    *wire.Wire
	welcome protocol.Welcome
	next    uint64
}

// dial opens a wire to a server.
func dial(ctx context.Context, url string) (*wire.Wire, error) {
	return wire.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+protocol.Path, 8<<20, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
}

// visit joins a session.
func visit(ctx context.Context, t testing.TB, url, token string) (*visitor, error) {
	ws, err := dial(ctx, url)
	if err != nil {
		return nil, err
	}
	v := &visitor{t: t, wire: ws, next: 1}
	if err := ws.Send(ctx, protocol.TypeHello, 1, protocol.Hello{Versions: []int{1}, Token: token}); err != nil {
		return v, err
	}
	msg, err := ws.Recv(ctx)
	if err != nil {
		return v, err
	}
	if msg.Type != protocol.TypeWelcome {
		return v, fmt.Errorf("%s %s", msg.Type, msg.Data)
	}
	return v, json.Unmarshal(msg.Data, &v.welcome)
}

// ask sends a request and waits for its answer; events that come before it go to heard, which may be nil.
func (v *visitor) ask(ctx context.Context, kind protocol.MessageType, data any, heard func(protocol.Event)) (protocol.Message, error) {
	v.next++
	id := v.next
	if err := v.wire.Send(ctx, kind, id, data); err != nil {
		return protocol.Message{}, err
	}
	for {
		msg, err := v.wire.Recv(ctx)
		if err != nil || msg.ID == id {
			return msg, err
		}
		if msg.Type == protocol.TypeEvent && heard != nil {
			var ev protocol.Event
			if err := json.Unmarshal(msg.Data, &ev); err != nil {
				return msg, err
			}
			heard(ev)
		}
	}
}

// drain reads until the wire ends, and returns the code of the last error that came.
func (v *visitor) drain(ctx context.Context) protocol.Code {
	var last protocol.Code
	for {
		msg, err := v.wire.Recv(ctx)
		if err != nil {
			return last
		}
		var body protocol.ErrorBody
		if msg.Type == protocol.TypeError && json.Unmarshal(msg.Data, &body) == nil {
			last = body.Code
		}
	}
}

// count reads until the wire ends, and counts the events of one name.
func (v *visitor) count(ctx context.Context, name protocol.EventName, n *atomic.Int64) {
	for {
		msg, err := v.wire.Recv(ctx)
		if err != nil {
			return
		}
		if msg.Type == protocol.TypeEvent && bytes.Contains(msg.Data, []byte(name)) {
			n.Add(1)
		}
	}
}
