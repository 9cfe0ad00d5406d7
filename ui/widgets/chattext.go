package widgets

import (
	"net/url"
	"regexp"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// inChat finds what a chat line sets apart: code between back quotes, and links.
var inChat = regexp.MustCompile("```(?s:.+?)```|`[^`\n]+`|https?://[^\\s<>\"]+")

// ChatSegments splits a chat text into plain text, code in fixed width, and links that open.
func ChatSegments(text string, ink fyne.ThemeColorName) []widget.RichTextSegment {
	var out []widget.RichTextSegment
	plain := func(s string, code bool) {
		if s != "" {
			style := widget.RichTextStyle{ColorName: ink, Inline: true, SizeName: theme.SizeText}
			style.TextStyle.Monospace = code
			out = append(out, &widget.TextSegment{Style: style, Text: s})
		}
	}
	from := 0
	for _, at := range inChat.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		plain(text[from:at[0]], false)
		from = at[1]
		if strings.HasPrefix(found, "`") {
			plain(strings.Trim(strings.Trim(found, "`"), "\n"), true)
			continue
		}
		link := strings.TrimRight(found, ".,;:!?)'")
		if u, err := url.Parse(link); err == nil && u.Host != "" {
			out = append(out, &widget.HyperlinkSegment{Text: link, URL: u})
		} else {
			plain(link, false)
		}
		plain(found[len(link):], false)
	}
	plain(text[from:], false)
	return out
}
