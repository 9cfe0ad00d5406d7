package playout

import (
	"bytes"
	"testing"
	"time"
)

var descriptors = []struct {
	name    string
	payload []byte
	want    part
	ok      bool
}{
	{"empty", nil, part{}, false},
	{"descriptor alone", []byte{0x10}, part{}, false},
	{"key frame", []byte{0x10, 0x50, 1}, part{[]byte{0x50, 1}, true, true}, true},
	{"inter frame", []byte{0x10, 0x51, 1}, part{[]byte{0x51, 1}, true, false}, true},
	{"inside", []byte{0x00, 0x50}, part{[]byte{0x50}, false, false}, true},
	{"start of partition 1", []byte{0x11, 0x50}, part{[]byte{0x50}, false, false}, true},
	{"picture id of 7 bits", []byte{0x90, 0x80, 0x11, 0x50}, part{[]byte{0x50}, true, true}, true},
	{"picture id of 15 bits", []byte{0x90, 0x80, 0x81, 0x11, 0x50}, part{[]byte{0x50}, true, true}, true},
	{"all extensions", []byte{0x90, 0xf0, 0x81, 0x11, 1, 2, 0x51}, part{[]byte{0x51}, true, false}, true},
	{"temporal layer alone", []byte{0x90, 0x20, 2, 0x51}, part{[]byte{0x51}, true, false}, true},
	{"key index alone", []byte{0x90, 0x10, 2, 0x51}, part{[]byte{0x51}, true, false}, true},
	{"no extension at all", []byte{0x90, 0x00, 0x51}, part{[]byte{0x51}, true, false}, true},
	{"cut off in the picture id", []byte{0x90, 0x80}, part{}, false},
	{"cut off behind the picture id", []byte{0x90, 0x80, 0x81, 0x11}, part{}, false},
	{"cut off in the extensions", []byte{0x90, 0xf0, 0x01, 1}, part{}, false},
}

func TestParseVP8(t *testing.T) {
	t.Parallel()
	for _, c := range descriptors {
		got, ok := parseVP8(c.payload)
		if ok != c.ok || got.start != c.want.start || got.key != c.want.key || !bytes.Equal(got.data, c.want.data) {
			t.Errorf("%s: %+v, %v", c.name, got, ok)
		}
	}
}

func FuzzParseVP8(f *testing.F) {
	for _, c := range descriptors {
		f.Add(c.payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if p, ok := parseVP8(payload); ok && (len(p.data) == 0 || !bytes.HasSuffix(payload, p.data) || p.key && !p.start) {
			t.Errorf("%+v of % x", p, payload)
		}
	})
}

// FuzzWindow pushes packets that the input describes, four bytes each, and takes out what there is.
func FuzzWindow(f *testing.F) {
	f.Add([]byte{0, 1, 0x18, 1, 0, 2, 0x08, 1, 0, 4, 0x11, 0})
	f.Add(bytes.Repeat([]byte{0xff, 0xfe, 3, 7, 0, 0, 9, 9, 0x80, 0, 1, 1}, 20))
	f.Fuzz(func(t *testing.T, in []byte) {
		var w window
		var buffer []byte
		for ; len(in) >= 4; in = in[4:] {
			var payload []byte
			if flags := in[2]; flags&1 == 0 {
				payload = []byte{flags & 0x10, flags >> 5, in[3]}
			}
			w.push(uint16(in[0])<<8|uint16(in[1]), uint32(in[3]>>6), in[2]&8 != 0, payload, time.Second)
			if w.next > w.highest+1 || w.highest-w.next >= windowSize {
				t.Fatalf("next %d, highest %d", w.next, w.highest)
			}
			switch in[2] & 6 {
			case 2:
				for {
					f, ok := w.take(buffer)
					if !ok {
						break
					}
					if len(f.data) == 0 {
						t.Fatal("an empty frame")
					}
					buffer = f.data
				}
			case 4:
				if missing, resume, _ := w.gap(); missing {
					w.skipTo(resume)
					if !w.has(w.next) {
						t.Fatal("nothing where it goes on")
					}
				}
			case 6:
				w.clear()
			}
			w.coming()
		}
		for _, p := range w.places {
			if p.filled && (p.seq < w.next || p.seq > w.highest) {
				t.Fatalf("packet %d outside %d to %d", p.seq, w.next, w.highest)
			}
		}
	})
}
