package webhook

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"parley/server/store"
)

// childEnv makes the test program a process that records and delivers until it is killed.
const childEnv = "PARLEY_WEBHOOK_TEST_FOLDER"

// child records one arrival after the other and prints a line when each is recorded. It does not return.
func child(folder, url string) {
	ctx := context.Background()
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s, err := store.Open(ctx, folder)
	if err != nil {
		fail(err)
	}
	if _, err := s.AddWebhook(ctx, store.Webhook{Project: "app", URL: url, Events: []string{store.AllWebhookEvents}, Shape: string(ShapeMonitoring), Source: store.WebhookByCommand}); err != nil {
		fail(err)
	}
	d := New(Config{Store: s, Projects: oneProject(), Policy: quick()})
	go func() { fail(d.Run(ctx)) }() // until the end of the process
	for i := range 60 {
		if err := d.Record(ctx, arrival("s", fmt.Sprint(i))); err != nil {
			fail(err)
		}
		fmt.Println(i)
	}
	select {} // until it is killed
}

// TestKill kills a process in the middle of a delivery, and of recording: whatever was recorded arrives after the next start, in order, and those who
// were there are gone.
func TestKill(t *testing.T) {
	t.Parallel()
	const until = 5 // deliveries that are answered
	release, hangs := make(chan struct{}), make(chan struct{})
	r := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, n int, _ string) {
		if n == until {
			close(hangs)
			<-release
		}
	})
	folder := newFolder(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+folder, childEnv+"_URL="+r.URL)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := make(chan error, 1)
	go func() {
		<-hangs
		killed <- cmd.Process.Kill() // SIGKILL
	}()
	last := "" // that was recorded for certain
	for lines := bufio.NewScanner(out); lines.Scan(); {
		last = lines.Text()
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.String() != "signal: killed" {
		t.Errorf("%v", err)
	}
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	close(release)
	var recorded int
	if _, err := fmt.Sscan(last, &recorded); err != nil || recorded < until {
		t.Fatalf("%q was recorded: %v", last, err)
	}
	before := len(r.got())

	s := newStage(t, folder, quick(), nil)
	if err := s.dispatcher.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if due, err := s.store.DueWebhooks(context.Background()); err != nil || len(due) > 0 {
			return fmt.Sprintf("%+v wait, %v", due, err)
		}
		return ""
	})
	all := r.got()
	if a, b := all[before-1], all[before]; a.data != b.data || a.header.Get(EventIDHeader) != b.header.Get(EventIDHeader) {
		t.Errorf("%q was cut off, %q came first after the start", a.data, b.data)
	}
	created, destroyed := 0, map[string]bool{}
	for i, p := range all {
		switch body := string(p.body); {
		case strings.Contains(body, `"event":"connectionCreated"`) && i != before: // the one that is there twice
			if p.data != fmt.Sprint(created) {
				t.Fatalf("event %q after %d", p.data, created)
			}
			created++
		case strings.Contains(body, `"event":"connectionDestroyed","reason":"networkDisconnected"`):
			destroyed[p.data] = true
		}
	}
	if created <= recorded || len(destroyed) != created {
		t.Errorf("%d came and %d went, %d were recorded", created, len(destroyed), recorded+1)
	}
	t.Logf("%d events were recorded when the process was killed, %d deliveries followed", created, len(all)-before)
}
