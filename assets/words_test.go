package assets

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// texts reads a language's file: the forms of each key.
func texts(t *testing.T, tag string) map[string]map[string]string {
	t.Helper()
	raw, err := wordFiles.ReadFile("words/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for key, value := range file {
		switch v := value.(type) {
		case string:
			out[key] = map[string]string{"other": v}
		case map[string]any:
			out[key] = map[string]string{}
			for form, text := range v {
				out[key][form] = text.(string)
			}
		}
	}
	return out
}

var field = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// fields lists the parts that a text leaves to fill in.
func fields(text string) []string {
	set := map[string]bool{}
	for _, m := range field.FindAllStringSubmatch(text, -1) {
		set[m[1]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	if len(Languages()) < 2 || len(english) < 100 {
		t.Fatalf("%d languages, %d keys", len(Languages()), len(english))
	}
	for _, l := range Languages()[1:] {
		other := texts(t, l.Tag)
		for key, forms := range english {
			have, ok := other[key]
			if !ok {
				t.Errorf("%s lacks %s", l.Tag, key)
				continue
			}
			if !slices.Equal(slices.Sorted(maps.Keys(forms)), slices.Sorted(maps.Keys(have))) {
				t.Errorf("%s has other forms of %s", l.Tag, key)
			}
			for form, text := range forms {
				if strings.TrimSpace(have[form]) == "" {
					t.Errorf("%s says nothing for %s", l.Tag, key)
				}
				if !slices.Equal(fields(text), fields(have[form])) {
					t.Errorf("%s fills other parts into %s", l.Tag, key)
				}
			}
		}
		for key := range other {
			if english[key] == nil {
				t.Errorf("%s has %s, which English lacks", l.Tag, key)
			}
		}
	}
}

func TestLanguageFitsTheLocale(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"de": "de", "de-AT": "de", "de_DE.UTF-8": "de", "en-GB": "en", "fr-FR": "en", "": "en", "C": "en", "??": "en"} {
		if got := NewWords(locale).Tag(); got != want {
			t.Errorf("%q speaks %s, want %s", locale, got, want)
		}
	}
}

func TestPluralsAndParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got, want string
	}{
		{NewWords("en").Count("count.people", 1), "1 person"},
		{NewWords("en").Count("count.people", 0), "0 people"},
		{NewWords("de").Count("count.people", 1), "1 Person"},
		{NewWords("de").Count("count.people", 7), "7 Personen"},
		{NewWords("en").Say("tile.screen", "Name", "<b>& Co"), "<b>& Co · screen"},
		{NewWords("de").Say("no.such.key"), "no.such.key"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// spoken are the folders and files whose texts users see.
var spoken = []string{"../ui", "../app/controller"}

// composed are the keys that the code puts together from parts, by their beginnings.
var composed = []string{"error.", "camera.", "microphone.", "speaker.", "device.", "prejoin.title", "keys.", "settings."}

// walkSource calls visit for every string literal in the sources, with the calls that it is an argument of.
func walkSource(t *testing.T, visit func(file string, text string, pos token.Position, within []string)) {
	t.Helper()
	for _, root := range spoken {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "uitest") {
				return err
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				return err
			}
			var stack []ast.Node
			ast.Inspect(parsed, func(n ast.Node) bool {
				if n == nil {
					stack = stack[:len(stack)-1]
					return true
				}
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						visit(file, text, set.Position(lit.Pos()), names(stack))
					}
				}
				stack = append(stack, n)
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// names returns what a literal stands in: the calls, and the methods that name things for the log.
func names(stack []ast.Node) []string {
	var out []string
	for _, n := range stack {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				out = append(out, f.Sel.Name)
			case *ast.Ident:
				out = append(out, f.Name)
			}
		case *ast.FuncDecl:
			if n.Name.Name == "String" {
				out = append(out, "String")
			}
		case *ast.ImportSpec:
			out = append(out, "import")
		}
	}
	return out
}

// TestEveryKeyIsSaid compares the keys in the sources with those of the file, both ways.
func TestEveryKeyIsSaid(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	said := map[string]bool{"language.own-name": true, "count.people": true}
	shape := regexp.MustCompile(`^[a-z]+(\.[a-z0-9-]+)+$`)
	walkSource(t, func(_, text string, pos token.Position, within []string) {
		if english[text] != nil {
			said[text] = true
			return
		}
		calls := func(n string) bool { return n == "Say" || n == "Count" || n == "say" }
		if shape.MatchString(text) && slices.ContainsFunc(within, calls) && !slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(p, text) || strings.HasPrefix(text, p) }) {
			t.Errorf("%s: nobody has words for %s", pos, text)
		}
	})
	for key := range english {
		if !said[key] && !slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("%s is never said", key)
		}
	}
}

// unseen are calls whose texts only logs and programmers see.
var unseen = []string{"LogError", "panic", "String", "import", "Warn", "Error", "Debug", "Info", "Errorf", "New", "Fprintf", "Fprintln", "print", "Measure"}

// alike are texts that are the same in every language: the names of keys, and beginnings of links.
var alike = []string{"Esc", "Enter", "http://", "https://", "parley:"}

// TestNoTextIsHardCoded finds texts that users would see in one language only.
func TestNoTextIsHardCoded(t *testing.T) {
	t.Parallel()
	found := 0
	walkSource(t, func(file, text string, pos token.Position, within []string) {
		tells := func(n string) bool { return n == "notice" || n == "setPhase" }
		if filepath.Dir(file) == filepath.Join("..", "app", "controller") && filepath.Base(file) != "words.go" && !slices.ContainsFunc(within, tells) {
			return // what the controller's other files do not tell the user is for the log and for the wire
		}
		found++
		if slices.ContainsFunc(within, func(n string) bool { return slices.Contains(unseen, n) }) || slices.Contains(alike, text) || !isProse(text) {
			return
		}
		t.Errorf("%s: %q is said in one language only: give it a key in assets/words", pos, text)
	})
	if found < 300 {
		t.Errorf("only %d texts were looked at", found)
	}
}

// isProse reports whether a text looks as if people were to read it: two words, or one that begins with a capital letter.
func isProse(text string) bool {
	if strings.HasPrefix(text, "Ctrl+") || strings.HasPrefix(text, "json:") {
		return false
	}
	words := 0
	for _, w := range strings.Fields(text) {
		if r := []rune(w); len(r) > 1 && unicode.IsLetter(r[0]) && unicode.IsLetter(r[1]) {
			words++
			if unicode.IsUpper(r[0]) && unicode.IsLower(r[1]) && words == 1 && !isName(text) {
				return true
			}
		}
	}
	return words > 1
}

// isName reports whether a text is the name of a part to fill in, such as "Meeting" in Say("key", "Meeting", m).
func isName(text string) bool {
	return slices.Contains([]string{"Name", "Meeting", "Why", "Seconds", "Version", "Message", "Count", "Text", "Place", "Clock"}, text)
}
