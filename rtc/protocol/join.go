package protocol

// JoinPath is where an invite is exchanged for a token: POST JoinRequest, answer JoinReply.
const JoinPath = "/v1/join"

// JoinRequest exchanges an invite for a token.
type JoinRequest struct {
	Invite string `json:"invite"`
	Name   string `json:"name,omitempty"`
}

// JoinReply is a token of one's own.
type JoinReply struct {
	SessionID SessionID `json:"sessionId"`
	Token     string    `json:"token"`
	ExpiresAt int64     `json:"expiresAt"`     // Unix milliseconds
	URL       string    `json:"url,omitempty"` // WebSocket URL, when it is not Path on the same host
}
