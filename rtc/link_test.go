package rtc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	pin    = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
)

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

func TestLinkSaysHowTheServerProvesItself(t *testing.T) {
	t.Parallel()
	const at = "parley://h:1/" + secret
	for text, want := range map[string]string{
		at:                                     "http://h:1 [h:1] " + at,
		at + "#":                               "http://h:1 [h:1] " + at,
		at + "#later=x":                        "http://h:1 [h:1] " + at,
		at + "#pin=" + pin:                     "https://h:1 [h:1] " + at + "#pin=" + pin,
		at + "#pin%3D" + pin:                   "https://h:1 [h:1] " + at + "#pin=" + pin,
		at + "#PIN=" + pin:                     "https://h:1 [h:1] " + at + "#pin=" + pin,
		at + "#tls&pin=" + pin:                 "https://h:1 [h:1] " + at + "#pin=" + pin,
		"http://h:1/" + secret + "#pin=" + pin: "https://h:1 [h:1] " + at + "#pin=" + pin,
		at + "#tls":                            "https://h:1 [h:1] " + at + "#tls",
		"https://h/" + secret:                  "https://h:443 [h:443] parley://h:443/" + secret + "#tls",
		at + "#pin=" + pin + "&also=a:2,[::1],b": "https://h:1 [h:1 a:2 [::1]:7880 b:7880] " + at + "#pin=" + pin +
			"&also=a:2,[::1]:7880,b:7880",
		at + "#pin=":                           "",
		at + "#pin":                            "",
		at + "#pin=" + pin[1:]:                 "",
		at + "#pin=" + pin + "x":               "",
		at + "#pin=" + pin + "&pin=" + pin:     "",
		at + "#pin=" + strings.Repeat("A", 43): "",
		at + "#also=":                          "",
		at + "#also=a,b/c":                     "",
		at + "#also=a:0":                       "",
		at + "#also=a&also=b":                  "",
		at + "#also=1,2,3,4,5,6,7,8,9":         "",
	} {
		l, err := ParseLink(text)
		if got := fmt.Sprintf("%s %v %s", l.URL(), l.Addresses(), l); err == nil && got != want || (want == "") != errors.Is(err, ErrLink) {
			t.Errorf("%q: %s, %v", text, got, err)
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
	f.Add("https://h/" + secret + "#tls&also=[::1]:2,b")
	f.Add("h/" + secret + "#pin=" + pin + "&also=192.0.2.1:7880,[2001:db8::1]:7880")
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
