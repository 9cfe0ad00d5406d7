package protocol

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// payload returns an empty payload for a message, or nil for one that has none of its own.
func payload(from string, t MessageType, id uint64, published map[uint64]bool) any {
	if from == "server" {
		switch t {
		case TypeWelcome:
			return &Welcome{}
		case TypeWaiting:
			return &Waiting{}
		case TypeEvent:
			return &Event{}
		case TypeOffer:
			return &Offer{}
		case TypeError:
			return &ErrorBody{}
		case TypeReply:
			if published[id] {
				return &Published{}
			}
		}
		return nil
	}
	switch t {
	case TypeHello:
		return &Hello{}
	case TypePublish:
		return &Publish{}
	case TypeUpdate:
		return &Update{}
	case TypeSubscribe:
		return &Subscribe{}
	case TypeUnsubscribe:
		return &Unsubscribe{}
	case TypeAnswer:
		return &Answer{}
	case TypeRestart:
		return &Restart{}
	case TypeSignal:
		return &Signal{}
	case TypeForceMute:
		return &ForceMute{}
	case TypeDisconnect:
		return &ForceDisconnect{}
	case TypeUnpublish:
		return &ForceUnpublish{}
	case TypeBan:
		return &Ban{}
	case TypeLock:
		return &Lock{}
	case TypeSetLobby:
		return &SetLobby{}
	case TypeAdmit:
		return &Admit{}
	case TypeRefuse:
		return &Refuse{}
	case TypeSetRole:
		return &SetRole{}
	case TypeRaiseHand:
		return &RaiseHand{}
	case TypeAskUnmute:
		return &AskUnmute{}
	case TypeDeleteChat:
		return &DeleteChat{}
	}
	return nil
}

// TestTranscripts reads a conversation in each version with today's types: nothing in it may be lost, for a field that is not known any more would
// be a break of the contract.
func TestTranscripts(t *testing.T) {
	f, err := os.Open("testdata/v1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	published := map[uint64]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var line struct {
			From    string  `json:"from"`
			Message Message `json:"message"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		m := line.Message
		if m.Type == TypePublish {
			published[m.ID] = true
		}
		p := payload(line.From, m.Type, m.ID, published)
		if p == nil {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(m.Data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(p); err != nil {
			t.Errorf("line %d, %s: %v", n, m.Type, err)
			continue
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(t, m.Data, again) {
			t.Errorf("line %d, %s: read and written again it is\n%s", n, m.Type, again)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// sameJSON compares values, and takes a false or empty field for a missing one.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatal("no JSON")
	}
	return reflect.DeepEqual(strip(x), strip(y))
}

func strip(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		if l, ok := v.([]any); ok {
			for i := range l {
				l[i] = strip(l[i])
			}
		}
		return v
	}
	for k, e := range m {
		if e = strip(e); e == false || e == nil || e == "" {
			delete(m, k)
		} else {
			m[k] = e
		}
	}
	return m
}

// TestContractNamesEverything holds PROTOCOL.md to the constants.
func TestContractNamesEverything(t *testing.T) {
	raw, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range []string{"message.go", "moderation.go", "errors.go", "event.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(string(source), "\n") {
			before, after, ok := strings.Cut(l, ` = "`)
			fields := strings.Fields(before)
			if ok && len(fields) == 2 && (fields[1] == "Code" || fields[1] == "MessageType" || fields[1] == "EventName" || fields[1] == "Reason") {
				name, _, _ := strings.Cut(after, `"`)
				names = append(names, name)
			}
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d names were found", len(names))
	}
	for _, n := range names {
		if !strings.Contains(string(raw), "`"+n+"`") {
			t.Errorf("PROTOCOL.md does not name %s", n)
		}
	}
}

func TestVersionChoice(t *testing.T) {
	for _, c := range []struct {
		versions []int
		want     int
	}{{[]int{1}, 1}, {[]int{9, 1}, 1}, {[]int{9}, 0}, {nil, 0}, {[]int{-1, 0}, 0}} {
		h := Hello{Versions: c.versions}
		if got := h.Version(); got != c.want {
			t.Errorf("%v: %d, want %d", c.versions, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	l := DefaultLimits()
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		hello Hello
		want  Code
	}{
		"fine":           {Hello{Name: "Ann", Subscribe: SubscribeAll}, ""},
		"long name":      {Hello{Name: long}, CodeTooLarge},
		"not UTF-8":      {Hello{Name: "\xff"}, CodeMalformed},
		"mode":           {Hello{Subscribe: "x"}, CodeMalformed},
		"versions":       {Hello{Versions: make([]int, 17)}, CodeTooMany},
		"streams":        {Hello{Publish: &Publish{Streams: make([]StreamSource, 5)}}, CodeTooMany},
		"no key":         {Hello{Publish: &Publish{Streams: []StreamSource{{AudioMID: "0"}}}}, CodeMalformed},
		"no track":       {Hello{Publish: &Publish{Streams: []StreamSource{{Key: "a"}}}}, CodeMalformed},
		"section twice":  {Hello{Publish: &Publish{Streams: []StreamSource{{Key: "a", AudioMID: "0"}, {Key: "b", VideoMID: "0"}}}}, CodeMalformed},
		"video type":     {Hello{Publish: &Publish{Streams: []StreamSource{{Key: "a", VideoMID: "0", VideoType: "x"}}}}, CodeMalformed},
		"size":           {Hello{Publish: &Publish{Streams: []StreamSource{{Key: "a", VideoMID: "0", Width: -1}}}}, CodeMalformed},
		"stream name":    {Hello{Publish: &Publish{Streams: []StreamSource{{Key: "a", VideoMID: "0", Name: long}}}}, CodeTooLarge},
		"section's name": {Hello{Publish: &Publish{Streams: []StreamSource{{Key: "a", VideoMID: long}}}}, CodeTooLarge},
	} {
		body := c.hello.Validate(l)
		if body == nil && c.want != "" || body != nil && body.Code != c.want {
			t.Errorf("%s: %v", name, body)
		}
	}
	rate := 2000.0
	if body := (&Update{FrameRate: &rate}).Validate(); body == nil {
		t.Error("2000 pictures a second")
	}
	if body := (&Signal{Type: strings.Repeat("x", 129)}).Validate(l); body == nil || body.Code != CodeTooLarge {
		t.Errorf("%v", body)
	}
	if !errors.Is(Errorf(CodeForbidden, "a"), Errorf(CodeForbidden, "b")) || errors.Is(Errorf(CodeForbidden, "a"), Errorf(CodeTimeout, "a")) {
		t.Error("errors.Is compares codes")
	}
}

func FuzzHello(f *testing.F) {
	f.Add([]byte(`{"versions":[1],"token":"x","publish":{"sdp":"","streams":[{"key":"a","audioMid":"0"}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var h Hello
		if json.Unmarshal(raw, &h) == nil {
			h.Validate(DefaultLimits())
			h.Version()
		}
	})
}
