package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
)

func TestEllipsis(t *testing.T) {
	test.NewTempApp(t)
	style := Style{}
	for _, text := range []string{"Ann", strings.Repeat("long name ", 12), "דנה לוי " + strings.Repeat("ארוך ", 20), strings.Repeat("👩‍👩‍👧‍👦", 20), "", "two\nlines"} {
		for _, width := range []float32{20, 80, 200, 2000} {
			got := Ellipsis(text, width, style)
			if style.Measure(got).Width > width && len([]rune(got)) > 1 {
				t.Errorf("%q at %v is %q, %v wide", text, width, got, style.Measure(got).Width)
			}
			if strings.Contains(got, "\n") || strings.Contains(got, "\u200d…") {
				t.Errorf("%q at %v is %q", text, width, got)
			}
		}
	}
	if got := Ellipsis("Ann", 2000, style); got != "Ann" {
		t.Errorf("a text that fits became %q", got)
	}
}

func TestWrapKeepsEverything(t *testing.T) {
	test.NewTempApp(t)
	style := Style{}
	for _, text := range []string{"one two three four five six", strings.Repeat("x", 200), "a\n\nb", "", strings.Repeat("👍", 60)} {
		for _, width := range []float32{10, 60, 150} {
			lines := Wrap(text, width, style)
			for _, line := range lines {
				if style.Measure(line).Width > width && len([]rune(line)) > 1 {
					t.Errorf("line %q of %q is wider than %v", line, text, width)
				}
			}
			squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
			if got := squeeze(strings.Join(lines, "")); got != squeeze(text) {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
	if got := Wrap("a\n\nb", 100, style); len(got) != 3 {
		t.Errorf("an empty line was lost: %q", got)
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ann Bell": "AB", "gus": "G", "Otto von Bismarck": "OB", "דנה לוי": "דל", "Fay 🌻 Kim": "FK", "🌻": "🌻", "": "?", "  ": " ", "élan vital": "ÉV",
	} {
		if got := Initials(name); got != want {
			t.Errorf("%q has initials %q, want %q", name, got, want)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	type want struct {
		text       string
		code, link bool
	}
	for text, wants := range map[string][]want{
		"plain":                             {{"plain", false, false}},
		"see https://a.example/b?c=d#e, ok": {{"see ", false, false}, {"https://a.example/b?c=d#e", false, true}, {",", false, false}, {" ok", false, false}},
		"run `make x` now":                  {{"run ", false, false}, {"make x", true, false}, {" now", false, false}},
		"```\nfoo\nbar\n```":                {{"foo\nbar", true, false}},
		"`https://in.code`":                 {{"https://in.code", true, false}},
		"javascript:alert(1) file:///x":     {{"javascript:alert(1) file:///x", false, false}},
		"https:// is not a link, `nor this": {{"https:// is not a link, `nor this", false, false}},
		"":                                  nil,
	} {
		got := Spans(text, Marks{})
		if len(got) != len(wants) {
			t.Errorf("%q has spans %#v", text, got)
			continue
		}
		for n, w := range wants {
			if got[n].Text != w.text || got[n].Code != w.code || (got[n].Link != nil) != w.link {
				t.Errorf("%q: span %d is %#v, want %#v", text, n, got[n], w)
			}
		}
	}
}

func FuzzSpans(f *testing.F) {
	for _, s := range []string{"plain", "`a` https://b.c", "```x```", "http://[::1", "https://a.b/%zz", "``", "`\n`"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, text, what string) {
		for _, s := range Spans(text, Marks{Names: []string{"Ann", "Ann Bell", "İ"}, Me: "zoë", Find: what}) {
			if s.Link != nil && s.Link.Scheme != "http" && s.Link.Scheme != "https" {
				t.Errorf("%q makes a link to %s", text, s.Link)
			}
			if !s.Code && !strings.Contains(text, s.Text) {
				t.Errorf("%q has a span %q of its own", text, s.Text)
			}
		}
	})
}
