package session

import (
	"errors"
	"reflect"

	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// publish makes a member's streams what p says: new ones are created, known ones changed, the others end.
func (s *Session) publish(m *Member, p protocol.Publish) (*protocol.Published, *protocol.ErrorBody) {
	if !m.caps.Publish && len(p.Streams) > 0 {
		return nil, forbidden("publish")
	}
	plan := make([]*stream, len(p.Streams))
	var tracks []PublishedTrack
	for i, src := range p.Streams {
		plan[i] = s.planned(m, src)
		if src.AudioMID != "" {
			tracks = append(tracks, PublishedTrack{TrackID{plan[i].ID, protocol.KindAudio}, src.AudioMID})
		}
		if src.VideoMID != "" {
			tracks = append(tracks, PublishedTrack{TrackID{plan[i].ID, protocol.KindVideo}, src.VideoMID})
		}
	}
	answer, refused, err := m.leg.Publish(p.SDP, tracks)
	if err != nil {
		var body *protocol.ErrorBody
		if errors.As(err, &body) {
			return nil, body
		}
		s.log.Error("publish", "connection", m.conn.ID, "error", err)
		return nil, protocol.Errorf(protocol.CodeMediaFailed, "The server could not take the media.")
	}
	out := &protocol.Published{SDP: answer, Streams: map[string]protocol.StreamID{}}
	keep := map[protocol.StreamID]bool{}
	for i, src := range p.Streams {
		if body := refusal(refused, plan[i].ID); body != nil {
			if out.Refused == nil {
				out.Refused = map[string]*protocol.ErrorBody{}
			}
			out.Refused[src.Key] = body
			m.leg.Drop([]TrackID{{plan[i].ID, protocol.KindAudio}, {plan[i].ID, protocol.KindVideo}})
			continue
		}
		out.Streams[src.Key] = plan[i].ID
		keep[plan[i].ID] = true
	}
	for _, old := range append([]*stream(nil), s.streams...) {
		if old.owner == m && !keep[old.ID] {
			s.endStream(old, protocol.ReasonClientDisconnected)
		}
	}
	for _, st := range plan {
		if m.gone { // too slow for the news: what it publishes has ended with it
			return nil, protocol.Errorf(protocol.CodeTooSlow, "You did not read your messages.")
		}
		if keep[st.ID] {
			s.place(m, st)
		}
	}
	s.updateSubscriptions()
	return out, nil
}

// refusal returns why a stream's tracks were refused, or nil.
func refusal(refused map[TrackID]*protocol.ErrorBody, id protocol.StreamID) *protocol.ErrorBody {
	for _, kind := range []protocol.Kind{protocol.KindAudio, protocol.KindVideo} {
		if body := refused[TrackID{id, kind}]; body != nil {
			return body
		}
	}
	return nil
}

// planned returns the stream that src describes, with its old id if the member publishes it already.
func (s *Session) planned(m *Member, src protocol.StreamSource) *stream {
	st := &stream{key: src.Key, owner: m, classes: m.arrival.grant.Classes, Stream: protocol.Stream{
		ConnectionID: m.conn.ID, CreationTime: s.now(), Name: src.Name, VideoType: src.VideoType,
		AudioTrack: src.AudioMID != "", VideoTrack: src.VideoMID != "",
		HasAudio: src.AudioMID != "" && src.HasAudio, HasVideo: src.VideoMID != "" && src.HasVideo,
		Width: src.Width, Height: src.Height, FrameRate: src.FrameRate,
	}}
	if st.VideoTrack && st.VideoType == "" {
		st.VideoType = protocol.VideoCamera
	}
	for _, old := range s.streams {
		if old.owner == m && old.key == src.Key {
			st.ID, st.CreationTime = old.ID, old.CreationTime
			st.HasAudio = st.HasAudio && !old.forced && !old.held // publishing again is no unmuting: that is an update's
			return st
		}
	}
	st.ID = protocol.StreamID(uuid.NewString())
	return st
}

// place puts a planned stream in, as a new one or as a change, and tells the others.
func (s *Session) place(m *Member, st *stream) {
	old := s.stream(st.ID)
	silenced := (old == nil || !old.AudioTrack) && s.silence(st)
	m.leg.SetMuted(TrackID{st.ID, protocol.KindAudio}, !st.HasAudio)
	m.leg.SetMuted(TrackID{st.ID, protocol.KindVideo}, !st.HasVideo)
	if old == nil {
		s.streams = append(s.streams, st)
		copied, conn := st.Stream, m.conn
		s.observe(Observed{Name: protocol.StreamCreated, Connection: &conn, Stream: &copied})
		s.emit(protocol.Event{Name: protocol.StreamCreated, Stream: &copied}, others(m))
		for _, other := range s.members {
			other.wantByMode(st)
		}
	} else {
		old.forced, old.held = old.forced || st.forced, old.held || st.held
		s.change(old, st.Stream)
	}
	if silenced && m.welcomed { // in a join it follows the welcome
		copied := st.Stream
		s.emit(protocol.Event{Name: protocol.MuteForced, Stream: &copied}, only(m))
	}
}

// change replaces a stream's properties and tells the others which changed.
func (s *Session) change(st *stream, to protocol.Stream) {
	changed := changedFields(st.Stream, to)
	st.Stream = to
	if len(changed) > 0 {
		copied := to
		s.emit(protocol.Event{Name: protocol.StreamPropertyChanged, Stream: &copied, Changed: changed}, others(st.owner))
	}
}

// changedFields lists the JSON names of the fields that differ.
func changedFields(a, b protocol.Stream) []string {
	var names []string
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !va.Field(i).Equal(vb.Field(i)) {
			tag := va.Type().Field(i).Tag.Get("json")
			for j, c := range tag {
				if c == ',' {
					tag = tag[:j]
					break
				}
			}
			names = append(names, tag)
		}
	}
	return names
}

// update changes properties of an own stream.
func (s *Session) update(m *Member, u protocol.Update) *protocol.ErrorBody {
	st := s.stream(u.StreamID)
	if st == nil || st.owner != m {
		return protocol.Errorf(protocol.CodeStreamUnknown, "There is no such stream of yours.")
	}
	to := st.Stream
	if u.HasAudio != nil && *u.HasAudio && st.held {
		return protocol.Errorf(protocol.CodeForbidden, "Everybody was muted before this stream came; it stays muted until a moderator lifts that.")
	}
	if u.HasAudio != nil {
		to.HasAudio = *u.HasAudio && to.AudioTrack
		st.forced = st.forced && !to.HasAudio
		m.leg.SetMuted(TrackID{st.ID, protocol.KindAudio}, !to.HasAudio)
	}
	if u.HasVideo != nil {
		to.HasVideo = *u.HasVideo && to.VideoTrack
		m.leg.SetMuted(TrackID{st.ID, protocol.KindVideo}, !to.HasVideo)
	}
	if u.Width != nil {
		to.Width = *u.Width
	}
	if u.Height != nil {
		to.Height = *u.Height
	}
	if u.FrameRate != nil {
		to.FrameRate = *u.FrameRate
	}
	s.change(st, to)
	return nil
}
