package config

import "time"

// Place is where the window stood, in pixels of the screen.
type Place struct {
	X     int  `json:"x"`
	Y     int  `json:"y"`
	Known bool `json:"known"`
}

// Look is how the window presents itself.
type Look struct {
	Language string `json:"language,omitempty"` // tag, such as "de"; "" is the system's
	Theme    string `json:"theme,omitempty"`    // "dark" or "light"; "" is the system's
	Text     int    `json:"text,omitempty"`     // size of the text in percent; 0 is 100
	Still    bool   `json:"reducedMotion,omitempty"`
}

// Video is what the camera is asked for, and how much painting may cost.
type Video struct {
	Height    int  `json:"height,omitempty"`    // 360, 720 or 1080; 0 is 720
	FrameRate int  `json:"frameRate,omitempty"` // 15 or 30; 0 is 30
	Thrifty   bool `json:"thrifty,omitempty"`   // pictures are painted half as often
}

// Stage is how a call is arranged.
type Stage struct {
	View   string `json:"view,omitempty"`   // "speaker" or "side"; "" is the grid
	Self   string `json:"self,omitempty"`   // "grid" or "hidden"; "" floats
	Corner string `json:"corner,omitempty"` // "upper-left", "upper-right" or "lower-left"; "" is the lower right
	Panel  string `json:"panel,omitempty"`  // "chat" or "people"; "" is none
	Width  int    `json:"panelWidth,omitempty"`
}

// Privacy is what the app keeps and tells.
type Privacy struct {
	Forget bool     `json:"forgetMeetings,omitempty"` // keep no list of meetings
	Silent bool     `json:"noNotifications,omitempty"`
	Recent []Recent `json:"recent,omitempty"` // the newest first
}

// Recent is a meeting that was joined.
type Recent struct {
	Link string    `json:"link"`
	Name string    `json:"name"`
	Last time.Time `json:"last"`
}

// MostRecent is how many meetings are kept.
const MostRecent = 12

// mend brings values that no app of ours would have written to their defaults.
func (s *Settings) mend() {
	if s.Look.Text < 100 || s.Look.Text > 200 {
		s.Look.Text = 0
	}
	if h := s.Video.Height; h != 360 && h != 720 && h != 1080 {
		s.Video.Height = 0
	}
	if r := s.Video.FrameRate; r != 15 && r != 30 {
		s.Video.FrameRate = 0
	}
	if s.Stage.Width < 0 || s.Stage.Width > 2000 {
		s.Stage.Width = 0
	}
	if p := s.Place; max(p.X, -p.X, p.Y, -p.Y) > 30000 {
		s.Place = Place{}
	}
	if len(s.Privacy.Recent) > MostRecent {
		s.Privacy.Recent = s.Privacy.Recent[:MostRecent]
	}
	if s.Privacy.Forget {
		s.Privacy.Recent = nil
	}
}
