package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"parley/server/store"
)

// MaxFile bounds a file of hooks, in bytes.
const MaxFile = 1 << 20

// ParseFile reads the hooks of a server's configuration: a JSON array of objects with url, and optionally events (a list of names, or "all", which is the
// default), shape (monitoring is the default) and project (the server's only one is the default). Anything else is an error, which names the line.
func ParseFile(raw []byte) ([]store.Webhook, error) {
	if len(raw) > MaxFile {
		return nil, fmt.Errorf("the file has %d bytes, more than %d", len(raw), MaxFile)
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("the file is not UTF-8")
	}
	p := &fileParser{raw: raw, dec: json.NewDecoder(bytes.NewReader(raw))}
	hooks, err := p.file()
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line(), err)
	}
	return hooks, nil
}

// fileParser reads token by token: encoding/json says neither the line nor takes fields once only, and it takes their names in any case.
type fileParser struct {
	raw []byte
	dec *json.Decoder
}

// line is where the parser is.
func (p *fileParser) line() int {
	at := min(p.dec.InputOffset(), int64(len(p.raw)))
	return 1 + bytes.Count(p.raw[:at], []byte("\n"))
}

// token returns the next token, or an error in words.
func (p *fileParser) token() (json.Token, error) {
	t, err := p.dec.Token()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the file ends in the middle")
	case err != nil:
		return nil, fmt.Errorf("this is not JSON: %w", err)
	}
	return t, nil
}

func (p *fileParser) file() ([]store.Webhook, error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		return nil, errors.New("the file must hold a list of webhooks: [{\"url\": \"https://…\"}]")
	}
	hooks := []store.Webhook{}
	for p.dec.More() {
		h, err := p.hook()
		if err != nil {
			return nil, fmt.Errorf("webhook %d: %w", len(hooks)+1, err)
		}
		hooks = append(hooks, h)
	}
	if _, err := p.token(); err != nil { // the list's end
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the list of webhooks")
	}
	return hooks, nil
}

// hook reads one object and checks it.
func (p *fileParser) hook() (store.Webhook, error) {
	h := store.Webhook{Source: store.WebhookByConfig, Shape: string(ShapeMonitoring), Events: []string{store.AllWebhookEvents}}
	if err := p.expect(json.Delim('{'), "an object"); err != nil {
		return h, err
	}
	seen := map[string]bool{}
	for p.dec.More() {
		t, err := p.token()
		if err != nil {
			return h, err
		}
		field, _ := t.(string) // a key always is one
		if seen[field] {
			return h, fmt.Errorf("the field %.40q is there twice", field)
		}
		seen[field] = true
		if err := p.field(&h, field); err != nil {
			return h, fmt.Errorf("field %.40q: %w", field, err)
		}
	}
	if _, err := p.token(); err != nil { // the object's end
		return h, err
	}
	if !seen["url"] {
		return h, errors.New("the field \"url\" is missing")
	}
	return h, nil
}

// field reads one field's value. It is checked at once, so that an error names its line.
func (p *fileParser) field(h *store.Webhook, name string) (err error) {
	switch name {
	case "url":
		if h.URL, err = p.text(); err == nil {
			err = CheckURL(h.URL)
		}
	case "shape":
		if h.Shape, err = p.text(); err == nil {
			err = checkShape(h.Shape)
		}
	case "project":
		if h.Project, err = p.text(); err == nil && h.Project == "" {
			err = errors.New("it is empty: leave it out, or name a project")
		}
	case "events":
		if h.Events, err = p.events(); err == nil {
			err = checkEvents(h.Events)
		}
	default:
		return errors.New("there is no such field: take url, events, shape, project")
	}
	return err
}

func (p *fileParser) events() ([]string, error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	if text, ok := t.(string); ok {
		return []string{text}, nil
	}
	if t != json.Delim('[') {
		return nil, errors.New("it must be a list of names, or \"all\"")
	}
	var names []string
	for p.dec.More() {
		if len(names) > len(Names()) {
			return nil, errors.New("it names more events than there are")
		}
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	_, err = p.token()
	return names, err
}

func (p *fileParser) text() (string, error) {
	t, err := p.token()
	if err != nil {
		return "", err
	}
	text, ok := t.(string)
	if !ok {
		return "", errors.New("it must be a text in quotes")
	}
	return text, nil
}

func (p *fileParser) expect(want json.Token, what string) error {
	t, err := p.token()
	if err == nil && t != want {
		err = fmt.Errorf("it must be %s", what)
	}
	return err
}
