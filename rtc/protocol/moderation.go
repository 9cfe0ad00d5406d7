package protocol

// Requests of moderation. Each needs Capabilities.Moderate unless it says otherwise.
const (
	TypeForceMute        MessageType = "forceMute"        // ForceMute; needs ForceMute
	TypeDisableForceMute MessageType = "disableForceMute" // no data; needs ForceMute
	TypeDisconnect       MessageType = "forceDisconnect"  // ForceDisconnect; needs ForceDisconnect
	TypeUnpublish        MessageType = "forceUnpublish"   // ForceUnpublish; needs ForceUnpublish
	TypeBan              MessageType = "ban"              // Ban
	TypeLock             MessageType = "lock"             // Lock
	TypeSetLobby         MessageType = "setLobby"         // SetLobby
	TypeAdmit            MessageType = "admit"            // Admit
	TypeRefuse           MessageType = "refuse"           // Refuse
	TypeSetRole          MessageType = "setRole"          // SetRole
	TypeRaiseHand        MessageType = "raiseHand"        // RaiseHand; one's own hand needs no right
	TypeAskUnmute        MessageType = "askUnmute"        // AskUnmute; needs ForceMute
	TypeDeleteChat       MessageType = "deleteChat"       // DeleteChat; one's own lines need no right
)

// ForceMute asks to mute one stream, or all but some. All includes the streams that come later, until DisableForceMute.
type ForceMute struct {
	StreamID StreamID   `json:"streamId,omitempty"` // "" for all
	Excluded []StreamID `json:"excluded,omitempty"`
}

// ForceDisconnect asks to end another connection.
type ForceDisconnect struct {
	ConnectionID ConnectionID `json:"connectionId"`
}

// ForceUnpublish asks to end another connection's stream.
type ForceUnpublish struct {
	StreamID StreamID `json:"streamId"`
}

// Ban asks to end another connection and to keep it out until the session ends: its token opens no connect any more, and who comes from its address
// by an invite waits for admission.
type Ban struct {
	ConnectionID ConnectionID `json:"connectionId"`
}

// Lock asks to let nobody in any more but moderators, or to lift that.
type Lock struct {
	Locked bool `json:"locked"`
}

// SetLobby asks to let newcomers wait for admission from now on, or to lift that; who waits then goes on waiting.
type SetLobby struct {
	Lobby bool `json:"lobby"`
}

// Admit lets one who waits in, or all.
type Admit struct {
	ConnectionID ConnectionID `json:"connectionId,omitempty"` // "" for all
}

// Refuse turns one who waits away, or all.
type Refuse struct {
	ConnectionID ConnectionID `json:"connectionId,omitempty"` // "" for all
}

// SetRole gives a connection another role: promotes, demotes, or, with Seconds, hands out a right for a while.
type SetRole struct {
	ConnectionID ConnectionID `json:"connectionId"`
	Role         string       `json:"role"`              // role names as in a token, separated by spaces or commas
	Seconds      int          `json:"seconds,omitempty"` // the present role comes back after as long; 0 is never
}

// RaiseHand raises or lowers a hand.
type RaiseHand struct {
	Raised       bool         `json:"raised"`
	ConnectionID ConnectionID `json:"connectionId,omitempty"` // "" is one's own; a moderator may lower another's
}

// AskUnmute asks the owner of a stream to unmute it. Nobody is ever unmuted by another.
type AskUnmute struct {
	StreamID StreamID `json:"streamId"`
}

// DeleteChat takes a line out of the chat, for everyone and for good.
type DeleteChat struct {
	SignalID string `json:"signalId"`
}

// maxRole bounds role names, in bytes.
const maxRole = 200

// maxSeconds bounds how long a role may be handed out for.
const maxSeconds = 24 * 60 * 60

// Validate checks what can be checked without knowing the roles.
func (r *SetRole) Validate() *ErrorBody {
	if r.Role == "" || r.Seconds < 0 || r.Seconds > maxSeconds {
		return Errorf(CodeMalformed, "A role is needed, and it can be handed out for up to %d seconds.", maxSeconds)
	}
	return text("role", r.Role, maxRole)
}

// maxExcluded bounds the streams that one ForceMute spares.
const maxExcluded = 4000

// Validate checks the request's size.
func (r *ForceMute) Validate() *ErrorBody {
	if len(r.Excluded) > maxExcluded {
		return Errorf(CodeTooMany, "More than %d streams are excluded.", maxExcluded)
	}
	return nil
}
