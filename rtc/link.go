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

// maxLink bounds a link, maxReply an HTTP answer, in bytes.
const (
	maxLink  = 2 << 10
	maxReply = 64 << 10
)

// Link is an invitation: where the server is, and the secret that it exchanges for a token.
type Link struct {
	Host   string // HOST:PORT
	Invite string
}

// ParseLink reads parley://HOST:PORT/INVITE, and the same with http, https or no scheme at all.
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
	invite := strings.Trim(u.Path, "/")
	switch {
	case u.Scheme != "parley" && u.Scheme != "http" && u.Scheme != "https":
		return Link{}, fmt.Errorf("%w: scheme %q", ErrLink, u.Scheme)
	case u.User != nil || u.RawQuery != "":
		return Link{}, fmt.Errorf("%w: more than an address and an invite", ErrLink)
	case !hostShape(u.Hostname()):
		return Link{}, fmt.Errorf("%w: %q is no server's address", ErrLink, u.Hostname())
	case !inviteShape(invite):
		return Link{}, fmt.Errorf("%w: no invite after the address", ErrLink)
	}
	port := u.Port()
	if port == "" {
		port = "7880"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return Link{}, fmt.Errorf("%w: port %q", ErrLink, port)
	}
	return Link{Host: net.JoinHostPort(u.Hostname(), port), Invite: invite}, nil
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
func (l Link) String() string { return "parley://" + l.Host + "/" + l.Invite }

// URL returns the server's base URL.
func (l Link) URL() string { return "http://" + l.Host }

// Redeem exchanges the invite for a token of one's own. client is nil for http.DefaultClient. Refusals are *protocol.ErrorBody.
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
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
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
