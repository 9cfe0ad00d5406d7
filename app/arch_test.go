package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule says what the packages below from must never import. Tests are held to it too, unless tests is false.
type rule struct {
	from  string // folder of the repository
	never []string
	but   []string // exceptions: folders allowed all the same
	tests bool
}

var rules = []rule{
	{from: "ui", never: []string{"parley/rtc", "parley/media", "parley/server", "parley/app"}, tests: true},
	{from: "assets", never: []string{"parley"}, tests: true},
	{from: "rtc", never: []string{"fyne.io/fyne/v2", "parley/ui", "parley/app", "parley/media"}, tests: true},
	{from: "rtc", never: []string{"parley/server"}},
	{from: "rtc/protocol", never: []string{"parley", "."}},
	{from: "media", never: []string{"fyne.io/fyne/v2", "parley/ui", "parley/app"}, tests: true},
	{from: "media", never: []string{"parley/rtc", "parley/server"}},
	{from: "server", never: []string{"fyne.io/fyne/v2", "parley/ui", "parley/app"}, tests: true},
	{from: "server", never: []string{"parley/rtc", "parley/media"}, but: []string{"parley/rtc/protocol", "parley/rtc/wire"}},
	{from: "server/session", never: []string{"github.com/pion", "net/http"}},
	{from: "server/sfu", never: []string{"parley/server/session", "parley/server/transport", "net/http"}},
	{from: "server/transport", never: []string{"parley/server", "github.com/pion/webrtc/v4"}},
	{from: "app", never: []string{"parley/server"}},
}

// exceptions are the packages that may break one of the rules, each with the reason.
var exceptions = map[string]string{
	"app/hosting":       "starts the bundled server inside the app",
	"app/e2e":           "tests the programs together",
	"server/servertest": "a whole server inside a test, for clients too",
	"server/bench":      "the load generator speaks the protocol as a client",
}

// below reports whether an import path is prefix or lies below it. "." stands for everything outside the standard library.
func below(path, prefix string) bool {
	if prefix == "." {
		first, _, _ := strings.Cut(path, "/")
		return strings.Contains(first, ".")
	}
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// forbidden returns the imports of a file that break a rule.
func forbidden(file string, imports []string) []string {
	folder := filepath.ToSlash(filepath.Dir(file))
	if _, ok := exceptions[folder]; ok {
		return nil
	}
	test := strings.HasSuffix(file, "_test.go")
	var bad []string
	for _, r := range rules {
		if !below(folder, r.from) || test && !r.tests {
			continue
		}
		for _, path := range imports {
			if below(path, "parley/"+r.from) {
				continue // its own parts
			}
			allowed := slices.ContainsFunc(r.but, func(p string) bool { return below(path, p) })
			if slices.ContainsFunc(r.never, func(p string) bool { return below(path, p) }) && !allowed {
				bad = append(bad, path)
			}
		}
	}
	return bad
}

func TestImportsFlowOneWay(t *testing.T) {
	files := 0
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "build" || strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		source, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, name)
		}
		for _, bad := range forbidden(path, imports) {
			t.Errorf("%s imports %s, which docs and DESIGN forbid there", path, bad)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d Go files were found: the walk misses the repository", files)
	}
}

// TestRulesBite feeds the checker forbidden imports: a rule that lets these pass guards nothing.
func TestRulesBite(t *testing.T) {
	for _, c := range []struct {
		file, path string
		bad        bool
	}{
		{"ui/call/call.go", "parley/rtc", true},
		{"ui/call/call_test.go", "parley/media/video", true},
		{"ui/call/call.go", "parley/ui/model", false},
		{"media/video/slot.go", "parley/rtc/protocol", true},
		{"media/video/slot.go", "fyne.io/fyne/v2/canvas", true},
		{"server/session/session.go", "github.com/pion/rtp", true},
		{"server/session/session.go", "parley/rtc/protocol", false},
		{"server/sfu/up.go", "parley/server/session", true},
		{"server/transport/dtls.go", "github.com/pion/webrtc/v4", true},
		{"server/transport/media_test.go", "github.com/pion/webrtc/v4", false}, // stock clients are its peers
		{"server/gateway/gateway.go", "parley/rtc", true},
		{"server/gateway/gateway.go", "parley/rtc/wire", false},
		{"rtc/session.go", "parley/server/node", true},
		{"rtc/protocol/x.go", "github.com/pion/rtp", true},
		{"app/controller/x.go", "parley/server/node", true},
		{"app/hosting/x.go", "parley/server/node", false},
	} {
		if got := len(forbidden(c.file, []string{c.path})) > 0; got != c.bad {
			t.Errorf("%s importing %s: forbidden %v, want %v", c.file, c.path, got, c.bad)
		}
	}
}

// TestTopLevel holds the top level to what DESIGN names.
func TestTopLevel(t *testing.T) {
	known := []string{"app", "ui", "media", "rtc", "server", "assets", "package", "docs", "build", "FyneApp.toml", "Makefile", "go.mod",
		"go.sum", "README.md", "CHANGELOG.md", "LICENSE"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
