package protocol

import "unicode/utf8"

// maxKey bounds the client's own names of streams and of media sections, in bytes.
const maxKey = 64

// text checks a field that people read or that is kept: UTF-8, at most limit bytes.
func text(field, value string, limit int) *ErrorBody {
	if len(value) > limit {
		return Errorf(CodeTooLarge, "The %s has %d bytes, %d are allowed.", field, len(value), limit)
	}
	if !utf8.ValidString(value) {
		return Errorf(CodeMalformed, "The %s is not UTF-8.", field)
	}
	return nil
}

// Validate checks what can be checked without knowing the session. It returns nil or says what is wrong.
func (h *Hello) Validate(l Limits) *ErrorBody {
	if len(h.Versions) > 16 {
		return Errorf(CodeTooMany, "More than 16 versions.")
	}
	switch h.Subscribe {
	case "", SubscribeNone, SubscribeAudio, SubscribeAll:
	default:
		return Errorf(CodeMalformed, "The subscribe mode is none, audio or all.")
	}
	if err := text("name", h.Name, l.NameBytes); err != nil {
		return err
	}
	if err := text("client", h.Client, l.NameBytes); err != nil {
		return err
	}
	if h.Publish != nil {
		return h.Publish.Validate(l)
	}
	return nil
}

// Version picks the highest version that both ends speak; 0 is none.
func (h *Hello) Version() int {
	best := 0
	for _, v := range h.Versions {
		for _, own := range versions {
			if v == own && v > best {
				best = v
			}
		}
	}
	return best
}

// Validate checks what can be checked without the offer's SDP.
func (p *Publish) Validate(l Limits) *ErrorBody {
	if len(p.Streams) > l.StreamsPerClient {
		return Errorf(CodeTooMany, "%d streams, %d are allowed.", len(p.Streams), l.StreamsPerClient)
	}
	keys, mids := map[string]bool{}, map[string]bool{}
	for i := range p.Streams {
		s := &p.Streams[i]
		if s.Key == "" || len(s.Key) > maxKey || !utf8.ValidString(s.Key) || keys[s.Key] {
			return Errorf(CodeMalformed, "Each stream needs a key of its own of at most %d bytes.", maxKey)
		}
		keys[s.Key] = true
		if err := s.validate(l); err != nil {
			return err
		}
		for _, mid := range []string{s.AudioMID, s.VideoMID} {
			if mid != "" && mids[mid] {
				return Errorf(CodeMalformed, "The media section %q is named twice.", mid)
			}
			mids[mid] = true
		}
	}
	return nil
}

func (s *StreamSource) validate(l Limits) *ErrorBody {
	switch s.VideoType {
	case "", VideoCamera, VideoScreen, VideoCustom:
	default:
		return Errorf(CodeMalformed, "The video type is camera, screen or custom.")
	}
	if len(s.AudioMID) > maxKey || len(s.VideoMID) > maxKey {
		return Errorf(CodeTooLarge, "A media section's name has more than %d bytes.", maxKey)
	}
	if s.AudioMID == "" && s.VideoMID == "" {
		return Errorf(CodeMalformed, "The stream %q has neither audio nor video.", s.Key)
	}
	if err := size(s.Width, s.Height, s.FrameRate); err != nil {
		return err
	}
	return text("stream's name", s.Name, l.NameBytes)
}

// size checks a picture's size and rate as a client states them.
func size(width, height int, rate float64) *ErrorBody {
	if width < 0 || height < 0 || width > 16384 || height > 16384 || !(rate >= 0 && rate <= 1000) {
		return Errorf(CodeMalformed, "A picture of %dx%d at %g a second.", width, height, rate)
	}
	return nil
}

// Validate checks a change of a stream's properties.
func (u *Update) Validate() *ErrorBody {
	var w, h int
	var rate float64
	if u.Width != nil {
		w = *u.Width
	}
	if u.Height != nil {
		h = *u.Height
	}
	if u.FrameRate != nil {
		rate = *u.FrameRate
	}
	return size(w, h, rate)
}

// Validate checks a signal's sizes.
func (s *Signal) Validate(l Limits) *ErrorBody {
	if err := text("signal's key", s.Key, maxKey); err != nil {
		return err
	}
	if err := text("signal's type", s.Type, l.SignalTypeBytes); err != nil {
		return err
	}
	return text("signal's data", s.Data, l.SignalDataBytes)
}
