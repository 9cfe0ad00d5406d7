package transport

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"time"
)

// remoteEnd is what the handshake needs to know of the client.
type remoteEnd struct {
	hash, fingerprint string
	weAreClient       bool // of DTLS
}

// exchange is the descriptions that the two sides have exchanged.
type exchange struct {
	mu      sync.Mutex
	session uint64 // of the o= line
	version uint64
	known   bool // remote is set
	remote  remoteEnd
	ufrag   string // the client's, latest
	pwd     string
	offered bool // Offer was called: SetAnswer may be
	started bool // the handshake
	ended   bool
}

func (e *exchange) init() error {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	e.session = binary.BigEndian.Uint64(b[:]) >> 2 // fits the signed numbers of everybody
	return nil
}

// end keeps the handshake from starting.
func (e *exchange) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
}

// start reports, once, that the handshake is to start, and enters it in wg.
func (e *exchange) start(wg *sync.WaitGroup) (remoteEnd, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.known || e.started || e.ended {
		return remoteEnd{}, false
	}
	e.started = true
	wg.Add(1)
	return e.remote, true
}

// learn takes in the client's side. news: the ICE credentials are other ones; restarted: they replace earlier ones.
func (e *exchange) learn(d *Description, weAreClient bool) (news, restarted bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return false, false, ErrClosed
	}
	if e.known {
		if e.remote.hash != d.FingerprintHash || e.remote.fingerprint != d.Fingerprint {
			return false, false, fmt.Errorf("%w: the fingerprint changed", ErrDescription)
		}
	} else {
		e.remote = remoteEnd{hash: d.FingerprintHash, fingerprint: d.Fingerprint, weAreClient: weAreClient}
	}
	news = e.ufrag != d.ICEUfrag || e.pwd != d.ICEPwd
	restarted = news && e.known
	e.known, e.ufrag, e.pwd = true, d.ICEUfrag, d.ICEPwd
	return news, restarted, nil
}

// role is what the handshake has settled on, or will.
func (e *exchange) role() (known, weAreClient bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known, e.remote.weAreClient
}

// next counts a description of ours.
func (e *exchange) next(offer bool) (session, version uint64, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return 0, 0, ErrClosed
	}
	e.offered = e.offered || offer
	e.version++
	return e.session, e.version, nil
}

func (e *exchange) hasOffered() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.offered
}

// SetAnswer takes in the client's answer to an Offer.
func (c *Conn) SetAnswer(answer *Description) error {
	if !c.told.hasOffered() {
		return fmt.Errorf("set answer: %w: nothing was offered", ErrDescription)
	}
	if err := answer.check(); err != nil {
		return fmt.Errorf("set answer: %w", err)
	}
	if answer.Setup == "actpass" || answer.Lite {
		return fmt.Errorf("set answer: %w: setup %s, lite %v", ErrDescription, answer.Setup, answer.Lite)
	}
	news, _, err := c.told.learn(answer, answer.Setup == "passive")
	if err != nil {
		return fmt.Errorf("set answer: %w", err)
	}
	if news {
		c.meet(answer)
	}
	c.begin()
	return nil
}

// meet takes the client's credentials and asks back where checks have come from before them.
func (c *Conn) meet(d *Description) {
	for _, q := range c.ice.setRemote(credentials{d.ICEUfrag, d.ICEPwd}, time.Now()) {
		c.t.ask(q)
	}
}

// RestartICE takes new own credentials for the next Offer. Media goes on meanwhile, DTLS and SRTP all along.
func (c *Conn) RestartICE() {
	fresh, err := newCredentials()
	if err != nil {
		c.t.log.Error("restart ice", "error", err)
		return
	}
	forget := c.ice.restart(fresh)
	c.t.routes.name(c, fresh.ufrag, forget)
}
