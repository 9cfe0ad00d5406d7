package model

// Settings is the settings window and what stands in it. Each change is an intent and works at once.
type Settings struct {
	Open     bool
	Section  Section
	Name     string
	Language string // tag that was chosen; "" follows the system
	Devices  Devices
	Level    *Level // of the microphone; nil while it is not open
	// Problems, each a sentence, under the device that they are about; "" for none.
	CameraProblem, MicProblem, SpeakerProblem string
	SpeakerTesting                            bool
	Echo, Noise, Gain                         bool // what is done to the microphone's sound
	Video                                     Video
	Notify                                    bool // tell of messages while the window is in the background
	KeepMeetings                              bool // keep a list of meetings on the start screen
	Meetings                                  int  // how many are kept
}

// Video is what the camera is asked for.
type Video struct {
	Height    int // of the picture: 360, 720 or 1080
	FrameRate int
}

// VideoHeights are the heights that can be chosen, FrameRates the rates.
func VideoHeights() []int { return []int{360, 720, 1080} }

// FrameRates are the pictures a second that can be chosen.
func FrameRates() []int { return []int{15, 30} }

// Section is one part of the settings.
type Section int

// The sections, in their order.
const (
	SectionGeneral Section = iota
	SectionDevices
	SectionVideo
	SectionAppearance
	SectionNotifications
	SectionKeys
	SectionPrivacy
)

// Switch is something that is on or off.
type Switch int

// The switches.
const (
	SwitchStill        Switch = iota // nothing glides
	SwitchThrifty                    // pictures are painted half as often
	SwitchNotify                     // tell of messages while in the background
	SwitchKeepMeetings               // keep a list of meetings
	SwitchEcho                       // take out of the microphone what the speaker plays
	SwitchNoise                      // turn steady noise down
	SwitchGain                       // bring the voice to a usual loudness
)

// The intents of the settings.
type (
	// OpenSettings opens the settings at a section, or turns to it.
	OpenSettings struct{ Section Section }
	// CloseSettings closes them.
	CloseSettings struct{}
	// SetLanguage chooses what the app speaks; "" follows the system.
	SetLanguage struct{ Tag string }
	// SetTheme chooses dark, light, or what the system says.
	SetTheme struct{ Theme Theme }
	// SetTextSize chooses the size of the text, in percent.
	SetTextSize struct{ Percent int }
	// SetVideo chooses what the camera is asked for.
	SetVideo struct{ Video Video }
	// SetSwitch switches something on or off.
	SetSwitch struct {
		Switch Switch
		On     bool
	}
	// ForgetMeetings empties the list of meetings.
	ForgetMeetings struct{}
	// ForgetMeeting takes one off the list.
	ForgetMeeting struct{ Link string }
	// RecordVoice records five seconds of the microphone and plays them, or stops that.
	RecordVoice struct{}
)

func (OpenSettings) intent()   {}
func (CloseSettings) intent()  {}
func (SetLanguage) intent()    {}
func (SetTheme) intent()       {}
func (SetTextSize) intent()    {}
func (SetVideo) intent()       {}
func (SetSwitch) intent()      {}
func (ForgetMeetings) intent() {}
func (ForgetMeeting) intent()  {}
func (RecordVoice) intent()    {}
