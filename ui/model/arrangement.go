package model

// Arrangement is how a call is arranged in the window. It is remembered.
type Arrangement struct {
	View       View
	Self       Self
	Corner     Corner
	PanelWidth int // of the right-hand panel; 0 is the usual
}

// View is how the stage shows the tiles.
type View int

// The views.
const (
	ViewGrid    View = iota // all tiles alike
	ViewSpeaker             // who speaks large, the others in a strip
	ViewSide                // who speaks, or what is shared, beside the grid of the others
)

// Self is where the own picture stands while others are there.
type Self int

// Where it stands.
const (
	SelfFloating Self = iota // over a corner of the grid; last in a strip
	SelfInGrid               // last among the others
	SelfHidden
)

// Corner is one of the stage.
type Corner int

// The corners.
const (
	LowerRight Corner = iota
	LowerLeft
	UpperRight
	UpperLeft
)
