package rtc

import (
	"errors"
	"testing"
)

const secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func TestParseLink(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"parley://127.0.0.1:7880/" + secret:       "127.0.0.1:7880",
		" parley://meet.example/" + secret + "\n": "meet.example:7880",
		"parley://[::1]:99/" + secret + "/":       "[::1]:99",
		"meet.example:80/" + secret:               "meet.example:80",
		"http://meet.example:80/" + secret:        "meet.example:80",
		"parley://h:1/" + secret + "#sha256=abc":  "h:1",
		"":                                        "",
		"parley://":                               "",
		"parley://h:1":                            "",
		"parley://h:1/short":                      "",
		"parley://h:0/" + secret:                  "",
		"parley://h:99999/" + secret:              "",
		"parley://h:1/" + secret + "?--server=x":  "",
		"parley://u:p@h:1/" + secret:              "",
		"parley://h:1/" + secret + " --headless":  "",
		"parley://h:1/a/" + secret:                "",
		"ftp://h:1/" + secret:                     "",
		"file:///etc/passwd":                      "",
		"--join":                                  "",
		"::1/00000000":                            "",
	} {
		l, err := ParseLink(text)
		if got := l.Host; got != want || (want == "") != errors.Is(err, ErrLink) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		if err == nil {
			if again, err := ParseLink(l.String()); err != nil || again != l {
				t.Errorf("%q: %q is read as %+v, %v", text, l, again, err)
			}
		}
	}
}

func TestWireURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://h:1": "ws://h:1/v1/connect", "https://h/": "wss://h/v1/connect", "http://h/x/?q": "ws://h/x/v1/connect", "h:1": "", "": "", "parley://h": "",
	} {
		if got, err := wireURL(base); got != want || (want == "") != (err != nil) {
			t.Errorf("%q: %q, %v", base, got, err)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add("parley://127.0.0.1:7880/" + secret)
	f.Add("http://[::1]:1/" + secret)
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLink(text)
		if err != nil {
			return
		}
		if again, err := ParseLink(l.String()); err != nil || again != l {
			t.Errorf("%q -> %+v -> %+v, %v", text, l, again, err)
		}
	})
}
