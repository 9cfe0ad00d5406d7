package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/rtc/protocol"
	"parley/server/bench/process"
)

// server is a server that runs as a child.
type server struct {
	child *process.Child
	data  string
	url   string // of the WebSocket
	token string // of a publisher, good for any number of clients
}

// startWithin bounds how long a server may take to say where it listens.
const startWithin = 20 * time.Second

// Program is a server binary, with the arguments that come before those of every server.
type Program []string

// startServer starts a server with a session of its own.
func startServer(ctx context.Context, core int, program Program) (*server, error) {
	data, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	s := &server{data: data}
	if err := s.start(ctx, core, program); err != nil {
		return nil, errors.Join(fmt.Errorf("start server: %w", err), s.stop())
	}
	return s, nil
}

func (s *server) start(ctx context.Context, core int, program Program) error {
	if _, err := os.Stat(program[0]); err != nil {
		return fmt.Errorf("%w; build it with: make build/parley-server", err)
	}
	var made struct {
		SessionID protocol.SessionID `json:"sessionId"`
		Token     string             `json:"token"`
	}
	if err := s.ask(ctx, &made, program, "session", "create"); err != nil {
		return err
	}
	if err := s.ask(ctx, &made, program, "token", "create", "--session", string(made.SessionID), "--role", "moderator"); err != nil {
		return err
	}
	s.token = made.Token
	var err error
	args := slices.Concat(program[1:], []string{"serve", "--data", s.data, "--listen", "127.0.0.1:0"})
	if s.child, err = process.Start(core, nil, nil, program[0], args...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		if url := s.listening(); url != "" {
			s.url = "ws" + strings.TrimPrefix(url, "http") + protocol.Path
			return nil
		}
		select {
		case <-s.child.Done():
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("it does not say where it listens: %w", ctx.Err())
		case <-poll.C:
		}
	}
}

// ask runs a command of the server's program and reads the JSON that it prints.
func (s *server) ask(ctx context.Context, into any, program Program, args ...string) error {
	cmd := exec.CommandContext(ctx, program[0], slices.Concat(program[1:], args, []string{"--data", s.data, "--json"})...)
	var said strings.Builder
	cmd.Stderr = &said
	raw, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", program[0], strings.Join(args[:2], " "), err, said.String())
	}
	return json.Unmarshal(raw, into)
}

// listening reads where the server says that it listens, in server.json of its data folder. Any build is asked this way, so the file's format is
// spelled out here.
func (s *server) listening() string {
	raw, err := os.ReadFile(filepath.Join(s.data, "server.json"))
	var said struct {
		URL string `json:"url"`
	}
	if err != nil || json.Unmarshal(raw, &said) != nil {
		return ""
	}
	return said.URL
}

func (s *server) stop() error {
	var err error
	if s.child != nil {
		err = s.child.Stop()
	}
	return errors.Join(err, os.RemoveAll(s.data))
}
