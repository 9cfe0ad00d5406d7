package session

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"parley/rtc/protocol"
)

// storeTimeout bounds what the loop waits for the store.
const storeTimeout = 2 * time.Second

// maxBans bounds the bans and the demotions of one session; beyond it the oldest are forgotten.
const maxBans = 1000

// rules are what moderators decided. They hold while the session is live, and are kept in the store as JSON.
type rules struct {
	State protocol.SessionState `json:"state"`
	Bans  []ban                 `json:"bans,omitempty"`
	// Demotions hold for tokens, so that nobody gets a lost right back by coming anew. What a token's bearer was given beyond its role is not kept here:
	// several may share a token.
	Demotions []demotion `json:"demotions,omitempty"`
}

// demotion is a role that allows less than a token's own.
type demotion struct {
	Fingerprint string `json:"fingerprint"`
	Role        string `json:"role"`
	Until       int64  `json:"until,omitempty"` // Unix milliseconds; 0 is for good
}

// demote keeps a demotion, or forgets that of a token whose bearer has all of its rights.
func (r *rules) demote(d demotion, all bool) {
	r.Demotions = slices.DeleteFunc(slices.Clone(r.Demotions), func(o demotion) bool { return o.Fingerprint == d.Fingerprint })
	if !all && d.Fingerprint != "" {
		r.Demotions = append(r.Demotions, d)
	}
	if len(r.Demotions) > maxBans {
		r.Demotions = slices.Clone(r.Demotions[1:])
	}
}

// demoted returns the demotion of a token that holds, or nil.
func (r *rules) demoted(fingerprint string, now int64) *demotion {
	for i := range r.Demotions {
		if d := &r.Demotions[i]; fingerprint != "" && d.Fingerprint == fingerprint && (d.Until == 0 || now < d.Until) {
			return d
		}
	}
	return nil
}

// within reports whether a allows nothing that b does not.
func within(a, b protocol.Capabilities) bool {
	return (!a.Publish || b.Publish) && (!a.Subscribe || b.Subscribe) && (!a.Signal || b.Signal) && (!a.ForceMute || b.ForceMute) &&
		(!a.ForceUnpublish || b.ForceUnpublish) && (!a.ForceDisconnect || b.ForceDisconnect) && (!a.Moderate || b.Moderate)
}

// ban keeps a client out.
type ban struct {
	Fingerprint string `json:"fingerprint,omitempty"` // of its token
	Address     string `json:"address,omitempty"`
}

// banned reports whether a token was banned.
func (r *rules) banned(fingerprint string) bool {
	for _, b := range r.Bans {
		if fingerprint != "" && b.Fingerprint == fingerprint {
			return true
		}
	}
	return false
}

// bannedAddress reports whether somebody at an address was banned.
func (r *rules) bannedAddress(address string) bool {
	for _, b := range r.Bans {
		if address != "" && b.Address == address {
			return true
		}
	}
	return false
}

// keepsOut reports whether a newcomer may be kept out, so that who is in needs a pass to come back after a restart.
func (r *rules) keepsOut() bool { return r.State.Locked || r.State.Lobby || len(r.Bans) > 0 }

// beginLife makes the session live, if it is not: its first connection comes.
func (s *Session) beginLife() {
	if s.live.Load() {
		return
	}
	s.live.Store(true)
	s.saveRules()
	s.observe(Observed{Name: protocol.SessionCreated})
}

// endLife ends all that was decided: the last connection has been gone for long enough.
func (s *Session) endLife() {
	s.rules = rules{State: protocol.SessionState{Lobby: s.info.Lobby}}
	s.missed = missed{}
	s.withStore("end live session", func(ctx context.Context) error { return s.manager.cfg.Store.EndLive(ctx, s.info.ID) })
	s.observe(Observed{Name: protocol.SessionDestroyed})
	s.log.Info("session ended")
	s.live.Store(false)
	s.manager.ended(s)
}

// revive makes the session live with what was saved before the server ended. Nobody is in it yet.
func (s *Session) revive(saved []byte) {
	var r rules
	if err := json.Unmarshal(saved, &r); err != nil {
		s.log.Error("read live session", "error", err)
	} else {
		s.rules = r
	}
	s.live.Store(true)
	s.clock.emptySince = time.Now()
}

// saveRules keeps the rules. When the store fails they hold all the same, but not over a restart.
func (s *Session) saveRules() {
	if !s.live.Load() {
		return
	}
	raw, err := json.Marshal(s.rules)
	if err != nil {
		panic("encode rules: " + err.Error()) // plain data
	}
	s.withStore("save live session", func(ctx context.Context) error { return s.manager.cfg.Store.SaveLive(ctx, s.info.ID, raw) })
}

// savePasses lets members come back after a restart, whatever keeps newcomers out.
func (s *Session) savePasses(members ...*Member) {
	passes := make([]Pass, 0, len(members))
	for _, m := range members {
		p := Pass{Resume: m.resume}
		if m.conn.Role != m.arrival.grant.Role {
			p.Role, p.RoleUntil, p.RoleAfter = m.conn.Role, m.conn.RoleUntil, m.grantedRole
		}
		passes = append(passes, p)
	}
	s.storePasses(passes)
}

func (s *Session) storePasses(passes []Pass) {
	if len(passes) > 0 {
		s.withStore("save passes", func(ctx context.Context) error { return s.manager.cfg.Store.SavePasses(ctx, s.info.ID, passes) })
	}
}

// withStore does something with the store and logs when it fails.
func (s *Session) withStore(what string, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if err := fn(ctx); err != nil {
		s.log.Error(what, "error", err)
	}
}
