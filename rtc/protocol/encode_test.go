package protocol

import "testing"

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"hello","id":1,"data":{}}`))
	f.Add([]byte(`{"type":""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Decode(raw, 16)
		if err == nil && m.Type == "" {
			t.Error("no type")
		}
	})
}
