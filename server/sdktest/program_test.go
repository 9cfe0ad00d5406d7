package sdktest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// deadline bounds every wait of a test.
const deadline = 30 * time.Second

// program is a Node program that calls an SDK. It is for one goroutine.
type program struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
	id  int
}

// start starts a program that runs until the test ends.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, node(), args...)
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		_ = in.Close() // the program ends by that
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	})
	return &program{t: t, in: in, out: bufio.NewReader(out)}
}

// failure is an error of an SDK.
type failure struct {
	Name    string          `json:"name"`
	Message string          `json:"message"`
	Status  int             `json:"status"`
	Body    json.RawMessage `json:"body"`
}

func (f *failure) String() string {
	if f == nil {
		return "no failure"
	}
	return fmt.Sprintf("%s %d: %s %s", f.Name, f.Status, f.Message, f.Body)
}

// try calls a method of the SDK; out may be nil.
func (p *program) try(out any, method string, args ...any) *failure {
	p.t.Helper()
	p.id++
	if args == nil {
		args = []any{}
	}
	line, err := json.Marshal(map[string]any{"id": p.id, "method": method, "args": args})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
	raw, err := p.out.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("%s: the program ended: %v", method, err)
	}
	var reply struct {
		ID    int             `json:"id"`
		Value json.RawMessage `json:"value"`
		Error *failure        `json:"error"`
	}
	if err := json.Unmarshal(raw, &reply); err != nil || reply.ID != p.id {
		p.t.Fatalf("%s: %s: %v", method, raw, err)
	}
	if reply.Error == nil && out != nil {
		if err := json.Unmarshal(reply.Value, out); err != nil {
			p.t.Fatalf("%s answered %s: %v", method, reply.Value, err)
		}
	}
	return reply.Error
}

// call is try for what must work.
func (p *program) call(out any, method string, args ...any) {
	p.t.Helper()
	if f := p.try(out, method, args...); f != nil {
		p.t.Fatalf("%s%v: %v", method, args, f)
	}
}
