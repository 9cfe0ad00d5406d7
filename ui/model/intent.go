package model

// Intent is something the user asks for. Screens send it and return at once; the controller answers with a new State.
type Intent interface{ intent() }

// The intents.
type (
	// OpenLink asks to go to the pre-join screen of a link, an address with a code, or host:port/INVITE.
	OpenLink struct{ Link string }
	// BackHome leaves the pre-join screen, or a call that ended.
	BackHome struct{}
	// SetName changes the display name on the pre-join screen.
	SetName struct{ Name string }
	// Join presses Join now.
	Join struct{}
	// CancelJoin stops joining.
	CancelJoin struct{}
	// ToggleMic switches the microphone, on the pre-join screen and in the call.
	ToggleMic struct{}
	// ToggleCamera switches the camera.
	ToggleCamera struct{}
	// ChooseDevice chooses a camera, microphone or speaker.
	ChooseDevice struct {
		Kind DeviceKind
		ID   string
	}
	// TestSpeaker plays the test sound.
	TestSpeaker struct{}
	// OpenSharePicker asks what can be shared.
	OpenSharePicker struct{}
	// CloseSharePicker closes it.
	CloseSharePicker struct{}
	// StartShare shares a screen by the id of a ScreenChoice.
	StartShare struct{ ID string }
	// PauseShare pauses or resumes sharing.
	PauseShare struct{}
	// StopShare stops sharing.
	StopShare struct{}
	// SetDraft says what stands in the chat field.
	SetDraft struct{ Text string }
	// SendChat sends a line.
	SendChat struct{ Text string }
	// ResendChat sends a failed line again.
	ResendChat struct{ ID string }
	// ShowPanel opens or closes the right-hand panel.
	ShowPanel struct{ Panel Panel }
	// Pin pins or unpins a tile.
	Pin struct{ TileID string }
	// ForceMute mutes somebody's stream (moderators).
	ForceMute struct{ TileID string }
	// Rejoin tries again after the connection was given up.
	Rejoin struct{}
	// Leave leaves the call.
	Leave struct{}
	// DismissNotice takes a notice away.
	DismissNotice struct{ ID int }
	// SetView arranges the stage in another way.
	SetView struct{ View View }
	// SetSelf says where the own picture stands.
	SetSelf struct{ Self Self }
	// SetCorner puts the floating own picture into a corner.
	SetCorner struct{ Corner Corner }
	// SetPanelWidth makes the right-hand panel as wide.
	SetPanelWidth struct{ Width int }
	// Talk opens the microphone for as long as it is held, and mutes it again.
	Talk struct{ On bool }
	// ToggleHand raises or lowers the own hand.
	ToggleHand struct{}
	// Quit closes the window for good.
	Quit struct{}
)

// DeviceKind is what kind of device a picker chooses.
type DeviceKind int

// The kinds of devices.
const (
	DeviceCamera DeviceKind = iota
	DeviceMicrophone
	DeviceSpeaker
)

func (OpenLink) intent()         {}
func (BackHome) intent()         {}
func (SetName) intent()          {}
func (Join) intent()             {}
func (CancelJoin) intent()       {}
func (ToggleMic) intent()        {}
func (ToggleCamera) intent()     {}
func (ChooseDevice) intent()     {}
func (TestSpeaker) intent()      {}
func (OpenSharePicker) intent()  {}
func (CloseSharePicker) intent() {}
func (StartShare) intent()       {}
func (PauseShare) intent()       {}
func (StopShare) intent()        {}
func (SetDraft) intent()         {}
func (SendChat) intent()         {}
func (ResendChat) intent()       {}
func (ShowPanel) intent()        {}
func (Pin) intent()              {}
func (ForceMute) intent()        {}
func (Rejoin) intent()           {}
func (Leave) intent()            {}
func (DismissNotice) intent()    {}
func (SetView) intent()          {}
func (SetSelf) intent()          {}
func (SetCorner) intent()        {}
func (SetPanelWidth) intent()    {}
func (Talk) intent()             {}
func (ToggleHand) intent()       {}
func (Quit) intent()             {}
