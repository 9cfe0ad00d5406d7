package node

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/sfu"
	"parley/server/transport"
)

// Payload types that we offer.
const (
	payloadVP8  = 96
	payloadOpus = 111
)

// maxSections bounds the media sections of one offer; tracks beyond it are not offered until others end.
const maxSections = 64

// offers is the state of a leg's subscribing side. One offer is under way at a time. A section, once made, stays; when its track ends it becomes
// inactive, and a later track of its kind takes it over.
type offers struct {
	sections   []*section
	want       []session.TrackID
	generation uint64
	underWay   bool
	last       *protocol.Offer // the newest, for who did not get it
	restart    bool            // the next offer has new ICE credentials
}

// section is a media section of the offers.
type section struct {
	mid    string
	kind   protocol.Kind
	id     session.TrackID
	up     *sfu.UpTrack
	down   *sfu.DownTrack // nil while inactive
	cut    bool           // down was removed already, and the client has not been told
	ssrc   uint32
	since  uint64 // generation that first offered it as it is
	freeAt uint64 // generation that first offered it as inactive
}

// Subscribe implements session.MediaLeg.
func (l *leg) Subscribe(tracks []session.TrackID) (*protocol.Offer, error) {
	l.offers.want = tracks
	for _, s := range l.offers.sections {
		// At once, also when the client does not answer the offer that is under way. The section itself goes with the next offer.
		if s.down != nil && !slices.Contains(tracks, s.id) {
			l.downlink.Remove(s.down)
			s.cut = true
		}
	}
	return l.nextOffer()
}

// Reoffer implements session.MediaLeg.
func (l *leg) Reoffer() (*protocol.Offer, error) {
	if l.offers.underWay {
		return l.offers.last, nil
	}
	return l.nextOffer()
}

// Restart implements session.MediaLeg.
func (l *leg) Restart() (*protocol.Offer, error) {
	l.offers.restart = l.sub != nil
	return l.nextOffer()
}

// nextOffer makes an offer when one is due and none is under way.
func (l *leg) nextOffer() (*protocol.Offer, error) {
	o := &l.offers
	if o.underWay {
		return nil, nil
	}
	changed := l.arrange()
	if !changed && !o.restart {
		return nil, nil
	}
	if changed {
		l.plane.transport.Flush() // requests for key frames, which come while the client connects
	}
	if o.restart {
		l.sub.RestartICE()
		o.restart = false
	}
	media := make([]transport.OfferMedia, 0, len(o.sections))
	offer := &protocol.Offer{Generation: o.generation + 1, Tracks: []protocol.OfferTrack{}}
	for _, s := range o.sections {
		media = append(media, s.describe())
		if s.down != nil {
			offer.Tracks = append(offer.Tracks, protocol.OfferTrack{MID: s.mid, StreamID: s.id.StreamID, Kind: s.kind})
		}
	}
	var err error
	if offer.SDP, err = l.sub.Offer(media); err != nil {
		return nil, err
	}
	o.generation++
	o.underWay, o.last = true, offer
	return offer, nil
}

// arrange makes the sections carry what is wanted, as far as it is there, and reports whether that changed anything.
func (l *leg) arrange() bool {
	o := &l.offers
	next := o.generation + 1
	wanted := map[session.TrackID]*sfu.UpTrack{}
	for _, id := range o.want {
		if u := l.plane.track(id); u != nil {
			wanted[id] = u
		}
	}
	changed := false
	for _, s := range o.sections {
		if s.down != nil && (s.cut || wanted[s.id] != s.up) {
			l.downlink.Remove(s.down)
			s.down, s.up, s.cut, s.freeAt = nil, nil, false, next
			changed = true
		}
		if s.down != nil {
			delete(wanted, s.id)
		}
	}
	for _, id := range o.want {
		u := wanted[id]
		if u == nil || !l.openSubscribing() {
			continue
		}
		s := o.free(id.Kind)
		if s == nil {
			continue // there may be one of the other kind
		}
		s.id, s.up, s.ssrc, s.since = id, u, 1+rand.Uint32N(1<<32-2), next
		s.down = l.downlink.Add(u, s.ssrc, s.payloadType(), l.plane.now())
		changed = true
	}
	return changed
}

// free returns a section for a new track: one whose end the client has answered, or a new one, or nil when there are too many.
func (o *offers) free(kind protocol.Kind) *section {
	for _, s := range o.sections {
		if s.kind == kind && s.down == nil && s.freeAt <= o.generation {
			return s
		}
	}
	if len(o.sections) >= maxSections {
		return nil
	}
	s := &section{mid: strconv.Itoa(len(o.sections)), kind: kind}
	o.sections = append(o.sections, s)
	return s
}

func (s *section) payloadType() uint8 {
	if s.kind == protocol.KindVideo {
		return payloadVP8
	}
	return payloadOpus
}

// describe says how the section is offered.
func (s *section) describe() transport.OfferMedia {
	m := transport.OfferMedia{
		MID: s.mid, Kind: string(s.kind), Inactive: s.down == nil, SSRC: s.ssrc,
		MSID: string(s.id.StreamID), TrackID: string(s.id.StreamID) + "-" + string(s.kind), CNAME: string(s.id.StreamID),
	}
	if s.kind == protocol.KindVideo {
		m.Codec = transport.Codec{Name: "VP8", PayloadType: payloadVP8, ClockRate: 90000, Feedback: []string{"nack", "nack pli", "ccm fir"}}
	} else {
		m.Codec = transport.Codec{Name: "opus", PayloadType: payloadOpus, ClockRate: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1"}
	}
	return m
}

// openSubscribing makes the subscribing connection. It reports whether there is one.
func (l *leg) openSubscribing() bool {
	if l.sub != nil {
		return true
	}
	w := &connWriter{}
	h := &downHandler{leg: l, downlink: sfu.NewDownlink(w)}
	c, err := l.plane.conn(h)
	if err != nil {
		l.plane.log.Error("subscribing connection", "error", err)
		return false
	}
	w.conn = c
	l.sub = c
	l.mu.Lock()
	l.downlink = h.downlink
	l.mu.Unlock()
	return true
}

// Answer implements session.MediaLeg.
func (l *leg) Answer(a protocol.Answer) (*protocol.Offer, error) {
	o := &l.offers
	if !o.underWay || a.Generation != o.generation {
		return nil, protocol.Errorf(protocol.CodeAnswerInvalid, "The answer is to offer %d; %d is under way.", a.Generation, o.generation)
	}
	desc, err := transport.ParseDescription(a.SDP)
	if err != nil {
		return nil, protocol.Errorf(protocol.CodeAnswerInvalid, "The answer cannot be used: %v.", err)
	}
	if err := l.sub.SetAnswer(desc); err != nil {
		return nil, protocol.Errorf(protocol.CodeAnswerInvalid, "The answer cannot be used: %v.", err)
	}
	o.underWay, o.last = false, nil
	taken := map[string]bool{}
	for i := range desc.Media {
		m := &desc.Media[i]
		taken[m.MID] = !m.Rejected && m.Direction != "inactive" && m.Direction != "sendonly"
	}
	var flow []*sfu.DownTrack
	for _, s := range o.sections {
		if s.down != nil && s.since == o.generation && taken[s.mid] {
			flow = append(flow, s.down)
		}
	}
	l.start(false, flow)
	return l.nextOffer()
}
