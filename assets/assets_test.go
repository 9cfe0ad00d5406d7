package assets

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"os"
	"strings"
	"testing"
)

func TestIconsAreOneSet(t *testing.T) {
	t.Parallel()
	if len(Icons()) < 20 {
		t.Fatalf("only %d icons", len(Icons()))
	}
	for _, name := range Icons() {
		svg := string(name.SVG("#123456", 3))
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("%s does not parse: %v", name, err)
		}
		if !strings.Contains(svg, `viewBox="0 0 20 20"`) {
			t.Errorf("%s is not drawn on 20 x 20", name)
		}
		if strings.Count(svg, "stroke-width=") != strings.Count(svg, `stroke-width="3.00"`) {
			t.Errorf("%s has a stroke of another weight", name)
		}
		if strings.Contains(svg, colourInFile) || !strings.Contains(svg, "#123456") {
			t.Errorf("%s does not take its colour", name)
		}
	}
}

func TestAppIcon(t *testing.T) {
	t.Parallel()
	img, err := png.Decode(bytes.NewReader(AppIcon()))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 512 || b.Dy() != 512 {
		t.Errorf("icon is %v, want 512 x 512", b)
	}
}

func TestFyneAppAgrees(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`ID = "` + AppID + `"`, `Name = "` + Name + `"`} {
		if !strings.Contains(string(b), line) {
			t.Errorf("FyneApp.toml lacks %s", line)
		}
	}
}
