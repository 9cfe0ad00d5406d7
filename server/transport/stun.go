package transport

import (
	"bytes"
	"crypto/rand"
	"errors"
	"time"

	"github.com/pion/stun/v4"
)

var errNotStun = errors.New("not a binding message that can be trusted")

// stunReader decodes requests and answers; one per reading goroutine.
type stunReader struct {
	msg stun.Message
}

// binding is what a Binding message says in the part that MESSAGE-INTEGRITY covers.
type binding struct {
	response     bool
	to, by       []byte // of USERNAME: the receiver's fragment, the sender's
	useCandidate bool
	controlled   bool
}

// read decodes a Binding request or success response whose FINGERPRINT is right. Attributes after MESSAGE-INTEGRITY count for nothing:
// anybody on the way could have put them there (RFC 8489, 14.5).
func (r *stunReader) read(raw []byte) (binding, error) {
	var b binding
	if !stun.IsMessage(raw) {
		return b, errNotStun
	}
	m := &r.msg
	m.Raw = raw
	if err := m.Decode(); err != nil {
		return b, err
	}
	if len(raw) != int(m.Length)+20 {
		return b, errNotStun
	}
	switch m.Type {
	case stun.BindingRequest:
	case stun.BindingSuccess:
		b.response = true
	default:
		return b, errNotStun
	}
	if n := len(m.Attributes); n == 0 || m.Attributes[n-1].Type != stun.AttrFingerprint {
		return b, errNotStun
	}
	if err := stun.Fingerprint.Check(m); err != nil {
		return b, err
	}
	signed := false
	for _, a := range m.Attributes {
		if a.Type == stun.AttrMessageIntegrity {
			signed = true
			break
		}
		switch a.Type {
		case stun.AttrUsername:
			b.to, b.by, _ = bytes.Cut(a.Value, []byte(":"))
		case stun.AttrUseCandidate:
			b.useCandidate = true
		case stun.AttrICEControlled:
			b.controlled = true
		}
	}
	if !signed || !b.response && len(b.to) == 0 {
		return b, errNotStun
	}
	return b, nil
}

// signedBy checks the MESSAGE-INTEGRITY of what read decoded last.
func (r *stunReader) signedBy(pwd string) bool {
	return stun.NewShortTermIntegrity(pwd).Check(&r.msg) == nil
}

// stunIn takes in one STUN datagram or frame and returns whose it is, nil when it is not to be trusted.
func (t *Transport) stunIn(raw []byte, from origin, r *stunReader, now time.Time) *Conn {
	b, err := r.read(raw)
	if err != nil {
		t.ledger.rubbish.Add(1)
		return nil
	}
	if b.response {
		return t.answerIn(from, r)
	}
	c := t.routes.byUfrag(string(b.to))
	if c == nil {
		t.ledger.refused.Add(1)
		return nil
	}
	ufrag := string(b.to)
	pwd, ok := c.ice.password(ufrag)
	if !ok || !r.signedBy(pwd) {
		t.ledger.refused.Add(1)
		return nil
	}
	if from.link != nil && !from.link.claim(c) {
		t.ledger.refused.Add(1)
		return nil
	}
	if b.controlled { // a lite agent is always the controlled one (RFC 8445, 7.3.1.1)
		t.reply(from, r.msg.TransactionID, pwd, stun.NewType(stun.MethodBinding, stun.ClassErrorResponse), stun.CodeRoleConflict)
		return c
	}
	v := c.checked(from, ufrag, b.useCandidate, now)
	mapped := stun.XORMappedAddress{IP: from.addr.Addr().AsSlice(), Port: int(from.addr.Port())}
	t.reply(from, r.msg.TransactionID, pwd, stun.BindingSuccess, mapped)
	if v.asking {
		t.ask(v.ask)
	}
	return c
}

// answerIn takes in the answer to a request of ours.
func (t *Transport) answerIn(from origin, r *stunReader) *Conn {
	c := t.routes.byAddr(from.addr)
	if from.link != nil {
		c = from.link.owner()
	}
	if c == nil {
		t.ledger.rubbish.Add(1)
		return nil
	}
	if pwd, ok := c.ice.remotePassword(); !ok || !r.signedBy(pwd) {
		t.ledger.refused.Add(1)
		return nil
	}
	if c.ice.answered(from, r.msg.TransactionID) {
		c.chosen()
	}
	return c
}

// reply sends an answer back to where the request came from.
func (t *Transport) reply(to origin, id [12]byte, pwd string, kind stun.MessageType, body stun.Setter) {
	m, err := stun.Build(kind, stun.NewTransactionIDSetter(id), body, stun.NewShortTermIntegrity(pwd), stun.Fingerprint)
	if err != nil {
		t.log.Error("build stun answer", "error", err)
		return
	}
	if to.link != nil {
		to.link.send(m.Raw)
		return
	}
	t.sendUDP(m.Raw, &path{addr: to.addr, oob: sourceControl(destination(to.oob), to.addr)})
}

// ask sends a Binding request as the controlled side.
func (t *Transport) ask(q question) {
	var tieBreaker [8]byte
	_, _ = rand.Read(tieBreaker[:]) // never fails, by its documentation
	m, err := stun.Build(stun.BindingRequest, stun.NewTransactionIDSetter(q.id),
		stun.NewUsername(q.remote.ufrag+":"+q.local.ufrag),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{110, 0, 255, 255}}, // a peer-reflexive candidate's
		stun.RawAttribute{Type: stun.AttrICEControlled, Value: tieBreaker[:]},
		stun.NewShortTermIntegrity(q.remote.pwd), stun.Fingerprint)
	if err != nil {
		t.log.Error("build stun request", "error", err)
		return
	}
	t.send(m.Raw, q.path)
}

// send sends one datagram or frame at once, for what is not worth a batch: STUN and DTLS.
func (t *Transport) send(b []byte, p *path) {
	if p.link != nil {
		p.link.send(b)
		return
	}
	t.sendUDP(b, p)
}

func (t *Transport) sendUDP(b []byte, p *path) {
	if err := t.sock.send(b, p); err != nil {
		t.ledger.sendErrors.Add(1)
	}
}
