package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"parley/rtc/protocol"
)

// Errors that callers branch on.
var (
	// ErrTooLarge means that a message was over the limit. The wire cannot go on.
	ErrTooLarge = errors.New("message too large")
	// ErrClosed means that the other end closed the wire, or that it broke.
	ErrClosed = errors.New("wire closed")
)

// maxStray is how many bytes of a refused upgrade's answer are read.
const maxStray = 16 << 10

// Wire is one WebSocket. Send and Close are safe for concurrent use; Recv is for one goroutine at a time.
type Wire struct {
	conn  *websocket.Conn
	limit int64
	depth int
	buf   bytes.Buffer // of Recv
}

// dialDepth bounds how deep the messages of a server may be nested: it is trusted with more than a client.
const dialDepth = 64

// Dial opens a wire to url (ws or wss). limit bounds what Recv takes, in bytes. A server that refuses with an ErrorBody gives that
// as the error.
func Dial(ctx context.Context, url string, limit int, client *http.Client) (*Wire, error) {
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{protocol.Subprotocol}})
	if err != nil {
		if resp != nil && resp.Body != nil {
			if body := refusal(resp); body != nil {
				return nil, fmt.Errorf("open wire: %w", body)
			}
		}
		return nil, fmt.Errorf("open wire: %w", err)
	}
	if conn.Subprotocol() != protocol.Subprotocol {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("open wire: %w", protocol.Errorf(protocol.CodeNotFound, "There is a WebSocket, but it is not Parley's."))
	}
	conn.SetReadLimit(-1) // Recv counts by itself, to be able to answer
	return &Wire{conn: conn, limit: int64(limit), depth: dialDepth}, nil
}

// refusal reads the ErrorBody of an HTTP answer, or makes one from its status.
func refusal(resp *http.Response) *protocol.ErrorBody {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxStray))
	var body protocol.ErrorBody
	if err == nil && json.Unmarshal(raw, &body) == nil && body.Code != "" {
		return &body
	}
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusOK {
		return protocol.Errorf(protocol.CodeNotFound, "There is no Parley server at this address.")
	}
	return nil
}

// Accept takes an upgrade request. limits bound what Recv takes.
func Accept(w http.ResponseWriter, r *http.Request, limits protocol.Limits) (*Wire, error) {
	// Any origin may connect: a wire carries no ambient authority such as cookies, the token in its hello is the only key.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol.Subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return nil, fmt.Errorf("accept wire: %w", err)
	}
	if conn.Subprotocol() != protocol.Subprotocol {
		_ = conn.Close(websocket.StatusPolicyViolation, "subprotocol "+protocol.Subprotocol+" expected")
		return nil, fmt.Errorf("accept wire: no subprotocol %s", protocol.Subprotocol)
	}
	conn.SetReadLimit(-1)
	return &Wire{conn: conn, limit: int64(limits.MessageBytes), depth: limits.JSONDepth}, nil
}

// Send sends a message.
func (w *Wire) Send(ctx context.Context, t protocol.MessageType, id uint64, data any) error {
	return w.SendEncoded(ctx, protocol.Encode(t, id, data))
}

// SendEncoded sends what protocol.Encode made.
func (w *Wire) SendEncoded(ctx context.Context, encoded []byte) error {
	if err := w.conn.Write(ctx, websocket.MessageText, encoded); err != nil {
		return fmt.Errorf("send: %w: %w", ErrClosed, err)
	}
	return nil
}

// Recv waits for the next message. When ctx ends, so does the wire. After protocol.ErrMalformed the next message can be had; after any
// other error none.
func (w *Wire) Recv(ctx context.Context) (protocol.Message, error) {
	kind, r, err := w.conn.Reader(ctx)
	if err != nil {
		return protocol.Message{}, fmt.Errorf("receive: %w: %w", ErrClosed, err)
	}
	w.buf.Reset()
	if _, err := w.buf.ReadFrom(io.LimitReader(r, w.limit+1)); err != nil {
		return protocol.Message{}, fmt.Errorf("receive: %w: %w", ErrClosed, err)
	}
	if int64(w.buf.Len()) > w.limit {
		return protocol.Message{}, fmt.Errorf("receive: %w: more than %d bytes", ErrTooLarge, w.limit)
	}
	if kind != websocket.MessageText {
		return protocol.Message{}, fmt.Errorf("receive: %w: not a text message", protocol.ErrMalformed)
	}
	m, err := protocol.Decode(w.buf.Bytes(), w.depth)
	if err != nil {
		return protocol.Message{}, fmt.Errorf("receive: %w", err)
	}
	return m, nil
}

// Ping asks for a sign of life and waits for it; somebody must be in Recv meanwhile.
func (w *Wire) Ping(ctx context.Context) error {
	if err := w.conn.Ping(ctx); err != nil {
		return fmt.Errorf("ping: %w: %w", ErrClosed, err)
	}
	return nil
}

// Close says goodbye and closes. It waits for the other end's word for a few seconds at most.
func (w *Wire) Close() error {
	if err := w.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		return fmt.Errorf("close wire: %w", err)
	}
	return nil
}

// CloseNow breaks the wire.
func (w *Wire) CloseNow() { _ = w.conn.CloseNow() }

// KeepAlive pings every interval until ctx ends or an answer takes longer than interval, and returns why it ended. The caller
// breaks the wire then.
func (w *Wire) KeepAlive(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		ping, cancel := context.WithTimeout(ctx, interval)
		err := w.Ping(ping)
		cancel()
		if err != nil {
			return err
		}
	}
}
