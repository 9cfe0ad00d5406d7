package rtc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"parley/rtc/protocol"
)

// ErrLink means that a text is not a link to a meeting.
var ErrLink = errors.New("not a meeting link")

// Bounds of a link, in bytes and in further addresses, and of an HTTP answer, in bytes.
const (
	maxLink  = 4 << 10
	maxAlso  = 8
	maxReply = 64 << 10
)

// defaultPort is a server's where a link names none.
const defaultPort = "7880"

// Link is an invitation: where the server is, how it proves to be that server, and the secret that it exchanges for a token.
type Link struct {
	Host   string // HOST:PORT
	Invite string
	Pin    protocol.Pin // of the server's key; none: the link says nothing of it
	TLS    bool         // without a pin: the server has a certificate for its name that this computer trusts
	Also   string       // further addresses of the same server, as HOST:PORT, separated by commas
}

// ParseLink reads parley://HOST:PORT/INVITE, and the same with http, https or no scheme at all. The fragment may say more, separated by &: pin=PIN, tls (as
// https does), also=HOST:PORT,HOST:PORT. What it does not know there it passes over, but a pin that cannot be read is no link: it must not become one
// without.
func ParseLink(text string) (Link, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxLink {
		return Link{}, fmt.Errorf("%w: %d bytes", ErrLink, len(text))
	}
	if !strings.Contains(text, "://") {
		text = "parley://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Link{}, fmt.Errorf("%w: %w", ErrLink, err)
	}
	l := Link{Invite: strings.Trim(u.Path, "/"), TLS: u.Scheme == "https"}
	switch {
	case u.Scheme != "parley" && u.Scheme != "http" && u.Scheme != "https":
		return Link{}, fmt.Errorf("%w: scheme %q", ErrLink, u.Scheme)
	case u.User != nil || u.RawQuery != "":
		return Link{}, fmt.Errorf("%w: more than an address and an invite", ErrLink)
	case !inviteShape(l.Invite):
		return Link{}, fmt.Errorf("%w: no invite after the address", ErrLink)
	}
	port := u.Port()
	if port == "" && l.TLS {
		port = "443"
	}
	if l.Host, err = address(u.Hostname(), port); err != nil {
		return Link{}, err
	}
	if err := l.parseFragment(u.Fragment); err != nil {
		return Link{}, err
	}
	return l, nil
}

// parseFragment reads what stands behind the #.
func (l *Link) parseFragment(fragment string) error {
	for part := range strings.SplitSeq(fragment, "&") {
		key, value, _ := strings.Cut(part, "=")
		switch strings.ToLower(key) {
		case "pin":
			pin, err := protocol.ParsePin(value)
			if err != nil || l.Pin != (protocol.Pin{}) {
				return fmt.Errorf("%w: it is cut off, or changed: its pin cannot be read", ErrLink)
			}
			l.Pin = pin
		case "tls":
			l.TLS = true
		case "also":
			if err := l.parseAlso(value); err != nil {
				return err
			}
		}
	}
	l.TLS = l.TLS && l.Pin == (protocol.Pin{}) // a pin says it all
	return nil
}

// parseAlso reads further addresses.
func (l *Link) parseAlso(value string) error {
	all := strings.Split(value, ",")
	if len(all) > maxAlso || l.Also != "" {
		return fmt.Errorf("%w: more than %d further addresses", ErrLink, maxAlso)
	}
	for i, text := range all {
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			host, port = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ""
		}
		if all[i], err = address(host, port); err != nil {
			return err
		}
	}
	l.Also = strings.Join(all, ",")
	return nil
}

// address checks a host and a port, and joins them.
func address(host, port string) (string, error) {
	if !hostShape(host) {
		return "", fmt.Errorf("%w: %q is no server's address", ErrLink, host)
	}
	if port == "" {
		port = defaultPort
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%w: port %q", ErrLink, port)
	}
	return net.JoinHostPort(host, port), nil
}

// hostShape reports whether a text is an IP address or can be a host's name.
func hostShape(s string) bool {
	if strings.Contains(s, ":") {
		ip, err := netip.ParseAddr(s)
		return err == nil && ip.Zone() == ""
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return s != "" && len(s) <= 253
}

// inviteShape reports whether a text can be an invite: letters, digits, - and _.
func inviteShape(s string) bool {
	if len(s) < 8 || len(s) > 128 {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// String returns the link as it is passed on.
func (l Link) String() string {
	var more []string
	switch {
	case l.Pin != (protocol.Pin{}):
		more = append(more, "pin="+l.Pin.String())
	case l.TLS:
		more = append(more, "tls")
	}
	if l.Also != "" {
		more = append(more, "also="+l.Also)
	}
	text := "parley://" + l.Host + "/" + l.Invite
	if len(more) > 0 {
		text += "#" + strings.Join(more, "&")
	}
	return text
}

// Secure reports whether the server is spoken with over TLS alone.
func (l Link) Secure() bool { return l.TLS || l.Pin != (protocol.Pin{}) }

// URL returns the server's base URL.
func (l Link) URL() string {
	if l.Secure() {
		return "https://" + l.Host
	}
	return "http://" + l.Host
}

// Addresses returns where the server may be reached, as HOST:PORT, the likeliest first.
func (l Link) Addresses() []string {
	if l.Also == "" {
		return []string{l.Host}
	}
	return append([]string{l.Host}, strings.Split(l.Also, ",")...)
}

// Redeem exchanges the invite for a token of one's own. Refusals are *protocol.ErrorBody. client is what reaches the server when the link says neither how it
// proves to be the one that is meant nor further addresses; nil is http.DefaultClient. Nothing of the invite is sent before the server has proved that.
func (l Link) Redeem(ctx context.Context, name string, client *http.Client) (protocol.JoinReply, error) {
	var reply protocol.JoinReply
	raw, err := json.Marshal(protocol.JoinRequest{Invite: l.Invite, Name: name})
	if err != nil {
		return reply, fmt.Errorf("redeem invite: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.URL()+protocol.JoinPath, bytes.NewReader(raw))
	if err != nil {
		return reply, fmt.Errorf("redeem invite: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.Client(client).Do(req)
	if err != nil {
		return reply, fmt.Errorf("redeem invite: %w", err)
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return reply, fmt.Errorf("redeem invite: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var body protocol.ErrorBody
		if json.Unmarshal(raw, &body) != nil || body.Code == "" {
			return reply, fmt.Errorf("redeem invite: %w", protocol.Errorf(protocol.CodeNotFound, "There is no Parley server at %s (HTTP %d).", l.Host, resp.StatusCode))
		}
		return reply, fmt.Errorf("redeem invite: %w", &body)
	}
	if err := json.Unmarshal(raw, &reply); err != nil || reply.Token == "" {
		return reply, fmt.Errorf("redeem invite: %w", protocol.Errorf(protocol.CodeNotFound, "There is no Parley server at %s.", l.Host))
	}
	return reply, nil
}

// wireURL returns the WebSocket URL for a server's base URL (http, https, ws or wss).
func wireURL(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("server URL %q: write it as http://HOST:PORT", base)
	}
	switch u.Scheme {
	case "http", "ws":
		u.Scheme = "ws"
	case "https", "wss":
		u.Scheme = "wss"
	default:
		return "", fmt.Errorf("server URL %q: write it as http://HOST:PORT", base)
	}
	u.Path = strings.TrimRight(u.Path, "/") + protocol.Path
	u.RawQuery, u.Fragment = "", ""
	return u.String(), nil
}
