package gateway

import (
	"context"
	"sync"
	"time"

	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// The queue to one client. Full means that the client does not read: Send says so, and the session ends the connection.
const (
	queueMessages = 1024
	queueBytes    = 4 << 20
	writeTimeout  = 10 * time.Second
)

// client is a wire as the session sees it: a bounded queue with one writer.
type client struct {
	ws *wire.Wire

	mu    sync.Mutex
	queue [][]byte
	bytes int
	ended bool
	cut   bool          // what is left of the batch that is being written is not to be sent
	wake  chan struct{} // of one slot
}

func newClient(ws *wire.Wire) *client { return &client{ws: ws, wake: make(chan struct{}, 1)} }

// Send queues a message. It returns false when the queue is full. What comes after the end goes nowhere: whoever holds the wire hears of its end
// by another way.
func (c *client) Send(encoded []byte) bool {
	c.mu.Lock()
	ok := c.ended || len(c.queue) < queueMessages && c.bytes+len(encoded) <= queueBytes
	if ok && !c.ended {
		c.queue = append(c.queue, encoded)
		c.bytes += len(encoded)
	}
	c.mu.Unlock()
	c.signal()
	return ok
}

// Cut drops what is queued, sends last instead and closes the wire.
func (c *client) Cut(last []byte) {
	c.mu.Lock()
	if !c.ended {
		c.queue, c.bytes, c.cut = [][]byte{last}, len(last), true
	}
	c.ended = true
	c.mu.Unlock()
	c.signal()
}

// End closes the wire once what is queued was sent.
func (c *client) End() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.signal()
}

func (c *client) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// error queues an error that answers message id, or none when id is 0.
func (c *client) error(id uint64, body *protocol.ErrorBody) {
	c.Send(protocol.Encode(protocol.TypeError, id, body))
}

// fail queues a last error, if there is one, and ends.
func (c *client) fail(id uint64, body *protocol.ErrorBody) {
	if body != nil {
		c.error(id, body)
	}
	c.End()
}

func (c *client) wasCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

// write sends what is queued until End, ctx's end or a wire that does not take it. It is the only writer, and it closes the wire.
func (c *client) write(ctx context.Context) {
	for {
		c.mu.Lock()
		batch, ended := c.queue, c.ended
		c.queue, c.bytes, c.cut = nil, 0, false
		c.mu.Unlock()
		for _, encoded := range batch {
			if c.wasCut() {
				break
			}
			// Not ctx: when the wire is ending, what is queued (the reason, for one) still goes out.
			one, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
			err := c.ws.SendEncoded(one, encoded)
			cancel()
			if err != nil {
				c.End()
				c.ws.CloseNow()
				return
			}
		}
		if ended && len(batch) == 0 {
			_ = c.ws.Close() // the other end may be gone already
			return
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
			c.End()
		}
	}
}
