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

// Decode reads a message's envelope. The JSON may be nested as deep as depth says.
func Decode(raw []byte, depth int) (Message, error) {
	var m Message
	if TooDeep(raw, depth) {
		return Message{}, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, depth)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.Type == "" {
		return Message{}, fmt.Errorf("%w: no type", ErrMalformed)
	}
	return m, nil
}

// TooDeep reports whether JSON is nested deeper than limit. Parsers recurse for each level: what is too deep is refused before they see it.
func TooDeep(raw []byte, limit int) bool {
	depth, inText := 0, false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
