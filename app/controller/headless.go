package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"parley/app/config"
	"parley/assets"
	"parley/media/audio/process"
	"parley/media/synthetic"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// HeadlessOptions are what RunHeadless works with.
type HeadlessOptions struct {
	Flags   config.Flags
	Devices Devices
	In      io.Reader // commands, one JSON object a line
	Out     io.Writer // events and statistics, likewise
	Log     *slog.Logger
}

// headless is a participant without a window. Its fields are loop state.
type headless struct {
	opt  HeadlessOptions
	loop *loop
	call *call
	out  *json.Encoder
	err  error
	last map[protocol.StreamID]uint64 // frames decoded at the last report
}

// maxCommand bounds a command, in bytes.
const maxCommand = 64 << 10

// RunHeadless joins and takes part until it is told to leave, the session ends, or ctx does.
func RunHeadless(ctx context.Context, opt HeadlessOptions) error {
	h := &headless{opt: opt, loop: newLoop(), out: json.NewEncoder(opt.Out), last: map[protocol.StreamID]uint64{}}
	h.out.SetEscapeHTML(false)
	stop := context.AfterFunc(ctx, h.loop.cancel)
	defer stop()
	h.call = newCall(h.loop, &h.opt.Devices, opt.Log, func() {}, func() {}, opt.Flags)
	h.call.onEvent, h.call.refused = h.event, h.failed
	h.call.mic.clean.set(process.Options(config.Defaults().Processing))
	f := opt.Flags
	if f.Camera != "" && f.Camera != deviceOff {
		h.call.camera.start(f.Camera, false, func() {})
	}
	if f.Microphone != "" && f.Microphone != deviceOff {
		h.call.mic.start(f.Microphone)
	}
	join := h.join()
	h.loop.beside(func(ctx context.Context) {
		s, err := join(ctx)
		if taken := h.loop.post(func() { h.joined(s, err) }); !taken && s != nil {
			_ = s.Close()
		}
	})
	beats := make(chan struct{})
	h.loop.beside(func(ctx context.Context) { everySecond(ctx, beats) })
	if opt.In != nil {
		// Not waited for: a read of standard input cannot be ended. It holds nothing but its line.
		go h.commands()
	}
	h.loop.run(beats, h.report, func() {})
	h.close()
	return h.err
}

