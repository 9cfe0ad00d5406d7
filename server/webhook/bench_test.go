package webhook

import (
	"fmt"
	"testing"

	"parley/rtc/protocol"
)

// BenchmarkRecord is what recording an event costs a session's loop.
func BenchmarkRecord(b *testing.B) {
	for name, hooks := range map[string]int{"no hook": 0, "one hook": 1, "ten hooks": 10} {
		b.Run(name, func(b *testing.B) {
			s := openStore(b, newFolder(b))
			defer s.Close()
			for i := range hooks {
				addHook(b, s, fmt.Sprint("http://127.0.0.1:1/", i), ShapeMonitoring)
			}
			d := New(Config{Store: s, Projects: oneProject()})
			defer d.Close(b.Context())
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if err := d.Record(b.Context(), arrival(protocol.SessionID("1_MX4xMjM0NTY3OH5"), fmt.Sprint(i))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRecordFull is one hook whose outbox is full: each event drops the oldest.
func BenchmarkRecordFull(b *testing.B) {
	s := openStore(b, newFolder(b))
	defer s.Close()
	addHook(b, s, "http://127.0.0.1:1/", ShapeMonitoring)
	d := New(Config{Store: s, Projects: oneProject(), Policy: Policy{MaxPending: 2000}})
	defer d.Close(b.Context())
	for i := range 2000 {
		if err := d.Record(b.Context(), arrival("1_MX4xMjM0NTY3OH5", fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := d.Record(b.Context(), arrival("1_MX4xMjM0NTY3OH5", "more")); err != nil {
			b.Fatal(err)
		}
	}
}
