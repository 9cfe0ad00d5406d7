package protocol

// Limits bound what a client may send. The server says them in welcome.
type Limits struct {
	MessageBytes      int `json:"messageBytes"`      // one WebSocket message
	MessagesPerSecond int `json:"messagesPerSecond"` // sustained; bursts of five times that
	SignalTypeBytes   int `json:"signalTypeBytes"`
	SignalDataBytes   int `json:"signalDataBytes"`
	NameBytes         int `json:"nameBytes"` // a display or stream name
	StreamsPerClient  int `json:"streamsPerClient"`
	JSONDepth         int `json:"jsonDepth,omitempty"` // how deep a message may be nested
}

// DefaultLimits are the limits of a server that was not told others.
func DefaultLimits() Limits {
	return Limits{MessageBytes: 256 << 10, MessagesPerSecond: 50, SignalTypeBytes: 128, SignalDataBytes: 8 << 10, NameBytes: 240, StreamsPerClient: 4, JSONDepth: 16}
}
