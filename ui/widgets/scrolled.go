package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// scrolled scrolls an object whose height follows from its width.
type scrolled struct {
	content Sized
	scroll  *container.Scroll
	width   float32
	height  float32
}

func newScrolled(content Sized) *scrolled {
	s := &scrolled{content: content}
	s.scroll = container.NewVScroll(container.New(s, content))
	return s
}

// place moves and resizes the scroll.
func (s *scrolled) place(x, y, w, h float32) {
	s.width, s.height = w, h
	place(s.scroll, x, y, w, h)
	s.scroll.Refresh()
}

// inner returns the width of the content: beside the scroll bar, where there is one.
func (s *scrolled) inner() float32 {
	w := max(s.width, 40)
	if s.content.HeightFor(w) > s.height {
		w -= 14
	}
	return w
}

// by scrolls so far down.
func (s *scrolled) by(dy float32) {
	s.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -dy)})
}

// MinSize returns the height at the width that the scroll has.
func (s *scrolled) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, s.content.HeightFor(s.inner()))
}

// Layout fills the width.
func (s *scrolled) Layout(objects []fyne.CanvasObject, z fyne.Size) {
	w := s.inner()
	place(objects[0], 0, 0, w, max(s.content.HeightFor(w), z.Height))
}
