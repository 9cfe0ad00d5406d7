package webhook

import (
	"reflect"
	"strings"
	"testing"

	"parley/server/store"
)

// files are configurations with a part of the error that each is refused with, "" for none.
func files() map[string]string {
	return map[string]string{
		"[]":                       "",
		`[{"url":"http://e.org"}]`: "",
		"[\n {\"url\": \"https://e.org/a\", \"events\": [\"streamCreated\", \"streamDestroyed\"], \"shape\": \"application\", \"project\": \"p\"},\n {\"events\": \"all\", \"url\": \"http://e.org\"}\n]\n": "",
		"":                            "line 1: the file ends in the middle",
		"[\n\n":                       "line 1: the file ends in the middle",
		"{}":                          "line 1: the file must hold a list",
		"null":                        "line 1: the file must hold a list",
		"[{}]":                        `line 1: webhook 1: the field "url" is missing`,
		"[7]":                         "line 1: webhook 1: it must be an object",
		"[[]]":                        "webhook 1: it must be an object",
		`[{"url":"http://e.org"},]`:   "line 1: webhook 2: this is not JSON",
		`[{"url":"http://e.org"}] []`: "line 1: something follows",
		`[{"url":"http://e.org"}`:     "the file ends in the middle",
		"[{\"url\":\"http://e.org\"},\n{\"url\":\"ftp://e.org\"}]":  `line 2: webhook 2: field "url": the URL must begin with http`,
		"[{\"url\":\"http://e.org\",\n\"shapes\":\"application\"}]": `line 2: webhook 1: field "shapes": there is no such field: take url, events, shape, project`,
		"[{\"url\":\"http://e.org\",\n\n\"shape\":\"round\"}]":      `line 3: webhook 1: field "shape": there is no shape "round"`,
		`[{"URL":"http://e.org"}]`:                                  `field "URL": there is no such field`,
		`[{"url":"http://e.org","url":"http://e.org"}]`:             `the field "url" is there twice`,
		`[{"url":7}]`:                          `field "url": it must be a text`,
		`[{"url":null}]`:                       `field "url": it must be a text`,
		`[{"url":"http://e.org","events":[]}]`: `field "events": no event`,
		`[{"url":"http://e.org","events":"connectionCreated,streamCreated"}]`:     `field "events": there is no event`,
		`[{"url":"http://e.org","events":[7]}]`:                                   `field "events": it must be a text`,
		`[{"url":"http://e.org","events":{}}]`:                                    `field "events": it must be a list`,
		`[{"url":"http://e.org","events":["a","b","c","d","e","f","g","h","i"]}]`: `field "events": it names more events than there are`,
		`[{"url":"http://e.org","project":""}]`:                                   `field "project": it is empty`,
		"[{\"url\":\"http://e.org\"}\xff]":                                        "not UTF-8",
		"[" + strings.Repeat(" ", MaxFile) + "]":                                  "bytes, more than",
		strings.Repeat("[", 10000):                                                "webhook 1: it must be an object",
	}
}

func TestParseFile(t *testing.T) {
	t.Parallel()
	for text, want := range files() {
		hooks, err := ParseFile([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, %v, want %q", text, hooks, err, want)
		}
	}
	hooks, err := ParseFile([]byte(`[{"url":"https://e.org/a","events":["streamCreated"],"shape":"application","project":"p"},{"url":"http://e.org"}]`))
	want := []store.Webhook{
		{Project: "p", URL: "https://e.org/a", Events: []string{"streamCreated"}, Shape: "application", Source: store.WebhookByConfig},
		{URL: "http://e.org", Events: []string{"all"}, Shape: "monitoring", Source: store.WebhookByConfig},
	}
	if err != nil || !reflect.DeepEqual(hooks, want) {
		t.Errorf("%+v, %v", hooks, err)
	}
}

func FuzzParseFile(f *testing.F) {
	for text := range files() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		hooks, err := ParseFile(raw)
		if err != nil {
			if !strings.Contains(err.Error(), "line ") && !strings.Contains(err.Error(), "the file ") {
				t.Errorf("an error that says nothing of where: %v", err)
			}
			return
		}
		for _, h := range hooks {
			if err := Check(h); err != nil {
				t.Errorf("%+v was taken: %v", h, err)
			}
		}
	})
}
