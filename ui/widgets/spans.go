package widgets

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inChat finds what a chat line sets apart: code between back quotes, and links.
var inChat = regexp.MustCompile("```(?s:.+?)```|`[^`\n]+`|https?://[^\\s<>\"]+")

// Mark is why a part of a chat text stands out.
type Mark int

// The marks.
const (
	MarkNone    Mark = iota
	MarkMention      // somebody is called by name
	MarkMe           // and it is oneself
	MarkFound        // what is searched for
)

// Marks says what stands out in chat texts.
type Marks struct {
	Names []string // who can be called with @
	Me    string   // one's own name
	Find  string   // what is searched for; "" for nothing
}

func (m Marks) same(o Marks) bool {
	return m.Me == o.Me && m.Find == o.Find && slices.Equal(m.Names, o.Names)
}

// Span is a part of a chat text: plain, code, or a link.
type Span struct {
	Text string
	Code bool
	Link *url.URL
	Mark Mark
}

// Spans splits a chat text into plain text, code in fixed width, links that open, and what the marks make stand out.
func Spans(text string, marks Marks) []Span {
	var out []Span
	plain := func(s string) {
		if s != "" {
			out = append(out, marks.split(s)...)
		}
	}
	from := 0
	for _, at := range inChat.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		plain(text[from:at[0]])
		from = at[1]
		if strings.HasPrefix(found, "`") {
			out = append(out, Span{Text: strings.Trim(strings.Trim(found, "`"), "\n"), Code: true})
			continue
		}
		link := strings.TrimRight(found, ".,;:!?)'")
		if u, err := url.Parse(link); err == nil && u.Host != "" {
			out = append(out, Span{Text: link, Link: u})
		} else {
			plain(link)
		}
		plain(found[len(link):])
	}
	plain(text[from:])
	return out
}

// split sets apart who is called in a plain text, and what is searched for in the rest of it.
func (m Marks) split(text string) []Span {
	var out []Span
	from := 0
	for at := 0; at < len(text); {
		if text[at] != '@' {
			at++
			continue
		}
		name := m.called(text[at+1:])
		if name == "" {
			at++
			continue
		}
		out = append(out, m.search(text[from:at])...)
		mark := MarkMention
		if strings.EqualFold(name, m.Me) {
			mark = MarkMe
		}
		out = append(out, Span{Text: text[at : at+1+len(name)], Mark: mark})
		at += 1 + len(name)
		from = at
	}
	return append(out, m.search(text[from:])...)
}

// called returns the longest name that a text begins with, as the text has it, or "".
func (m Marks) called(text string) string {
	best := ""
	for _, name := range append([]string{m.Me}, m.Names...) {
		if name == "" || len(name) > len(text) || len(name) <= len(best) || !strings.EqualFold(text[:len(name)], name) {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(text[len(name):]); !unicode.IsLetter(r) && !unicode.IsDigit(r) { // not the beginning of a longer word
			best = text[:len(name)]
		}
	}
	return best
}

// search sets apart what is searched for.
func (m Marks) search(text string) []Span {
	if text == "" {
		return nil
	}
	if m.Find == "" {
		return []Span{{Text: text}}
	}
	var out []Span
	for text != "" {
		from, to := find(text, m.Find)
		if from < 0 {
			return append(out, Span{Text: text})
		}
		if from > 0 {
			out = append(out, Span{Text: text[:from]})
		}
		out = append(out, Span{Text: text[from:to], Mark: MarkFound})
		text = text[to:]
	}
	return out
}

// find returns where a text has another one, whatever the case; -1 when it has not.
func find(text, what string) (from, to int) {
	n := utf8.RuneCountInString(what)
	if n == 0 {
		return -1, -1
	}
	for at := range text {
		end, runes := at, 0
		for i := range text[at:] {
			if runes == n {
				end = at + i
				break
			}
			runes++
			end = len(text)
		}
		if strings.EqualFold(text[at:end], what) {
			return at, end
		}
	}
	return -1, -1
}

// Contains reports whether a text has another one, whatever the case.
func Contains(text, what string) bool {
	from, _ := find(text, what)
	return from >= 0
}

// onlySymbols reports whether a text is a few emoji and nothing else: those are shown large.
func onlySymbols(text string) bool {
	if text == "" || utf8.RuneCountInString(text) > 8 {
		return false
	}
	for _, r := range text {
		if r < 0x2190 || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return false
		}
	}
	return true
}
