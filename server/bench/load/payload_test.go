package load

import (
	"testing"
	"time"
)

func TestPayloadSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, key, begins bool }{{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}} {
		payload := make([]byte, 200)
		for i := range payload {
			payload[i] = 0xa0
		}
		putVP8(payload, 0x1234, c.first, c.key)
		putStamp(payload, 77, 5*time.Second)
		if keyStart(payload) != c.begins {
			t.Errorf("first %v, key %v: begins a key frame: %v", c.first, c.key, !c.begins)
		}
		if number, sent, ok := stamp(payload); !ok || number != 77 || sent != 5*time.Second {
			t.Errorf("stamp %d, %v, %v", number, sent, ok)
		}
	}
	if _, _, ok := stamp(make([]byte, 100)); ok {
		t.Error("zeros have a stamp")
	}
	if _, _, ok := stamp(nil); ok {
		t.Error("nothing has a stamp")
	}
}
