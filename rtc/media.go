package rtc

import (
	"context"
	"sync"
	"sync/atomic"

	"parley/rtc/peer"
	"parley/rtc/protocol"
)

// media is the two PeerConnections that packets take. It outlives the wire: what was negotiated over one goes on over the next.
type media struct {
	session *Session
	pub     *peer.Publishing
	sub     *peer.Subscribing

	look  chan struct{} // of one slot: a path changed
	begun chan struct{} // closed by begin
	start sync.Once
	gone  chan struct{} // closed by close
	stop  sync.Once
	// spoiled says that a description could not be applied: the two ends differ in what holds.
	spoiled atomic.Bool

	// of who negotiates
	said   []protocol.StreamSource // what the server knows to be published
	unsure bool                    // unless this says that a publish has had no answer yet
}

func (s *Session) newMedia() (*media, error) {
	m := &media{session: s, look: make(chan struct{}, 1), begun: make(chan struct{}), gone: make(chan struct{})}
	changed := func() {
		select {
		case m.look <- struct{}{}:
		default:
		}
	}
	var err error
	if m.sub, err = s.api.NewSubscribing(changed, m.started); err != nil {
		return nil, err
	}
	if m.pub, err = s.api.NewPublishing(changed); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// begin lets the session hear of tracks.
func (m *media) begin() { m.start.Do(func() { close(m.begun) }) }

// started takes a track that began to flow.
func (m *media) started(t *peer.RemoteTrack) {
	track := &Track{remote: t, StreamID: protocol.StreamID(t.StreamID()), Kind: protocol.KindAudio}
	if t.Video() {
		track.Kind = protocol.KindVideo
	}
	select {
	case <-m.begun:
	case <-m.gone:
		return
	}
	m.session.events.put(TrackStarted{track})
}

// lost says which of the paths must be mended by new ICE credentials. shaky counts those too that may come back by themselves.
func (m *media) lost(shaky bool) (pub, sub bool) {
	bad := func(p peer.Path) bool { return p == peer.PathLost || shaky && p == peer.PathShaky }
	return bad(m.pub.Path()), bad(m.sub.Path())
}

// up waits until both paths are up again, those that were never used aside.
func (m *media) up(ctx context.Context, pub, sub bool) error {
	for pub && m.pub.Path() != peer.PathUp || sub && m.sub.Path() != peer.PathUp {
		select {
		case <-m.look:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// close ends both connections and waits. Reads of tracks end.
func (m *media) close() {
	m.stop.Do(func() { close(m.gone) })
	if m.pub != nil {
		m.session.logClose(m.pub.Close())
	}
	if m.sub != nil {
		m.session.logClose(m.sub.Close())
	}
}

func (s *Session) logClose(err error) {
	if err != nil {
		s.log.Debug("close", "error", err)
	}
}