func everySecond(ctx context.Context, beats chan<- struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		select {
		case beats <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// join returns what joins, beside the loop.
func (h *headless) join() func(context.Context) (*rtc.Session, error) {
	f := h.opt.Flags
	t := target{server: f.Server, token: f.Token}
	if f.Server == "" {
		link, err := rtc.ParseLink(f.Join)
		if err != nil {
			return func(context.Context) (*rtc.Session, error) { return nil, err }
		}
		t = target{link: link, ticket: &ticket{}}
	}
	name := first(f.Name, "Guest")
	opt := h.call.options(name, protocol.SubscribeMode(f.Subscribe))
	opt.Waiting = func(w protocol.Waiting) {
		h.loop.post(func() {
			h.print(map[string]any{"event": protocol.TypeWaiting, "sessionId": w.SessionID, "connectionId": w.ConnectionID})
		})
	}
	return func(ctx context.Context) (*rtc.Session, error) { return t.connect(ctx, name, opt) }
}

// joined takes what the attempt to join gave.
func (h *headless) joined(s *rtc.Session, err error) {
	if err != nil {
		h.print(map[string]any{"error": errorLine(err)})
		h.err = err
		h.loop.cancel()
		return
	}
	h.call.begin(s)
	h.call.openSpeaker(first(h.opt.Flags.Speaker, deviceOff), h.failed)
}

// failed prints what went wrong, if anything did.
func (h *headless) failed(err error) {
	if err != nil {
		h.print(map[string]any{"error": errorLine(err)})
	}
}

func (h *headless) close() {
	h.call.camera.stop()
	h.call.mic.stop()
	left := h.call.end()
	<-left
	h.loop.end()
}

// print writes one line. A reader that is gone ends the participant.
func (h *headless) print(line any) {
	if err := h.out.Encode(line); err != nil {
		h.err = fmt.Errorf("print: %w", err)
		h.loop.cancel()
	}
}

// errorLine is an error as it is printed: a stable code where there is one, and words in English, for scripts read them.
func errorLine(err error) map[string]any {
	line := map[string]any{"message": err.Error(), "words": Words(assets.NewWords("en"), err)}
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		line["code"] = body.Code
	}
	return line
}

// event prints an event of the session.
func (h *headless) event(ev rtc.Event) {
	switch ev := ev.(type) {
	case rtc.SessionConnected:
		h.print(map[string]any{"event": "sessionConnected", "welcome": summary(ev.Welcome)})
	case rtc.SessionReconnected:
		h.print(map[string]any{"event": "sessionReconnected", "resumed": ev.Resumed, "welcome": summary(ev.Welcome)})
	case rtc.SessionReconnecting:
		h.print(map[string]any{"event": "sessionReconnecting", "error": errorLine(ev.Err)})
	case rtc.SessionDisconnected:
		line := map[string]any{"event": protocol.SessionDisconnected, "reason": ev.Reason}
		if ev.Err != nil {
			line["error"] = errorLine(ev.Err)
			h.err = ev.Err
		}
		h.print(line)
		h.loop.cancel()
	case rtc.TrackStarted:
		h.print(map[string]any{"event": "trackStarted", "streamId": ev.Track.StreamID, "kind": ev.Track.Kind})
	case rtc.Happened:
		h.print(ev.Event)
	}
}

// summary leaves the SDP and secrets of a welcome out.
func summary(w protocol.Welcome) map[string]any {
	return map[string]any{"sessionId": w.SessionID, "session": w.Session, "you": w.You, "capabilities": w.Capabilities, "connections": w.Connections,
		"streams": w.Streams, "waiting": w.Waiting, "chat": w.Chat, "server": w.Server, "publishError": w.PublishError}
}

// streamReport is what is printed of a stream each second.
type streamReport struct {
	StreamID         protocol.StreamID     `json:"streamId"`
	ConnectionID     protocol.ConnectionID `json:"connectionId"`
	Name             string                `json:"name"`
	VideoType        protocol.VideoType    `json:"videoType,omitempty"`
	FramesDecoded    uint64                `json:"framesDecoded"`
	FrameRate        uint64                `json:"frameRate"` // frames of the last second
	Width            int                   `json:"width"`
	Height           int                   `json:"height"`
	LastFrameCounter *uint32               `json:"lastFrameCounter,omitempty"`
	SenderID         *uint16               `json:"senderId,omitempty"`
	GlassToGlassMs   *quantiles            `json:"glassToGlassMs,omitempty"`
	PacketsLost      int64                 `json:"packetsLost"`
	AudioLevel       float32               `json:"audioLevel"`
	ToneHz           float64               `json:"toneHz,omitempty"`
}

// quantiles are of the pictures of the last second.
type quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// report prints the statistics.
func (h *headless) report() {
	if h.call.session == nil {
		return // not in yet
	}
	h.call.mic.adapt()
	streams, counts := []streamReport{}, map[protocol.StreamID]uint64{}
	for _, r := range h.call.remotes {
		rep := streamReport{StreamID: r.stream.ID, ConnectionID: r.stream.ConnectionID, Name: first(h.call.name(r.stream.ConnectionID), "Guest"), VideoType: r.stream.VideoType}
		r.seen.report(&rep)
		rep.FrameRate = rep.FramesDecoded - h.last[r.stream.ID]
		counts[r.stream.ID] = rep.FramesDecoded
		if r.video != nil {
			rep.PacketsLost += int64(r.video.Stats().PacketsLost)
		}
		if r.audio != nil {
			rep.PacketsLost += int64(r.audio.Stats().PacketsLost)
			rep.AudioLevel = r.level.Value()
			rep.ToneHz, _ = synthetic.Detect(r.heard.Last())
		}
		streams = append(streams, rep)
	}
	h.last = counts // and forget streams that ended
	h.print(map[string]any{"stats": map[string]any{"time": time.Now().UnixMilli(), "streams": streams}})
}

// report fills in what was seen, and begins a new second.
func (s *seenPictures) report(rep *streamReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rep.FramesDecoded, rep.Width, rep.Height = s.decoded, s.width, s.height
	if s.marked {
		counter, sender := s.mark.Counter, s.mark.SenderID
		rep.LastFrameCounter, rep.SenderID = &counter, &sender
	}
	if n := len(s.delays); n > 0 {
		slices.Sort(s.delays)
		ms := func(q int) float64 { return float64(s.delays[min(n-1, n*q/100)].Microseconds()) / 1000 }
		rep.GlassToGlassMs = &quantiles{P50: ms(50), P95: ms(95)}
		s.delays = s.delays[:0]
	}
}

// PrintDevices lists the devices, for --devices.
func PrintDevices(d Devices, out io.Writer, asJSON bool) error {
	list := map[string][]model.Device{}
	for kind, found := range map[string]func() ([]model.Device, error){
		"camera":     func() ([]model.Device, error) { l, err := d.Cameras(); return choices(l, "", ""), err },
		"microphone": func() ([]model.Device, error) { l, err := d.Microphones(); return choices(l, "", ""), err },
		"speaker":    func() ([]model.Device, error) { l, err := d.Speakers(); return choices(l, "", ""), err },
		"screen": func() ([]model.Device, error) {
			screens, err := d.Screens()
			var l []model.Device
			for _, s := range screens {
				l = append(l, model.Device{ID: s.ID, Name: fmt.Sprintf("%s (%d x %d)", s.Name, s.Width, s.Height)})
			}
			return l, err
		},
	} {
		if devices, err := found(); err == nil && len(devices) > 0 {
			list[kind] = devices
		}
	}
	if asJSON {
		return json.NewEncoder(out).Encode(list)
	}
	for _, kind := range []string{"camera", "microphone", "speaker", "screen"} {
		if len(list[kind]) == 0 {
			fmt.Fprintf(out, "%-11s none found\n", kind)
		}
		for _, d := range list[kind] {
			fmt.Fprintf(out, "%-11s %s  (%s)\n", kind, d.Name, d.ID)
		}
	}
	return nil
}
