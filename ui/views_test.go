package ui

import (
	"fmt"
	"image"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// arranged returns a call in a view.
func arranged(c model.Call, a model.Arrangement) model.State {
	c.Arrangement = a
	return inCall(c)
}

// crowd returns a call of so many people without pictures.
func crowd(people int) model.Call {
	c := model.Call{Phase: model.PhaseRunning, CanPublish: true, Meeting: "All hands", Started: noon()}
	for n := range people {
		t := model.Tile{ID: fmt.Sprint("s", n), PersonID: fmt.Sprint("p", n), Name: names()[n%len(names())], Media: model.TileCameraOff}
		if n == people-1 {
			t.ID, t.Own = "own", true
		}
		c.Tiles = append(c.Tiles, t)
		c.People = append(c.People, model.Person{ID: t.PersonID, Name: t.Name, Own: t.Own})
	}
	return c
}

// press lets a plain key go down and up, as no field has the keyboard.
func (b *bench) press(names ...fyne.KeyName) {
	for _, n := range names {
		b.keyDown(&fyne.KeyEvent{Name: n})
		b.keyUp(&fyne.KeyEvent{Name: n})
	}
}

// largest returns the id of the tile that takes most room, and how many times the next one it is.
func (b *bench) largest() (id string, times float32) {
	most, second := float32(0), float32(0)
	for _, t := range b.tiles() {
		a := t.Size().Width * t.Size().Height
		if a > most {
			id, most, second = t.Tile().ID, a, most
		} else {
			second = max(second, a)
		}
	}
	return id, most / max(second, 1)
}

func TestViewsAreChosen(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(callOf(5)))
	for n, name := range []string{"Grid", "Speaker", "Side by side"} {
		uitest.Press(t, b.canvas(), name)
		b.Want(t, model.SetView{View: model.View(n)})
	}
	b.press(fyne.KeyG)
	b.Want(t, model.SetView{View: model.ViewSpeaker})
	b.apply(arranged(callOf(5), model.Arrangement{View: model.ViewSide}))
	b.press(fyne.KeyG)
	b.Want(t, model.SetView{View: model.ViewGrid})
}

func TestSpeakerGetsTheStageAndKeepsIt(t *testing.T) {
	c, _ := sources(5)
	speaking := func(who ...int) model.State {
		c.Tiles = append([]model.Tile{}, c.Tiles...)
		for n := range c.Tiles {
			c.Tiles[n].Speaking = false
		}
		for _, n := range who {
			c.Tiles[n].Speaking = true
		}
		return arranged(c, model.Arrangement{View: model.ViewSpeaker})
	}
	b := newBench(t, dark(), 1100, 700, speaking(1))
	step := func(want string, who ...int) {
		t.Helper()
		b.apply(speaking(who...))
		if got, times := b.largest(); got != want || times < 3 {
			t.Errorf("%s has the stage, %.1f times the next, want %s", got, times, want)
		}
	}
	step("sp1", 1)
	step("sp1", 1, 2)           // somebody joins in
	step("sp2", 2)              // the word has gone over
	step("sp2")                 // silence
	step("sp2", len(c.Tiles)-1) // oneself
	step("sp0", 0)
	c.Tiles[3].Pinned = true
	step("sp3", 0)
}

func TestSideBySideSharesTheRoom(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 1280, Height: 800}, {Width: 640, Height: 900}} {
		b := newBench(t, dark(), int(size.Width), int(size.Height), arranged(withScreen(callOf(5), 480, 270), model.Arrangement{View: model.ViewSide}))
		screen := b.tiles()["screen"]
		if len(b.tiles()) != 6 {
			t.Errorf("%d tiles are in sight", len(b.tiles()))
		}
		for id, tile := range b.tiles() {
			if beside, below := tile.Position().X >= screen.Position().X+screen.Size().Width, tile.Position().Y >= screen.Position().Y+screen.Size().Height; id != "screen" && !beside && !below {
				t.Errorf("%v: %s lies over the screen", size, id)
			}
		}
	}
}

