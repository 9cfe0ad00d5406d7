package assets

import (
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed words/*.json
var wordFiles embed.FS

// Language is one that the app speaks.
type Language struct {
	Tag  string // "de"
	Name string // "Deutsch": each says its own
}

// Languages returns the languages that the app speaks, English first. Another one is added by adding its file to words/.
func Languages() []Language {
	list := []Language{{"en", "English"}}
	files, _ := fs.Glob(wordFiles, "words/*.json") // the pattern is a constant that parses
	for _, f := range files {
		if tag := strings.TrimSuffix(path.Base(f), ".json"); tag != "en" {
			list = append(list, Language{tag, NewWords(tag).Say("language.own-name")})
		}
	}
	return list
}

// Words says what there is to say in one language. It is safe for concurrent use.
type Words struct {
	tag   string
	in    *i18n.Localizer
	plain sync.Map // of texts without parts to fill in, by key
}

// bundle reads the files once: they are ours, and a test reads each.
var bundle = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	files, _ := fs.Glob(wordFiles, "words/*.json")
	for _, f := range files {
		if _, err := b.LoadMessageFileFS(wordFiles, f); err != nil {
			panic("assets: " + err.Error())
		}
	}
	return b
})

// NewWords returns the words of the language that fits a locale best, such as "de" for "de-AT": English when none does.
func NewWords(locale string) *Words {
	tags := bundle().LanguageTags()
	wanted, err := language.Parse(strings.ReplaceAll(strings.SplitN(locale, ".", 2)[0], "_", "-"))
	if err != nil {
		wanted = language.English
	}
	_, at, sure := language.NewMatcher(tags).Match(wanted)
	if sure == language.No {
		at = 0 // English
	}
	base, _ := tags[at].Base()
	return &Words{tag: base.String(), in: i18n.NewLocalizer(bundle(), base.String(), "en")}
}

// Tag returns the language's tag, such as "de".
func (w *Words) Tag() string { return w.tag }

// Say returns the text of a key. args are names of its parts, each followed by what stands there. An unknown key is its own text: a test finds it.
func (w *Words) Say(key string, args ...any) string {
	if len(args) > 0 {
		return w.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: parts(args)}, key)
	}
	if text, ok := w.plain.Load(key); ok {
		return text.(string)
	}
	text := w.localize(&i18n.LocalizeConfig{MessageID: key}, key)
	w.plain.Store(key, text)
	return text
}

// Count returns the text of a key for a number of things; the text calls the number Count.
func (w *Words) Count(key string, n int, args ...any) string {
	data := parts(args)
	data["Count"] = n
	return w.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n}, key)
}

func (w *Words) localize(c *i18n.LocalizeConfig, key string) string {
	text, err := w.in.Localize(c)
	if err != nil {
		return key
	}
	return text
}

func parts(args []any) map[string]any {
	m := make(map[string]any, len(args)/2+1)
	for n := 0; n+1 < len(args); n += 2 {
		m[args[n].(string)] = args[n+1]
	}
	return m
}
