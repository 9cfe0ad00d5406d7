package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"parley/server/store"
)

// EventIDHeader carries the id of a delivery, which stays the same when it is posted again. It is the jti of its token too.
const EventIDHeader = "Parley-Event-Id"

// atOnce bounds how many events are delivered to a hook before others that wait for a place are let in.
const atOnce = 50

// maxAnswer bounds what is read of an answer's body: enough for the connection to be used again after a usual one.
const maxAnswer = 16 << 10

// maxError bounds the text of an error in the log, in bytes.
const maxError = 300

// drain delivers what waits for a hook, in order, until nothing is due, it fails, or others are to be let in.
func (d *Dispatcher) drain(hook string) {
	for range atOnce {
		if d.life.stopped() {
			return
		}
		next, ok, err := d.store.NextDelivery(d.life.cut, hook, time.Now())
		if err != nil && d.life.cut.Err() == nil {
			d.log.Error("webhook", "hook", hook, "error", err)
			d.pause(d.every)
		}
		if err != nil || !ok {
			return
		}
		settlement, ok := d.attempt(next)
		if !ok || !d.settle(settlement) || settlement.Attempt.Outcome == store.WebhookHeld {
			return
		}
	}
}

// attempt posts an event once. ok is false when that was cut off.
func (d *Dispatcher) attempt(next store.WebhookDelivery) (t store.WebhookSettlement, ok bool) {
	ctx, cancel := context.WithTimeout(d.life.cut, d.policy.Timeout)
	defer cancel()
	begin := time.Now()
	e, unreadable := restored(next.Body)
	status, after, err := 0, time.Duration(0), unreadable
	if unreadable == nil {
		status, after, err = d.post(ctx, next, e, begin)
	}
	if d.life.cut.Err() != nil && status == 0 {
		return store.WebhookSettlement{}, false
	}
	now := time.Now()
	t = store.WebhookSettlement{Delivery: next, MaxLog: d.policy.MaxLog,
		Attempt: store.WebhookAttempt{Hook: next.Hook, Time: now, EventID: next.ID, Event: next.Name, Session: next.Session, Status: status,
			DurationMillis: now.Sub(begin).Milliseconds()}}
	if err != nil {
		t.Attempt.Error = shorten(err.Error())
	}
	if d.judge(&t, after); unreadable != nil {
		t.Attempt.Outcome = store.WebhookFailed // and never will be readable
	}
	return t, true
}

// judge decides what an attempt leads to. No answer, an error of the server and being asked to come later hold the hook back, and with it everything that
// waits: it is in order. A redirect does too, for it says that the address is wrong, not the event. Another refusal is about this event alone.
func (d *Dispatcher) judge(t *store.WebhookSettlement, after time.Duration) {
	now, next := t.Attempt.Time, t.Delivery
	switch s := t.Attempt.Status; {
	case s >= 200 && s < 300:
		t.Attempt.Outcome = store.WebhookDelivered
	case s >= 400 && s < 500 && s != http.StatusRequestTimeout && s != http.StatusTooManyRequests:
		t.Attempt.Outcome = store.WebhookRefused
		t.Next = now.Add(d.policy.backoff(next.Refusals))
		if since := next.RefusedSince; !since.IsZero() && t.Next.Sub(since) > d.policy.GiveUp {
			t.Attempt.Outcome = store.WebhookFailed
		}
	default:
		t.Attempt.Outcome = store.WebhookHeld
		t.Next = now.Add(max(d.policy.backoff(next.Failures), after))
		// An event is tried for that long since its hook fails: one that waited while the server was down gets its time, too. When it is given up the
		// next one is tried at once: it may be this one that the hook cannot take.
		if old := now.Add(-d.policy.GiveUp); next.Recorded.Before(old) && !next.HeldSince.IsZero() && next.HeldSince.Before(old) {
			t.Attempt.Outcome, t.Next = store.WebhookExpired, now
		}
	}
}

// post sends an event and returns the status of the answer, 0 if there was none, and how long it asks to wait.
func (d *Dispatcher) post(ctx context.Context, next store.WebhookDelivery, e Event, now time.Time) (status int, after time.Duration, err error) {
	project, err := d.projects.Signing(ctx, next.Project)
	if err != nil {
		return 0, 0, fmt.Errorf("project %s: %w", next.Project, err)
	}
	body, err := Shape(next.Shape).body(e, project)
	if err != nil {
		return 0, 0, err
	}
	token, err := project.sign(next.ID, body, now)
	if err != nil {
		return 0, 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, next.URL, bytes.NewReader(body))
	if err != nil {
		return 0, 0, withoutURL(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", d.agent)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set(EventIDHeader, next.ID)
	answer, err := d.client.Do(r)
	if err != nil {
		return 0, 0, withoutURL(err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // nobody reads it
	if answer.StatusCode >= 300 {
		err = fmt.Errorf("answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return answer.StatusCode, d.policy.retryAfter(answer.Header, now), err
}

// settle keeps what an attempt led to. It tries until it is kept: an event that is delivered and still waits would be posted over and over. It
// reports false when the dispatcher ends before.
func (d *Dispatcher) settle(t store.WebhookSettlement) bool {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		// Not cut off: what was answered should not be posted again.
		err := d.store.SettleDelivery(context.WithoutCancel(d.life.cut), t)
		if err == nil {
			d.tell(t)
			return true
		}
		if d.life.cut.Err() != nil {
			return false
		}
		d.log.Error("webhook", "hook", t.Delivery.Hook, "error", err)
		if !d.pause(wait) {
			return false
		}
	}
}

// tell logs what a host should know: when a hook begins to fail and when it no longer does, and what is given up.
func (d *Dispatcher) tell(t store.WebhookSettlement) {
	log := d.log.With("hook", t.Delivery.Hook, "host", hostOf(t.Delivery.URL))
	switch t.Attempt.Outcome {
	case store.WebhookHeld, store.WebhookExpired:
		if t.Delivery.Failures == 0 {
			log.Warn("a webhook fails and is held back; its events wait", "error", t.Attempt.Error)
		}
	default:
		if t.Delivery.Failures > 0 {
			log.Info("a webhook answers again", "failures", t.Delivery.Failures)
		}
	}
	switch t.Attempt.Outcome {
	case store.WebhookFailed, store.WebhookExpired:
		d.givenUp.add(1)
		fallthrough
	case store.WebhookRefused:
		log.Debug("an event was not taken", "outcome", t.Attempt.Outcome, "event", t.Delivery.Name, "id", t.Delivery.ID, "error", t.Attempt.Error)
	}
}

// pause waits, and reports false when the dispatcher ends meanwhile.
func (d *Dispatcher) pause(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.life.stop:
		return false
	}
}

// withoutURL leaves the address out of an error: it can hold a secret, and the log names the hook.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// hostOf is what a log may hold of an address.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

// shorten is a text that a log can hold and a terminal show.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "")
	}
	return text
}