func TestPagesTurn(t *testing.T) {
	c := crowd(101)
	b := newBench(t, dark(), 900, 600, inCall(c))
	seen := map[string]int{}
	count := func() int {
		t.Helper()
		tiles := b.tiles()
		for id := range tiles {
			seen[id]++
		}
		if tiles["own"] == nil || len(tiles) > 49 {
			t.Errorf("%d tiles are in sight, the own one: %v", len(tiles), tiles["own"] != nil)
		}
		return len(tiles)
	}
	first := count()
	b.key(&fyne.KeyEvent{Name: fyne.KeyPageUp}) // there is none before
	if count() != first {
		t.Error("a page before the first one shows")
	}
	pages := 1
	for range 20 {
		next, ok := uitest.Find(b.canvas(), func(x *widgets.IconButton) bool { return x.Name() == "Next page" })
		if !ok {
			t.Fatal("there is no button to the next page")
		}
		if next.Disabled() {
			break
		}
		uitest.Press(t, b.canvas(), "Next page")
		count()
		pages++
	}
	if pages < 3 || len(seen) != 101 {
		t.Errorf("%d pages show %d of 101", pages, len(seen))
	}
	b.press(fyne.Key1)
	if got := b.tiles(); got["s0"] == nil || len(got) != first {
		t.Error("1 does not lead to the first page")
	}
	b.press(fyne.Key9)
	b.key(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	if got := b.tiles(); got["s0"] != nil || got["s60"] == nil {
		t.Error("Page Down does not lead to the second page")
	}
	b.Want(t)
}

func TestDigitsPinWhereOnePageShowsAll(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(callOf(4)))
	b.press(fyne.Key2, fyne.Key9)
	b.Want(t, model.Pin{TileID: "sp1"})
}

func TestSeatsStayWhenStreamsChange(t *testing.T) {
	c := crowd(5)
	b := newBench(t, dark(), 1100, 700, arranged(c, model.Arrangement{Self: model.SelfHidden}))
	where := b.tiles()["s1"].Position()
	c.Tiles = append([]model.Tile{{ID: "stream", PersonID: "p1", Name: "Ben"}, c.Tiles[0]}, c.Tiles[2:]...)
	b.apply(arranged(c, model.Arrangement{Self: model.SelfHidden}))
	if got := b.tiles()["stream"].Position(); got != where {
		t.Errorf("who turned the camera on moved from %v to %v", where, got)
	}
}

func TestSelfViewFloatsAndHides(t *testing.T) {
	state := func(a model.Arrangement) model.State { return arranged(callOf(3), a) }
	b := newBench(t, dark(), 1100, 700, state(model.Arrangement{}))
	own := b.tiles()["own"]
	if own.Size().Width > 256 {
		t.Fatalf("the own tile is %v", own.Size())
	}
	from := own.Position()
	drag := func(dx, dy float32) {
		for range 10 {
			own.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(dx/10, dy/10)})
		}
	}
	drag(-500, -120)
	b.apply(state(model.Arrangement{})) // in the hand it stays where it is
	if got := own.Position(); got.X > from.X-450 || got.Y > from.Y-100 {
		t.Errorf("dragged from %v to %v", from, got)
	}
	own.DragEnd()
	b.Want(t, model.SetCorner{Corner: model.LowerLeft})
	b.apply(state(model.Arrangement{})) // a state from before must not take it back
	if got := own.Position(); got.X > 20 || got.Y != from.Y {
		t.Errorf("dropped at %v", got)
	}
	key(own, fyne.KeyUp)
	b.Want(t, model.SetCorner{Corner: model.UpperLeft})
	own.MouseIn(&desktop.MouseEvent{})
	uitest.Press(t, b.canvas(), "Hide my picture")
	b.Want(t, model.SetSelf{Self: model.SelfHidden})
	b.apply(state(model.Arrangement{Self: model.SelfHidden}))
	if b.tiles()["own"] != nil {
		t.Error("the own picture is not hidden")
	}
	b.apply(state(model.Arrangement{Self: model.SelfInGrid}))
	if got := b.tiles(); got["own"].Size() != got["sp0"].Size() {
		t.Errorf("among the others the own tile is %v, they are %v", got["own"].Size(), got["sp0"].Size())
	}
	b.apply(arranged(callOf(1), model.Arrangement{Self: model.SelfHidden}))
	if b.tiles()["own"] == nil {
		t.Error("alone one does not see oneself")
	}
}

