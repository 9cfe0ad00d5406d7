package model

import (
	"image"
	"time"
)

// Screen is which screen the window shows.
type Screen int

// The screens.
const (
	ScreenHome    Screen = iota // join a meeting
	ScreenPrejoin               // device check before a meeting
	ScreenCall                  // in the meeting (also while joining, reconnecting and after it was lost)
)

// State is everything the window shows. It is immutable once sent.
type State struct {
	Screen   Screen
	Home     Home
	Prejoin  Prejoin
	Call     Call
	Look     Look
	Settings Settings
	Notices  []Notice // newest last; each goes away by itself, or by DismissNotice
}

// Home is the start screen.
type Home struct {
	Link    string // what the field starts with
	Problem string // a sentence under the field; "" for none
	Busy    bool   // a link is being looked up
	Recent  []Meeting
}

// Meeting is one that was joined before.
type Meeting struct {
	Link string
	Name string
	Code string // tells it from others of that name; "" where there is none
	Last time.Time
}

// Prejoin is the device check.
type Prejoin struct {
	Meeting  string // what is joined, in words: the host's name or address
	Name     string // display name
	Devices  Devices
	SelfView Pictures // nil when there is none
	Level    *Level   // of the microphone; nil when it is off
	CameraOn bool
	MicOn    bool
	// Problems, each a sentence that says what happened and what to do, shown where it belongs; "" for none.
	CameraProblem, MicProblem, SpeakerProblem, Problem string
	SpeakerTesting                                     bool // the test sound plays
	Voice                                              Voice
	CanRecord                                          bool // there is a microphone to record
	Video                                              Video
	Joining                                            bool   // Join now was pressed; it can be cancelled
	Waiting                                            string // while Joining: that a moderator has to let the user in, in words; "" when that is not so
}

// Voice is the test of one's own voice: some seconds are recorded, then played.
type Voice struct {
	Recording, Playing bool
	Seconds            int // that are left
}

// Devices is what can be chosen.
type Devices struct {
	Cameras, Microphones, Speakers []Device
	Camera, Microphone, Speaker    string // ids of the chosen ones
}

// Device is one choice of a picker.
type Device struct {
	ID, Name string
}

// Call is the meeting.
type Call struct {
	Meeting  string
	Started  time.Time // when this client joined; zero before
	Phase    Phase
	Problem  string    // a sentence, in the phases Reconnecting and Lost
	Since    time.Time // when the phase began
	Tiles    []Tile    // in grid order: the own camera tile has Own set
	Chat     []ChatLine
	Unread   int
	People   []Person
	MicOn    bool
	CameraOn bool
	// Why the microphone or camera is not there though it was asked for; "" for none.
	MicProblem, CameraProblem string
	CanPublish                bool
	CanSignal                 bool
	CanMute                   bool // moderator rights
	Sharing                   *Share
	Screens                   []ScreenChoice // what can be shared; filled once OpenSharePicker was sent
	SharePickerOpen           bool
	ShareProblem              string // shown in the share picker
	Devices                   Devices
	ChatDraft                 string // text typed and not yet sent; survives reconnecting and leaving
	Panel                     Panel
	Arrangement               Arrangement
	Talking                   bool // the microphone is on for as long as it is held
	CanRaiseHand, HandUp      bool
}

// Phase is where a call stands.
type Phase int

// The phases.
const (
	PhaseJoining      Phase = iota // connecting for the first time
	PhaseRunning                   // in the call
	PhaseReconnecting              // the wire was lost; it comes back by itself
	PhaseLost                      // gave up by itself: offers Rejoin and Leave
	PhaseEnded                     // removed by a moderator, or the meeting ended
)

// Panel is what the right-hand panel shows.
type Panel int

// The panels.
const (
	PanelNone Panel = iota
	PanelChat
	PanelPeople
)

// Tile is one picture in the call.
type Tile struct {
	ID         string // stable for the life of the tile: the stream's id, "own" for the own camera, "own-screen" for the own screen
	PersonID   string
	Name       string
	Own        bool
	Screen     bool // a shared screen: takes the stage, is never cropped
	Mirrored   bool
	Muted      bool
	Speaking   bool
	Pinned     bool
	Media      TileMedia
	Problem    string   // words for TileMissing
	Pictures   Pictures // nil when there is no picture
	Level      *Level   // nil when there is no sound
	Width      int      // of a shared screen's own picture, in pixels; 0 while it is not known
	Height     int
	Hand       int  // place in the order of raised hands; 0 when it is down
	Poor       bool // the person's connection is poor
	Moderation bool // this client may mute it
}

// TileMedia says what a tile has instead of, or as, its picture. Each looks different and says so in words.
type TileMedia int

// What a tile shows.
const (
	TilePicture   TileMedia = iota // moving picture
	TileWaiting                    // waiting for the first picture
	TileCameraOff                  // the sender's camera is off
	TileMissing                    // a device is missing or failed; Problem has the words
	TilePaused                     // paused for bandwidth
	TileStalled                    // the sender's connection is lost
)

// Pictures is where a tile takes its newest picture. It is safe for concurrent use.
type Pictures interface {
	// Newest returns the newest picture, tight and with its origin at 0, or nil when there has been none since the last call. The
	// picture belongs to the caller until its second next call: the one displayed may still be painted while the next is taken.
	Newest() *image.RGBA
	// Want says at which size in pixels the picture is shown; 0, 0 says that nobody sees it, and then nothing is decoded.
	Want(width, height int)
}

// ChatLine is a line of the chat panel.
type ChatLine struct {
	ID      string // the server's, or a local one while Pending
	From    string // person's id
	Name    string
	Own     bool
	Text    string
	Time    time.Time
	Pending bool   // not yet acknowledged
	Failed  string // why it was not sent, in words; "" when it was
}

// Person is a line of the people panel.
type Person struct {
	ID, Name         string
	Own              bool
	Muted, CameraOff bool
	Sharing          bool
	Speaking         bool
	Hand             int // place in the order of raised hands; 0 when it is down
}

// Share is what this client shares.
type Share struct {
	Name   string // "Screen 1"
	Paused bool
}

// ScreenChoice is something that can be shared.
type ScreenChoice struct {
	ID, Name      string
	Width, Height int         // pixels
	Thumbnail     *image.RGBA // nil while it is made
}

// Notice is a sentence that appears for a while.
type Notice struct {
	ID   int
	Text string
	Kind NoticeKind
}

// NoticeKind is how grave a notice is.
type NoticeKind int

// The kinds of notices.
const (
	NoticeInfo NoticeKind = iota
	NoticeWarning
	NoticeDanger
)
