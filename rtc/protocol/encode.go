package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrMalformed means that bytes were not JSON of Message's shape.
var ErrMalformed = errors.New("malformed message")

// Encode makes the bytes of a message, so that one encoding serves many wires. data that cannot be encoded is a programmer's
// error and panics.
func Encode(t MessageType, id uint64, data any) []byte {
	raw, err := json.Marshal(data)
	if err != nil {
		panic("encode " + string(t) + ": " + err.Error())
	}
	out, err := json.Marshal(Message{Type: t, ID: id, Data: raw})
	if err != nil {
		panic("encode " + string(t) + ": " + err.Error())
	}
	return out
}

// Decode reads a message's envelope.
func Decode(raw []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.Type == "" {
		return Message{}, fmt.Errorf("%w: no type", ErrMalformed)
	}
	return m, nil
}
