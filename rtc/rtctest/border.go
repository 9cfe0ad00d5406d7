package rtctest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Border passes TCP connections on to a server. It can cut them, let them fall silent, and hold back what the server says on later ones after its first
// words. It is safe for concurrent use.
type Border struct {
	listener net.Listener
	to       string
	done     sync.WaitGroup
	holding  atomic.Int32

	mu     sync.Mutex
	links  []*link
	silent bool
	shut   bool
	gate   chan struct{} // closed is open
}

// link is a connection and its continuation.
type link struct {
	in, out net.Conn
	gate    <-chan struct{}
	silence chan struct{} // closed: what comes goes nowhere
	once    sync.Once
}

// NewBorder returns a border to the server at an address. It goes away at the end of the test.
func NewBorder(t testing.TB, to string) *Border {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Border{listener: l, to: to, gate: make(chan struct{})}
	close(b.gate)
	b.done.Go(b.accept)
	t.Cleanup(func() { _ = l.Close(); b.Cut(); b.done.Wait() })
	return b
}

// URL is what clients connect to.
func (b *Border) URL() string { return "http://" + b.listener.Addr().String() }

func (b *Border) accept() {
	for {
		in, err := b.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", b.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		b.mu.Lock()
		if b.shut {
			b.mu.Unlock()
			_ = in.Close()
			_ = out.Close()
			continue
		}
		l := &link{in: in, out: out, gate: b.gate, silence: make(chan struct{})}
		if b.silent {
			close(l.silence)
		}
		b.links = append(b.links, l)
		b.mu.Unlock()
		b.done.Go(func() { l.pass(out, in, func() {}) })
		b.done.Go(func() { l.pass(in, out, func() { b.wait(l) }) })
	}
}

// wait waits at the gate.
func (b *Border) wait(l *link) {
	b.holding.Add(1)
	<-l.gate
	b.holding.Add(-1)
}

// pass copies; before each piece from the second on it calls wait.
func (l *link) pass(to, from net.Conn, wait func()) {
	defer l.close()
	buf := make([]byte, 64<<10)
	for n := 0; ; n++ {
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		if n > 0 {
			wait()
		}
		select {
		case <-l.silence:
			continue
		default:
		}
		if _, err := to.Write(buf[:size]); err != nil {
			return
		}
	}
}

func (l *link) close() {
	l.once.Do(func() {
		_ = l.in.Close()
		_ = l.out.Close()
	})
}

// Cut breaks all connections.
func (b *Border) Cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.links {
		l.close()
	}
	b.links = nil
}

// Shut lets no new connections through, until the function that it returns is called.
func (b *Border) Shut() (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shut = true
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.shut = false
	}
}

// Silence lets all connections, and those that come, go on with nobody at the other end, until the function that it returns is called; those that there are
// stay so.
func (b *Border) Silence() (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.silent = true
	for _, l := range b.links {
		select {
		case <-l.silence:
		default:
			close(l.silence)
		}
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.silent = false
	}
}

// Holding reports whether something that the server said is held back.
func (b *Border) Holding() bool { return b.holding.Load() > 0 }

// Hold holds back what the server says on connections from now on, until the function that it returns is called.
func (b *Border) Hold() (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gate := make(chan struct{})
	b.gate = gate
	return sync.OnceFunc(func() { close(gate) })
}