// bigScreen is somebody's shared screen of 1920 x 1080 whose source delivers what is wanted.
func bigScreen(c model.Call) (model.Call, *uitest.Pictures) {
	source := uitest.NewPictures(uitest.Desktop(960, 540))
	screen := model.Tile{ID: "screen", PersonID: "p0", Name: names()[0], Screen: true, Width: 1920, Height: 1080, Pictures: source}
	c.Tiles = append([]model.Tile{screen}, c.Tiles...)
	return c, source
}

func TestSharedScreenIsLookedAtCloser(t *testing.T) {
	c, source := bigScreen(callOf(3))
	b := newBench(t, dark(), 1280, 800, inCall(c))
	screen := b.tiles()["screen"]
	fit := source.Wanted()
	if fit[0] > 1100 {
		t.Fatalf("whole, the screen is wanted as %v", fit)
	}
	screen.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(300, 200)})
	if got := source.Wanted(); got != [2]int{1920, 1080} || screen.Percent() != 100 {
		t.Errorf("in its own pixels it is wanted as %v, shown at %d %%", got, screen.Percent())
	}
	source.Put(uitest.Desktop(1920, 1080))
	b.present()
	b.golden(t, "zoom-native-dark")
	b.typed('+')
	if screen.Percent() != 125 {
		t.Errorf("+ zooms to %d %%", screen.Percent())
	}
	b.typed('-')
	b.press(fyne.Key0)
	if got := source.Wanted(); got != fit {
		t.Errorf("whole again it is wanted as %v, not %v", got, fit)
	}
	var wheel fyne.Scrollable
	uitest.Walk([]fyne.CanvasObject{b.canvas().Content()}, func(o fyne.CanvasObject, _ fyne.Position) {
		if w, ok := o.(fyne.Scrollable); ok {
			wheel = w
		}
	})
	if wheel == nil {
		t.Fatal("nothing takes the wheel")
	}
	wheel.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 10)})
	if screen.Percent() > 60 {
		t.Errorf("without Ctrl the wheel zooms to %d %%", screen.Percent())
	}
	b.env.Held = func() fyne.KeyModifier { return fyne.KeyModifierControl }
	for range 4 {
		wheel.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 10)})
	}
	if screen.Percent() != 125 {
		t.Errorf("four turns of the wheel zoom to %d %%", screen.Percent())
	}
	b.env.Held = func() fyne.KeyModifier { return 0 }
	before := b.canvas().Capture()
	screen.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-200, -100)})
	if same(before, b.canvas().Capture()) {
		t.Error("dragging moves nothing")
	}
	c.Tiles = append([]model.Tile{}, c.Tiles...)
	c.Tiles[2].Pinned = true
	b.apply(inCall(c))
	if got := source.Wanted(); got[0] > 300 {
		t.Errorf("in the strip the screen is wanted as %v", got)
	}
}

