package session

import (
	"slices"

	"parley/rtc/protocol"
)

// muteStream silences one stream.
func (s *Session) muteStream(id protocol.StreamID) *protocol.ErrorBody {
	st := s.stream(id)
	if st == nil {
		return streamUnknown()
	}
	s.mute(st)
	return nil
}

// mutePresent silences every stream that there is but those excluded.
func (s *Session) mutePresent(excluded []protocol.StreamID) {
	spared := make(map[protocol.StreamID]bool, len(excluded))
	for _, id := range excluded {
		spared[id] = true
	}
	for _, st := range slices.Clone(s.streams) {
		if !spared[st.ID] {
			s.mute(st)
		}
	}
}

// mute silences a stream until its owner unmutes it.
func (s *Session) mute(st *stream) {
	if !st.AudioTrack || !st.HasAudio {
		return
	}
	st.HasAudio, st.forced = false, true
	st.owner.leg.SetMuted(TrackID{st.ID, protocol.KindAudio}, true)
	copied := st.Stream
	s.emit(protocol.Event{Name: protocol.MuteForced, Stream: &copied}, only(st.owner))
	s.emit(protocol.Event{Name: protocol.StreamPropertyChanged, Stream: &copied, Changed: []string{"hasAudio"}}, others(st.owner))
}

// muteEverybody silences every stream but those excluded, and holds those that come later muted until letSpeak.
func (s *Session) muteEverybody(excluded []protocol.StreamID) {
	s.setMuted(true)
	s.mutePresent(excluded)
}

// letSpeak lifts muteEverybody. Nobody is unmuted by it: that is for the owners.
func (s *Session) letSpeak() {
	s.setMuted(false)
	for _, st := range s.streams {
		st.held = false
	}
}

// setMuted notes whether everybody is muted, and tells everyone.
func (s *Session) setMuted(muted bool) {
	if s.rules.State.Muted == muted {
		return
	}
	s.rules.State.Muted = muted
	s.saveRules()
	state := s.rules.State
	s.emit(protocol.Event{Name: protocol.MuteForced, Session: &state}, nil)
}

// silence applies muteEverybody to a stream that comes. It reports whether the owner meant to be heard. Who may mute others is muted too, but not held:
// a moderator can unmute itself.
func (s *Session) silence(st *stream) bool {
	if !s.rules.State.Muted || !st.AudioTrack {
		return false
	}
	sent := st.HasAudio
	st.HasAudio, st.forced, st.held = false, sent, !st.owner.caps.ForceMute
	return sent
}
