package token

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// t1Prefix begins a legacy token: "T1==" + base64("partner_id=KEY&sig=HEX:" + data), where data is a query string and the signature its
// HMAC-SHA1 with the API secret.
const t1Prefix = "T1=="

// t1TTL is how long a T1 token is valid that does not say.
const t1TTL = 24 * time.Hour

// parseT1 checks a legacy token's signature, project and dates.
func (v *Verifier) parseT1(ctx context.Context, text string, now time.Time) (parsed, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text[len(t1Prefix):])
	if err != nil {
		return parsed{}, forged()
	}
	head, data, ok := strings.Cut(string(raw), ":")
	header, err := url.ParseQuery(head)
	if !ok || err != nil {
		return parsed{}, forged()
	}
	sig, err := hex.DecodeString(header.Get("sig"))
	if err != nil {
		return parsed{}, forged()
	}
	id := header.Get("partner_id")
	p, err := v.find(ctx, id, now)
	switch {
	case err != nil:
		return parsed{}, err
	case id != p.APIKey:
		return parsed{}, invalid("The token names its project in another way than its method does.")
	}
	// The data is verified exactly as it came: SDKs order and escape it each in their own way.
	signs := func(secret string) bool {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(data))
		return hmac.Equal(sig, mac.Sum(nil))
	}
	switch {
	case slices.ContainsFunc(p.Live.Secrets, signs):
	case slices.ContainsFunc(p.Revoked.Secrets, signs):
		return parsed{}, revoked()
	default:
		return parsed{}, forged()
	}
	c, err := t1Claims(data)
	if err != nil {
		return parsed{}, err
	}
	switch {
	case !now.Before(date(c.ExpiresAt).Add(Leeway)):
		return parsed{}, expired()
	case date(c.IssuedAt).After(now.Add(Leeway)):
		return parsed{}, notYetValid()
	}
	return parsed{claims: c, project: p, signed: data}, nil
}

// t1Claims reads the data of a legacy token.
func t1Claims(data string) (claims, error) {
	fields, err := url.ParseQuery(data)
	if err != nil {
		return claims{}, invalid("The token's fields cannot be read.")
	}
	for name, values := range fields {
		if len(values) != 1 {
			return claims{}, invalid("The token names %.40q more than once.", name)
		}
	}
	c := claims{
		SessionID: fields.Get("session_id"), ConnectionData: fields.Get("connection_data"), Name: fields.Get("name"), Invite: fields.Get("invite"),
		LayoutClasses: classList(fields.Get("initial_layout_class_list")), Scope: fields.Get("scope"),
	}
	if c.Role, err = json.Marshal(fields.Get("role")); err != nil {
		return claims{}, invalid("The token's role cannot be read.")
	}
	if !fields.Has("scope") {
		c.Scope = scope // older SDKs do not send it, and a T1 token opens nothing else
	}
	if c.IssuedAt, err = t1Date(fields.Get("create_time")); err != nil || c.IssuedAt == 0 {
		return claims{}, invalid("The token does not say when it was made.")
	}
	c.ExpiresAt = c.IssuedAt + t1TTL.Seconds()
	if fields.Has("expire_time") {
		if c.ExpiresAt, err = t1Date(fields.Get("expire_time")); err != nil {
			return claims{}, invalid("The token's end is not a date.")
		}
	}
	return c, nil
}

// t1Date reads a date in seconds.
func t1Date(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = errors.New("not a number of seconds")
	}
	return v, err
}
