package uitest

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/ui/model"
)

// Named is what has an accessible name: every button.
type Named interface {
	fyne.CanvasObject
	Name() string
}

// Intents collects what a screen sends.
type Intents struct{ All []model.Intent }

// Send takes an intent.
func (i *Intents) Send(intent model.Intent) { i.All = append(i.All, intent) }

// Want fails unless exactly these were sent since the last call.
func (i *Intents) Want(t *testing.T, want ...model.Intent) {
	t.Helper()
	got := i.All
	i.All = nil
	if len(got) != len(want) {
		t.Errorf("sent %#v, want %#v", got, want)
		return
	}
	for n := range want {
		if got[n] != want[n] {
			t.Errorf("sent %#v, want %#v", got, want)
			return
		}
	}
}

// Walk calls visit for every object in sight below the given ones, with its place on the canvas.
func Walk(objects []fyne.CanvasObject, visit func(o fyne.CanvasObject, at fyne.Position)) {
	for _, o := range objects {
		walk(o, fyne.Position{}, visit)
	}
}

func walk(o fyne.CanvasObject, origin fyne.Position, visit func(fyne.CanvasObject, fyne.Position)) {
	if !o.Visible() {
		return
	}
	at := origin.Add(o.Position())
	visit(o, at)
	switch x := o.(type) {
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(x).Objects() {
			walk(child, at, visit)
		}
	case *fyne.Container:
		for _, child := range x.Objects {
			walk(child, at, visit)
		}
	}
}

// Find returns the first object in sight of a kind for which match is true, or nil. What lies over the window is searched first.
func Find[T fyne.CanvasObject](c fyne.Canvas, match func(T) bool) (found T, ok bool) {
	trees := append([]fyne.CanvasObject{}, c.Overlays().List()...)
	trees = append(trees, c.Content())
	Walk(trees, func(o fyne.CanvasObject, _ fyne.Position) {
		if x, is := o.(T); is && !ok && match(x) {
			found, ok = x, true
		}
	})
	return found, ok
}

// Press taps the button with a name; it must be in sight.
func Press(t *testing.T, c fyne.Canvas, name string) {
	t.Helper()
	button, ok := Find(c, func(n Named) bool { return n.Name() == name })
	if !ok {
		t.Fatalf("there is no button %q", name)
	}
	button.(fyne.Tappable).Tapped(&fyne.PointEvent{})
}

// Has reports whether a button with a name is in sight.
func Has(c fyne.Canvas, name string) bool {
	_, ok := Find(c, func(n Named) bool { return n.Name() == name })
	return ok
}
