package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/ui/model"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// sources returns n people with a source each, without pictures yet.
func sources(n int) (model.Call, []*uitest.Pictures) {
	c := callOf(n)
	all := make([]*uitest.Pictures, n)
	for i := range c.Tiles {
		all[i] = uitest.NewPictures(nil)
		c.Tiles[i].Pictures, c.Tiles[i].Media, c.Tiles[i].Speaking = all[i], model.TilePicture, false
	}
	return c, all
}

func TestTilesAreKept(t *testing.T) {
	c, _ := sources(3)
	b := newBench(t, dark(), 1100, 700, inCall(c))
	before := b.tiles()
	more := c
	more.Tiles = append(append([]model.Tile{}, c.Tiles...), model.Tile{ID: "new", Name: "New"})
	more.Tiles[0].Name = "Renamed"
	b.apply(inCall(more))
	after := b.tiles()
	if len(after) != 4 {
		t.Fatalf("%d tiles are in sight", len(after))
	}
	for id, tile := range before {
		if after[id] != tile {
			t.Errorf("tile %s was built anew", id)
		}
	}
}

func TestSourcesAreToldTheSize(t *testing.T) {
	c, all := sources(2)
	b := newBench(t, dark(), 1100, 700, inCall(c))
	size := b.tiles()["own"].Size()
	want := [2]int{int(size.Width + 0.99), int(size.Height + 0.99)}
	if got := all[1].Wanted(); got != want {
		t.Errorf("a tile of %v wants %v", size, got)
	}
	for range 3 {
		b.apply(inCall(c))
		b.present()
	}
	if n := len(all[1].Wants()); n != 1 {
		t.Errorf("the same size was told %d times", n)
	}
	b.canvas().(test.WindowlessCanvas).SetScale(2)
	b.present()
	if got := all[1].Wanted(); got[0] < 2*want[0]-2 || got[0] > 2*want[0]+2 {
		t.Errorf("at scale 2 the tile wants %v, at 1 %v", got, want)
	}
}

func TestUnseenTilesCostNothing(t *testing.T) {
	c, all := sources(2)
	b := newBench(t, dark(), 640, 480, inCall(c))
	none := [2]int{}
	c.Panel = model.PanelChat // covers a narrow window
	b.apply(inCall(c))
	if all[0].Wanted() != none || all[1].Wanted() != none {
		t.Errorf("covered tiles want %v and %v", all[0].Wanted(), all[1].Wanted())
	}
	all[0].Put(uitest.Portrait(16, 9, 0))
	b.present()
	if all[0].Taken() != 0 {
		t.Error("a covered tile took a picture")
	}
	c.Panel = model.PanelNone
	b.apply(inCall(c))
	b.present()
	if all[0].Wanted() == none || all[0].Taken() != 1 {
		t.Errorf("uncovered the tile wants %v and took %d", all[0].Wanted(), all[0].Taken())
	}
	less := c
	less.Tiles = c.Tiles[1:]
	b.apply(inCall(less))
	if all[0].Wanted() != none {
		t.Errorf("a tile that is gone wants %v", all[0].Wanted())
	}
	b.apply(model.State{})
	if all[1].Wanted() != none {
		t.Errorf("with another screen the tile wants %v", all[1].Wanted())
	}
}

func TestPicturesReplaceTheWords(t *testing.T) {
	c, all := sources(1)
	b := newBench(t, dark(), 900, 600, inCall(c))
	words := func() bool {
		_, ok := uitest.Find(b.canvas(), func(p *widgets.Paragraph) bool { return p.Text() == "Waiting for the picture…" })
		return ok
	}
	if !words() {
		t.Error("without a picture nothing says so")
	}
	all[0].Put(uitest.Portrait(16, 9, 0))
	b.present()
	if words() {
		t.Error("the words stay over the picture")
	}
}

func TestWhoSpeaksOffPageIsSwappedIn(t *testing.T) {
	c := model.Call{Phase: model.PhaseRunning}
	for n := range 60 {
		c.Tiles = append(c.Tiles, model.Tile{ID: string(rune('A' + n)), Name: "Person", Media: model.TileCameraOff})
	}
	b := newBench(t, dark(), 640, 360, inCall(c))
	before := b.tiles()
	last := c.Tiles[59].ID
	if len(before) == 60 || before[last] != nil {
		t.Fatalf("%d tiles fit", len(before))
	}
	c.Tiles = append([]model.Tile{}, c.Tiles...)
	c.Tiles[59].Speaking = true
	b.apply(inCall(c))
	after := b.tiles()
	if after[last] == nil || len(after) != len(before) {
		t.Fatalf("who speaks is not in sight among %d tiles", len(after))
	}
	moved := 0
	for id, tile := range before {
		if after[id] != tile {
			moved++
		}
	}
	if moved != 1 {
		t.Errorf("%d tiles gave way", moved)
	}
}

// TestSharedScreenIsWhole checks that the stage of a shared screen is as large as it can be and that nothing overlaps it.
func TestSharedScreenIsWhole(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 1280, Height: 800}, {Width: 640, Height: 360}, {Width: 640, Height: 800}} {
		b := newBench(t, dark(), int(size.Width), int(size.Height), inCall(withScreen(callOf(5), 480, 270)))
		screen := b.tiles()["screen"]
		if screen.Size().Width < size.Width*0.6 {
			t.Errorf("%v: the screen is %v", size, screen.Size())
		}
		for id, tile := range b.tiles() {
			if id == "screen" {
				continue
			}
			right := tile.Position().X >= screen.Position().X+screen.Size().Width
			below := tile.Position().Y >= screen.Position().Y+screen.Size().Height
			if !right && !below {
				t.Errorf("%v: tile %s lies over the screen", size, id)
			}
		}
	}
}
