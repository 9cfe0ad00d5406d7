// Package instance makes links open in the window that is already running: the first app of a settings folder listens on a Unix
// socket that only its user can reach, later ones hand their link over and end.
package instance

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"
)

// maxLink bounds what is handed over, in bytes.
const maxLink = 4 << 10

// ErrRunning means that another app took the link.
var ErrRunning = errors.New("another window of Parley took the link")

// Listener is this app's end. Close it to free the socket.
type Listener struct {
	listener net.Listener
	links    chan string
	ctx      context.Context
	cancel   context.CancelFunc
	done     sync.WaitGroup
}

// socket returns the socket's path for a settings folder. Unix socket paths are short, so the folder is hashed.
func socket(folder string) string {
	sum := sha256.Sum256([]byte(filepath.Clean(folder)))
	return filepath.Join(xdg.RuntimeDir, "parley-"+hex.EncodeToString(sum[:6])+".sock")
}

// Open hands link to the app that runs with this settings folder and returns ErrRunning, or starts to listen for later ones. An
// empty link only asks that window to come to the front.
func Open(folder, link string) (*Listener, error) {
	path := socket(folder)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open instance socket: %w", err)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		return nil, hand(conn, link)
	}
	// Nobody answers: the socket of an app that crashed is in the way of ours.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove stale instance socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open instance socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("open instance socket: %w", err), l.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	i := &Listener{listener: l, links: make(chan string), ctx: ctx, cancel: cancel}
	i.done.Go(i.accept)
	return i, nil
}

// hand writes link to the running app and waits for its word.
func hand(conn net.Conn, link string) error {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintln(conn, link); err != nil {
		return fmt.Errorf("hand link over: %w", err)
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		return fmt.Errorf("hand link over: %w", err)
	}
	return ErrRunning
}

// Links returns the links that later apps hand over. Nobody has checked them.
func (i *Listener) Links() <-chan string { return i.links }

// Close frees the socket and waits for what runs.
func (i *Listener) Close() error {
	i.cancel()
	err := i.listener.Close()
	i.done.Wait()
	return err
}

// accept serves one app at a time: a link is a line.
func (i *Listener) accept() {
	for {
		conn, err := i.listener.Accept()
		if err != nil {
			return
		}
		i.serve(conn)
	}
}

func (i *Listener) serve(conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(i.ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	line, err := bufio.NewReader(&limited{conn, maxLink}).ReadString('\n')
	if err != nil {
		return
	}
	select {
	case i.links <- strings.TrimSpace(line):
		_, _ = fmt.Fprintln(conn, "ok")
	case <-i.ctx.Done():
	}
}

// limited fails once more than left bytes were read.
type limited struct {
	net.Conn
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errors.New("link too long")
	}
	n, err := l.Conn.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
