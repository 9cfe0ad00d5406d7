package token

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/rtc/protocol"
)

// t1Prefix begins a legacy token: "T1==" + base64("partner_id=KEY&sig=HEX:" + data), where data is a query string and the signature its
// HMAC-SHA1 with the API secret.
const t1Prefix = "T1=="

// t1TTL is how long a T1 token is valid that does not say.
const t1TTL = 24 * time.Hour

// parseT1 checks a legacy token's signature, project and times.
func (k Key) parseT1(text string, now time.Time) (claims, error) {
	damaged := invalid("The token was not signed by this server's project, or is damaged.")
	raw, err := base64.StdEncoding.Strict().DecodeString(text[len(t1Prefix):])
	if err != nil || k.Secret == "" {
		return claims{}, damaged
	}
	head, data, ok := strings.Cut(string(raw), ":")
	header, err := url.ParseQuery(head)
	if !ok || err != nil {
		return claims{}, damaged
	}
	sig, err := hex.DecodeString(header.Get("sig"))
	if err != nil {
		return claims{}, damaged
	}
	// The data is verified exactly as it came: SDKs order and escape it each in their own way.
	mac := hmac.New(sha1.New, []byte(k.Secret))
	mac.Write([]byte(data))
	if !hmac.Equal(sig, mac.Sum(nil)) {
		return claims{}, damaged
	}
	if header.Get("partner_id") != k.APIKey {
		return claims{}, invalid("The token is of another project.")
	}
	return t1Claims(data, now)
}

// t1Claims reads the data of a legacy token.
func t1Claims(data string, now time.Time) (claims, error) {
	fields, err := url.ParseQuery(data)
	if err != nil {
		return claims{}, invalid("The token's fields cannot be read.")
	}
	for name, values := range fields {
		if len(values) != 1 {
			return claims{}, invalid("The token names %.40q more than once.", name)
		}
	}
	role, err := ParseRole(fields.Get("role"))
	if err != nil {
		return claims{}, err
	}
	c := claims{
		SessionID: fields.Get("session_id"), Role: role, ConnectionData: fields.Get("connection_data"), Name: fields.Get("name"),
		LayoutClasses: classList(fields.Get("initial_layout_class_list")), Scope: fields.Get("scope"),
	}
	if !fields.Has("scope") {
		c.Scope = scope // older SDKs do not send it, and a T1 token opens nothing else
	}
	if c.IssuedAt, err = strconv.ParseFloat(fields.Get("create_time"), 64); err != nil {
		return claims{}, invalid("The token does not say when it was made.")
	}
	c.ExpiresAt = c.IssuedAt + t1TTL.Seconds()
	if fields.Has("expire_time") {
		if c.ExpiresAt, err = strconv.ParseFloat(fields.Get("expire_time"), 64); err != nil {
			return claims{}, invalid("The token's end is not a number.")
		}
	}
	made, err := numeric(c.IssuedAt)
	if err != nil || made == nil {
		return claims{}, invalid("The token's dates are out of range.")
	}
	ends, err := numeric(c.ExpiresAt)
	switch {
	case err != nil || ends == nil:
		return claims{}, invalid("The token's dates are out of range.")
	case !now.Before(ends.Add(Leeway)):
		return claims{}, protocol.Errorf(protocol.CodeTokenExpired, "The token has expired.")
	case made.After(now.Add(Leeway)):
		return claims{}, protocol.Errorf(protocol.CodeTokenNotYetValid, "The token is not valid yet.")
	case c.life(now) > MaxTTL+Leeway:
		return claims{}, invalid("The token is valid for more than %d days.", MaxTTL/(24*time.Hour))
	}
	return c, nil
}