func same(a, b image.Image) bool {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestSeveralSharedScreens(t *testing.T) {
	c, first := bigScreen(callOf(4))
	second := uitest.NewPictures(uitest.Desktop(960, 540))
	c.Tiles = append(c.Tiles, model.Tile{ID: "screen2", PersonID: "p1", Name: names()[1], Screen: true, Pictures: second})
	b := newBench(t, dark(), 1280, 800, inCall(c))
	if got, _ := b.largest(); got != "screen2" || b.tiles()["screen"] != nil || first.Wanted() != [2]int{} {
		t.Errorf("the newest screen is not alone on the stage: %s", got)
	}
	b.golden(t, "shares-dark")
	uitest.Press(t, b.canvas(), "Ann Bell · screen")
	if got, _ := b.largest(); got != "screen" || second.Wanted() != [2]int{} {
		t.Errorf("%s is on the stage", got)
	}
	c.Tiles = append([]model.Tile{}, c.Tiles...)
	c.Tiles[1].Pinned = true
	b.apply(inCall(c))
	b.Want(t)
	uitest.Press(t, b.canvas(), "Ben Ortiz · screen")
	b.Want(t, model.Pin{TileID: c.Tiles[1].ID})
	c.Tiles = c.Tiles[:len(c.Tiles)-1]
	b.apply(inCall(c))
	if uitest.Has(b.canvas(), "Ann Bell · screen") {
		t.Error("one screen needs no tabs")
	}
}

func TestFullScreenHidesTheBars(t *testing.T) {
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	at := noon()
	b.now = func() time.Time { return at }
	b.press(fyne.KeyF)
	if !b.win.FullScreen() {
		t.Fatal("F does not fill the screen")
	}
	b.golden(t, "full-bars-dark")
	b.beat(at.Add(4 * time.Second))
	if uitest.Has(b.canvas(), "Mute") || uitest.Has(b.canvas(), "Grid") {
		t.Error("the bars stay")
	}
	b.golden(t, "full-dark")
	at = at.Add(5 * time.Second)
	test.MoveMouse(b.canvas(), fyne.NewPos(300, 300))
	if !uitest.Has(b.canvas(), "Mute") || !uitest.Has(b.canvas(), "Leave full screen") {
		t.Error("the bars do not come back")
	}
	b.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.win.FullScreen() {
		t.Error("Escape does not leave full screen")
	}
	b.press(fyne.KeyF)
	b.apply(model.State{})
	if b.win.FullScreen() {
		t.Error("the start screen fills the screen")
	}
}

func TestGoldenViews(t *testing.T) {
	speaker, side := model.Arrangement{View: model.ViewSpeaker}, model.Arrangement{View: model.ViewSide}
	raised := func() model.Call {
		c := callOf(5)
		c.Tiles[0].Hand, c.Tiles[3].Hand = 2, 1
		c.Tiles[2].Poor, c.Tiles[0].Poor = true, true
		c.CanRaiseHand, c.HandUp, c.Talking = true, true, true
		return c
	}
	zoomed, _ := bigScreen(callOf(9))
	for _, s := range []scene{
		{"speaker-dark", theme.Dark, 1, 1280, 800, arranged(callOf(9), speaker)},
		{"speaker-light-small", theme.Light, 1, 640, 480, arranged(callOf(9), speaker)},
		{"speaker-2-light", theme.Light, 1, 900, 600, arranged(callOf(2), speaker)},
		{"speaker-large-text", theme.Dark, 2, 900, 600, arranged(callOf(5), speaker)},
		{"side-light", theme.Light, 1, 1280, 800, arranged(callOf(9), side)},
		{"side-screen-dark", theme.Dark, 1, 1920, 1080, arranged(zoomed, side)},
		{"side-small", theme.Dark, 1, 640, 480, arranged(callOf(5), side)},
		{"pages-dark", theme.Dark, 1, 1280, 800, inCall(crowd(101))},
		{"pages-small-light", theme.Light, 1, 640, 480, inCall(crowd(101))},
		{"pages-strip", theme.Dark, 1, 900, 600, arranged(crowd(40), speaker)},
		{"tiles-49", theme.Light, 1, 1280, 800, inCall(crowd(49))},
		{"self-in-grid", theme.Dark, 1, 900, 600, arranged(callOf(5), model.Arrangement{Self: model.SelfInGrid})},
		{"self-corner-light", theme.Light, 1, 900, 600, arranged(callOf(3), model.Arrangement{Corner: model.UpperLeft})},
		{"hands-dark", theme.Dark, 1, 1100, 700, inCall(raised())},
		{"hands-large-text", theme.Light, 2, 640, 480, inCall(raised())},
	} {
		s.run(t)
	}
}
