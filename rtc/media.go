package rtc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

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

// closed reports whether the server has ended one of the connections.
func (m *media) closed() bool {
	return m.pub.Path() == peer.PathClosed || m.sub.Path() == peer.PathClosed
}

// good reports whether the connections can go on over another wire, after new ICE credentials perhaps.
func (m *media) good() bool { return !m.spoiled.Load() && !m.closed() }

// up reports whether the paths that are asked for are up.
func (m *media) up(pub, sub bool) bool {
	return (!pub || m.pub.Path() == peer.PathUp) && (!sub || m.sub.Path() == peer.PathUp)
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

// mend brings media paths back by new ICE credentials while the call lasts. A path that stays away ends the call, for one with new media.
func (c *call) mend() {
	// After a resume the path may have been lost with the wire: one that is shaky is not waited for.
	shaky := c.welcome.Resumed != nil
	for {
		var err error
		if pub, sub := c.media.lost(shaky); pub || sub {
			err = c.restart(shaky)
		}
		if err == nil && c.media.closed() {
			err = c.explained()
		}
		if err != nil && c.ctx.Err() == nil {
			c.session.log.Warn("media path stays away", "error", err)
			c.end(ErrMediaLost)
		}
		shaky = false
		select {
		case <-c.media.look:
		case <-c.ctx.Done():
			return
		}
	}
}

// restart exchanges new ICE credentials for the paths that are lost, those that are lost meanwhile too, and waits until they are up.
func (c *call) restart(shaky bool) error {
	ctx, cancel := context.WithTimeout(c.ctx, c.session.opt.times().restart)
	defer cancel()
	var pubs, subs bool // were restarted
	for {
		pub, sub := c.media.lost(shaky)
		pub, sub = pub && !pubs, sub && !subs
		if pub || sub {
			c.session.log.Info("restart ICE", "publishing", pub, "subscribing", sub)
		}
		if pub {
			pubs = true
			if err := c.session.negotiate(ctx, true); err != nil {
				return err
			}
		}
		if sub {
			subs = true
			if err := c.request(ctx, protocol.TypeRestart, protocol.Restart{}, nil); err != nil {
				return err
			}
		}
		if c.media.up(pubs, subs) || c.media.closed() {
			return nil
		}
		select {
		case <-c.media.look:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// closedWithin is how long the wire may take to say why the server closed the media.
const closedWithin = 2 * time.Second

// explained waits for the wire's end: the server closes the media of who is removed, and that may be heard before the wire says so.
func (c *call) explained() error {
	timer := time.NewTimer(closedWithin)
	defer timer.Stop()
	select {
	case <-c.ctx.Done():
	case <-timer.C:
	}
	return errors.New("the server closed it")
}
