package node

import (
	"slices"
	"strings"
	"sync"
	"time"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/sfu"
	"parley/server/transport"
)

// midURI is the header extension with a section's name (RFC 8843, section 15).
const midURI = "urn:ietf:params:rtp-hdrext:sdes:mid"

// leg is one client's media: a connection that it publishes on and one that it subscribes on, made when they are first needed. It implements
// session.MediaLeg: one session's loop calls it.
type leg struct {
	plane *plane

	// set once, by the session's loop
	pub, sub *transport.Conn

	// touched by the session's loop alone
	published map[session.TrackID]*published
	offers    offers

	mu       sync.Mutex // guards what packets and clocks need
	uplink   *sfu.Uplink
	downlink *sfu.Downlink
	ready    bool             // the subscribing connection is connected
	waiting  []*sfu.DownTrack // answered, and to be started when it is
}

// published is a track that this client publishes.
type published struct {
	track *sfu.UpTrack
	mid   string
	pt    uint8
}

// links returns the links, nil where there is none yet.
func (l *leg) links() (*sfu.Uplink, *sfu.Downlink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uplink, l.downlink
}

// tick runs the clocks, and reports whether they are to run again soon.
func (l *leg) tick(now time.Duration) (soon bool) {
	up, down := l.links()
	if up != nil {
		soon = up.Tick(now)
	}
	if down != nil {
		down.Tick(now)
	}
	return soon
}

// upHandler takes what comes on the publishing connection.
type upHandler struct {
	leg    *leg
	uplink *sfu.Uplink
}

func (h *upHandler) RTP(packet []byte, at time.Time) { h.uplink.RTP(packet, h.leg.plane.since(at)) }
func (h *upHandler) RTCP(packet []byte, at time.Time) {
	h.uplink.RTCP(packet, h.leg.plane.since(at))
}
func (h *upHandler) State(s transport.State) {
	h.leg.plane.log.Debug("publishing connection", "state", s)
}

// downHandler takes what comes on the subscribing connection.
type downHandler struct {
	leg      *leg
	downlink *sfu.Downlink
}

func (h *downHandler) RTP([]byte, time.Time) {} // nothing is accepted there
func (h *downHandler) RTCP(packet []byte, at time.Time) {
	h.downlink.RTCP(packet, h.leg.plane.since(at))
}
func (h *downHandler) State(s transport.State) {
	h.leg.plane.log.Debug("subscribing connection", "state", s)
	if s == transport.StateConnected {
		h.leg.start(true, nil)
	}
}

// start lets tracks flow once they are answered and the connection stands, whichever comes last.
func (l *leg) start(connected bool, tracks []*sfu.DownTrack) {
	l.mu.Lock()
	l.ready = l.ready || connected
	l.waiting = append(l.waiting, tracks...)
	var flow []*sfu.DownTrack
	if l.ready {
		flow, l.waiting = l.waiting, nil
	}
	down := l.downlink
	l.mu.Unlock()
	for _, d := range flow {
		down.Start(d, l.plane.now())
		l.plane.transport.Flush() // requests for key frames, or all since the last one: no Conn holds that of several tracks
	}
}

// codec picks what is forwarded of a section, or nil.
func codec(m *transport.Media) (*transport.Codec, sfu.Codec) {
	for i := range m.Codecs {
		c := &m.Codecs[i]
		switch {
		case c.PayloadType >= 64 && c.PayloadType <= 95: // collide with RTCP under rtcp-mux
		case m.Kind == "video" && strings.EqualFold(c.Name, "VP8") && c.ClockRate == 90000:
			return c, sfu.VP8
		case m.Kind == "audio" && strings.EqualFold(c.Name, "opus") && c.ClockRate == 48000:
			return c, sfu.Opus
		}
	}
	return nil, 0
}

// feedback keeps what we understand of a codec's feedback.
func feedback(offered []string) []string {
	var keep []string
	for _, f := range []string{"nack", "nack pli", "ccm fir"} {
		if slices.Contains(offered, f) {
			keep = append(keep, f)
		}
	}
	return keep
}

