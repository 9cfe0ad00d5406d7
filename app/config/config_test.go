package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSettingsSurviveARestart(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "deep", "parley")
	if s, err := Load(folder); err != nil || !reflect.DeepEqual(s, Defaults()) {
		t.Fatalf("a missing file gave %+v, %v", s, err)
	}
	want := Settings{Name: "Zoë", Camera: "cam", CameraOff: true, Width: 800, Height: 600, Draft: "half a\nline",
		Look: Look{Language: "de", Theme: "light", Text: 150, Still: true}, Video: Video{Height: 1080, FrameRate: 15, Thrifty: true},
		Stage: Stage{View: "speaker", Self: "grid", Corner: "upper-left", Panel: "people", Width: 400}, Place: Place{X: -12, Y: 30, Known: true},
		Privacy: Privacy{Silent: true, Recent: []Recent{{Link: "parley://h:1/x", Name: "Weekly", Last: time.Unix(1700000000, 0).UTC()}}},
	}
	if err := want.Save(folder); err != nil {
		t.Fatal(err)
	}
	if got, err := Load(folder); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if s, err := parse([]byte(`{"name":"Ann","processing":{"noise":false}}`)); err != nil || s.Processing != (Processing{Echo: true, Gain: true}) {
		t.Errorf("a file with less than all gave %+v, %v", s, err)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 1 {
		t.Errorf("saving left %d files", len(entries))
	}
}

func TestBadSettingsAreKeptBeside(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"{", `{"name": 5}`, `{"name":"` + strings.Repeat("x", 20<<10) + `"}`, strings.Repeat(" ", maxFile+1) + "{}"} {
		folder := t.TempDir()
		path := filepath.Join(folder, "settings.json")
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Load(folder); err == nil || !reflect.DeepEqual(s, Defaults()) {
			t.Errorf("%.20q gave %+v, %v", raw, s, err)
		}
		if kept, err := os.ReadFile(path + ".bad"); err != nil || string(kept) != raw {
			t.Errorf("%.20q was not kept: %v", raw, err)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		ok   bool
	}{
		{"", true},
		{"parley://h:1/x", true},
		{"--join parley://h:1/x --skip-prejoin --name Ann", true},
		{"--server http://h --token t --headless --subscribe audio", true},
		{"--size 640x360 --fps 15", true},
		{"parley://h:1/x --join parley://h:1/x", false},
		{"parley://h:1/x --skip-prejoin", false},
		{"--server http://h", false},
		{"--token t", false},
		{"--headless", false},
		{"--subscribe some", false},
		{"--fps 0", false},
		{"--size 640", false},
		{"--size 1x1", false},
		{"--unknown", false},
		{"a b", false},
	} {
		_, err := ParseFlags(strings.Fields(c.args), &bytes.Buffer{})
		if (err == nil) != c.ok {
			t.Errorf("%q: %v", c.args, err)
		}
	}
}

func TestHelpHasAnExample(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if _, err := ParseFlags([]string{"--help"}, &out); !errors.Is(err, ErrDone) {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(out.String(), "parley --join LINK --skip-prejoin") {
		t.Errorf("no example in:\n%s", out.String())
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add([]byte(`{"name":"Ann","width":640,"height":360}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parse(raw)
		if err == nil && (s.Width < 0 || s.Height < 0) {
			t.Errorf("negative size %+v", s)
		}
	})
}

func TestOddValuesAreMended(t *testing.T) {
	t.Parallel()
	recent := strings.Repeat(`{"link":"parley://h:1/x"},`, 40)
	raw := `{"look":{"text":900},"video":{"height":5,"frameRate":1000},"stage":{"panelWidth":-4},"place":{"x":99999,"known":true},"privacy":{"recent":[` + recent[:len(recent)-1] + `]}}`
	s, err := parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if s.Look.Text != 0 || s.Video != (Video{}) || s.Stage.Width != 0 || s.Place.Known || len(s.Privacy.Recent) != MostRecent {
		t.Errorf("got %+v", s)
	}
	if s, err = parse([]byte(`{"privacy":{"forgetMeetings":true,"recent":[{"link":"x"}]}}`)); err != nil || len(s.Privacy.Recent) != 0 {
		t.Errorf("meetings are kept though they are to be forgotten: %+v, %v", s, err)
	}
}
