package sdktest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/server/store"
)

// commandLine is parley-server as a program of its own, beside a server on the same data.
type commandLine struct{ file, data string }

// build makes the program.
func build(t *testing.T, s *servertest.Server) commandLine {
	t.Helper()
	file := filepath.Join(t.TempDir(), "parley-server")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "parley/server").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return commandLine{file, s.Data}
}

func (c commandLine) run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), c.file, append(args, "--data", c.data)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// project returns a project of the server, as it is now.
func project(t *testing.T, s *servertest.Server, name string) store.Project {
	t.Helper()
	p, err := s.Store().FindProject(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestProjects gives each kind of credential two projects of its own on one server.
func TestProjects(t *testing.T) {
	s := servertest.Start(t)
	line := build(t, s)
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			one, two := "One of "+m.name, "Two of "+m.name
			line.run(t, "project", "create", one)
			line.run(t, "project", "create", two)
			mine, theirs := start(t, m.args(s.URL, project(t, s, one))...), start(t, m.args(s.URL, project(t, s, two))...)
			apart(newRoom(t, m, s, mine), newRoom(t, m, s, theirs))
			rotated(newRoom(t, m, s, mine), newRoom(t, m, s, theirs), line, one)
		})
	}
}

// apart checks that one project can do nothing in the session of another.
func apart(mine, theirs *room) {
	ann := join(mine.T, mine.server, mine.token(nil), "Ann", camera("ann"))
	if items, f := mine.calls.list(mine.sdk, mine.session); f != nil || len(items) != 1 {
		mine.Errorf("%v, %v", items, f)
	}
	_, list := mine.calls.list(theirs.sdk, mine.session)
	_, one := mine.calls.one(theirs.sdk, mine.session, ann.stream())
	want := "NotFoundError"
	if strings.HasPrefix(mine.name, "@vonage") {
		want = `404: Request failed with status code 404 {"code":"sessionUnknown"`
	}
	for name, f := range map[string]*failure{
		"list": list, "one": one,
		"classes":  theirs.sdk.try(nil, mine.calls.classes, mine.session, []map[string]any{{"id": ann.stream(), "layoutClassList": []string{"x"}}}),
		"mute":     mine.calls.muteOne(theirs.sdk, mine.session, ann.stream()),
		"mute all": mine.calls.muteAll(theirs.sdk, mine.session),
		"lift":     theirs.sdk.try(nil, mine.calls.lift, mine.session),
	} {
		if f == nil || !strings.Contains(f.String(), want) {
			mine.Errorf("%s in another project's session: %v, want %s", name, f, want)
		}
	}
	want = "not found"
	if strings.HasPrefix(mine.name, "@vonage") {
		want = `"sessionUnknown"`
	}
	for name, f := range map[string]*failure{
		"signal":     mine.calls.signal(theirs.sdk, mine.session, "", "x", "stranger"),
		"to one":     mine.calls.signal(theirs.sdk, mine.session, string(ann.id()), "x", "stranger"),
		"disconnect": theirs.sdk.try(nil, mine.calls.remove, mine.session, string(ann.id())),
	} {
		if f == nil || !strings.Contains(f.String(), want) {
			mine.Errorf("%s in another project's session: %v, want %s", name, f, want)
		}
	}
	// Nothing of that came through.
	if f := mine.calls.signal(mine.sdk, mine.session, "", "last", "one"); f != nil {
		mine.Error(f)
	}
	ann.eventually("signal last=one")
	if ann.heard("signal x=stranger") || ann.heard("muteForced ann false") {
		mine.Errorf("Ann heard %v", ann.events)
	}

	// Nor does a token for it: the SDK does not make one, or the server does not take it.
	var text string
	if f := mine.calls.token(theirs.sdk, &text, mine.session, nil); !mine.isJWT() {
		if f == nil || !strings.Contains(f.String(), "unless the session belongs to the API Key") {
			mine.Errorf("a token for another project's session: %v", f)
		}
	} else if _, err := connect(mine.T, mine.server, text, "Eve"); f != nil || code(err) != protocol.CodeTokenSession {
		mine.Errorf("a token for another project's session: %v, %v", f, err)
	}
	ann.leave()
}

// works checks that an SDK can make a session and let people in.
func works(r *room, when string, sdk *program) {
	r.Helper()
	sdk.t = r.T
	mine := &room{T: r.T, mode: r.mode, server: r.server, sdk: sdk}
	mine.session = mine.create(map[string]any{})
	p, err := connect(r.T, r.server, mine.token(nil), "Ann")
	if err != nil {
		r.Fatalf("%s: %v", when, err)
	}
	p.leave()
}

// refused checks that it can do neither, and that a client is told the code.
func refused(r *room, when string, sdk *program, want protocol.Code) {
	r.Helper()
	says := `"` + string(want) + `"`
	if !strings.HasPrefix(r.name, "@vonage") {
		says = "Invalid API key or secret"
	}
	if f := sdk.try(nil, "createSession", map[string]any{}); f == nil || !strings.Contains(f.String(), says) {
		r.Errorf("%s: createSession: %v, want %s", when, f, says)
	}
	if _, f := r.calls.list(sdk, r.session); f == nil || f.Status != 0 && !strings.Contains(f.String(), says) {
		r.Errorf("%s: list: %v", when, f)
	}
	var text string
	if f := r.calls.token(sdk, &text, r.session, nil); f != nil {
		r.Fatalf("%s: %v", when, f)
	}
	if _, err := connect(r.T, r.server, text, "Eve"); code(err) != want {
		r.Errorf("%s: connect: %v, want %s", when, err, want)
	}
}

// rotated replaces what mine signs with while its SDK runs, and disables its project, beside theirs to which nothing happens.
func rotated(mine, theirs *room, line commandLine, name string) {
	rotate := []string{"project", "rotate-key", name}
	if !mine.isJWT() {
		rotate[1] = "rotate-secret"
	}
	fresh := func() *program {
		return start(mine.T, mine.args(mine.server.URL, project(mine.T, mine.server, name))...)
	}
	inside := join(mine.T, mine.server, mine.token(nil), "Ben")

	first := mine.sdk
	line.run(mine.T, append(rotate, "--overlap", "1h")...)
	second := fresh()
	works(mine, "the old one in the overlap", first)
	works(mine, "the new one in the overlap", second)
	line.run(mine.T, append(rotate, "--overlap", "0", "--force")...)
	third := fresh()
	refused(mine, "the first, revoked", first, protocol.CodeKeyRevoked)
	refused(mine, "the second, revoked", second, protocol.CodeKeyRevoked)
	works(mine, "the third", third)
	works(theirs, "the other project after a rotation", theirs.sdk)

	line.run(mine.T, "project", "disable", name)
	refused(mine, "disabled", third, protocol.CodeProjectDisabled)
	works(theirs, "the other project while one is disabled", theirs.sdk)
	line.run(mine.T, "project", "enable", name)
	works(mine, "enabled again", third)
	third.t = mine.T
	if f := mine.calls.signal(third, mine.session, "", "still", "here"); f != nil {
		mine.Error(f)
	}
	inside.eventually("signal still=here") // who was in the call stayed there all the time
}