// Publish implements session.MediaLeg. Sections that no track names are accepted too: the client may fill them later without an
// offer that differs.
func (l *leg) Publish(offer string, tracks []session.PublishedTrack) (string, map[session.TrackID]*protocol.ErrorBody, error) {
	desc, err := transport.ParseDescription(offer)
	if err != nil {
		return "", nil, protocol.Errorf(protocol.CodeOfferInvalid, "The offer cannot be used: %v.", err)
	}
	if err := l.openPublishing(); err != nil {
		return "", nil, err
	}
	accept := map[string]transport.Accept{}
	sections := map[string]*transport.Media{}
	for i := range desc.Media {
		m := &desc.Media[i]
		c, _ := codec(m)
		if m.Rejected || m.MID == "" || c == nil {
			continue
		}
		a := transport.Accept{Codec: *c}
		a.Codec.Feedback = feedback(c.Feedback)
		if id, ok := m.Extensions[midURI]; ok && id > 0 && id < 15 {
			a.Extensions = map[string]uint8{midURI: id}
			l.uplink.SetMIDExtension(id)
		}
		accept[m.MID], sections[m.MID] = a, m
	}
	answer, err := l.pub.Answer(desc, accept)
	if err != nil {
		return "", nil, protocol.Errorf(protocol.CodeOfferInvalid, "The offer cannot be answered: %v.", err)
	}
	refused := map[session.TrackID]*protocol.ErrorBody{}
	named := map[session.TrackID]bool{}
	for _, t := range tracks {
		named[t.TrackID] = true
		if body := l.place(t, sections[t.MID], desc); body != nil {
			refused[t.TrackID] = body
		}
	}
	for id := range l.published {
		if !named[id] {
			l.Drop([]session.TrackID{id})
		}
	}
	return answer, refused, nil
}

// openPublishing makes the publishing connection.
func (l *leg) openPublishing() error {
	if l.pub != nil {
		return nil
	}
	h := &upHandler{leg: l}
	w := &connWriter{}
	h.uplink = sfu.NewUplink(w, l.plane.off, l.plane.poke)
	c, err := l.plane.conn(h)
	if err != nil {
		return err
	}
	w.conn = c
	l.pub = c
	l.mu.Lock()
	l.uplink = h.uplink
	l.mu.Unlock()
	return nil
}

// connWriter is a connection that is made after what writes to it. It is set before anything is published.
type connWriter struct{ conn *transport.Conn }

func (w *connWriter) WriteRTP(header, payload []byte, index uint64) {
	w.conn.WriteRTP(header, payload, index)
}
func (w *connWriter) WriteRTCP(packet []byte) { w.conn.WriteRTCP(packet) }

// place makes or keeps a track, or says why not.
func (l *leg) place(t session.PublishedTrack, m *transport.Media, desc *transport.Description) *protocol.ErrorBody {
	if m == nil {
		for i := range desc.Media {
			if desc.Media[i].MID == t.MID {
				return protocol.Errorf(protocol.CodeCodecUnsupported, "The media section %q offers neither VP8 nor Opus.", t.MID)
			}
		}
		return protocol.Errorf(protocol.CodeOfferInvalid, "The offer has no media section %q.", t.MID)
	}
	if m.Kind != string(t.Kind) {
		return protocol.Errorf(protocol.CodeOfferInvalid, "The media section %q carries %s, not %s.", t.MID, m.Kind, t.Kind)
	}
	c, kind := codec(m)
	if old := l.published[t.TrackID]; old != nil {
		if old.mid == t.MID && old.pt == c.PayloadType {
			return nil
		}
		l.Drop([]session.TrackID{t.TrackID})
	}
	u := l.uplink.Add(t.MID, kind, c.PayloadType, m.SSRCs)
	l.published[t.TrackID] = &published{track: u, mid: t.MID, pt: c.PayloadType}
	l.plane.setTrack(t.TrackID, u)
	return nil
}

// Drop implements session.MediaLeg.
func (l *leg) Drop(tracks []session.TrackID) {
	for _, id := range tracks {
		if p := l.published[id]; p != nil {
			l.uplink.Remove(p.track)
			l.plane.setTrack(id, nil)
			delete(l.published, id)
		}
	}
}

// SetMuted implements session.MediaLeg.
func (l *leg) SetMuted(id session.TrackID, muted bool) {
	if p := l.published[id]; p != nil {
		p.track.SetMuted(muted, l.plane.now())
		l.plane.transport.Flush()
	}
}

// Close implements session.MediaLeg.
func (l *leg) Close() {
	for id := range l.published {
		l.Drop([]session.TrackID{id})
	}
	if _, down := l.links(); down != nil {
		down.Close()
	}
	l.plane.forget(l, l.pub, l.sub)
}
