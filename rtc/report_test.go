package rtc_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
)

// TestReportsPutTracksInStep: by the reports of a stream's tracks, what was recorded at the same time has the same time, though the sound was sent much later.
func TestReportsPutTracksInStep(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{{Key: "camera", Audio: true, Video: true, Width: 640, Height: 360}}})
	pub := ann.Publishers()[0]
	var sending sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(func() { stop(); sending.Wait() })
	sending.Go(func() {
		begin := time.Now()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			now := time.Hour + time.Since(begin).Truncate(time.Millisecond)
			late := now - 120*time.Millisecond
			_ = pub.WriteVideo(frame(uint32(now.Milliseconds()), true), now)
			_ = pub.WriteAudio(binary.BigEndian.AppendUint32([]byte{1}, uint32(late.Milliseconds())), late, false)
		}
	})

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ben, err := rtc.Connect(t.Context(), server.URL, server.Token(id, "publisher", "Ben"), rtc.Options{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	t.Cleanup(func() { ben.Close(); reading.Wait() })
	var mu sync.Mutex
	zero := map[protocol.Kind]time.Duration{} // what the sender's wall clock showed, past some second, at 0 of the clock that it presents by
	read := func(track *rtc.Track, clock int64) {
		var p rtp.Packet
		buf := make([]byte, 1500)
		for track.Read(&p, buf) == nil {
			ntp, at, ok := track.SenderReport()
			if !ok {
				continue
			}
			presented := time.Duration(binary.BigEndian.Uint32(p.Payload[len(p.Payload)-4:])) * time.Millisecond
			wall := time.Duration(ntp>>32%3600)*time.Second + time.Duration(ntp&0xFFFFFFFF*uint64(time.Second)>>32) +
				time.Duration(int64(int32(p.Timestamp-at))*int64(time.Second)/clock)
			mu.Lock()
			zero[track.Kind] = wall - presented
			mu.Unlock()
		}
	}
	reading.Go(func() {
		for ev := range ben.Events() {
			if ev, ok := ev.(rtc.TrackStarted); ok {
				clock := int64(90000)
				if ev.Track.Kind == protocol.KindAudio {
					clock = 48000
				}
				reading.Go(func() { read(ev.Track, clock) })
			}
		}
	})
	eventually(t, func() string {
		mu.Lock()
		defer mu.Unlock()
		sound, ok := zero[protocol.KindAudio]
		pictures, also := zero[protocol.KindVideo]
		if !ok || !also {
			return "no reports"
		}
		if off := sound - pictures; off > 2*time.Millisecond || off < -2*time.Millisecond {
			return fmt.Sprintf("by their reports the sound is %v after its pictures", off)
		}
		return ""
	})
}
