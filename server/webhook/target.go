package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// MaxURL bounds the address of a hook, in bytes.
const MaxURL = 2048

// CheckURL says why events cannot be posted to an address, or nil.
func CheckURL(text string) error {
	if len(text) > MaxURL {
		return fmt.Errorf("the URL has %d bytes, more than %d", len(text), MaxURL)
	}
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // without the address, which can be long and secret
		}
		return fmt.Errorf("the URL cannot be read: %w", err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the URL must begin with http:// or https://")
	case u.User != nil:
		return errors.New("the URL must not hold a user name or password")
	case u.Opaque != "" || u.Hostname() == "":
		return errors.New("the URL names no host")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return errors.New("the URL must not hold a fragment (#)")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errors.New("the URL must not hold spaces or control characters")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("the URL's port must be between 1 and 65535")
		}
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return checkAddress(ip)
	}
	return nil
}

// metadataV6 is where a cloud's machines ask for their own credentials over IPv6. Over IPv4 that is a link-local address.
var metadataV6 = netip.MustParseAddr("fd00:ec2::254")

// checkAddress refuses addresses that are nobody's server, or that belong to the machine's own network alone, where clouds hand out credentials.
func checkAddress(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip == broadcast || ip == metadataV6 {
		return fmt.Errorf("events are not posted to %s: link-local, multicast and unspecified addresses are refused", ip)
	}
	return nil
}

// checkDial is asked with the address that a name led to, before it is dialled: what was looked up when the hook was registered proves nothing.
func checkDial(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	return checkAddress(ap.Addr())
}

// newTransport returns what posts. It takes no proxy from the environment: the address that is checked must be the one that is spoken to.
func newTransport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout, Control: checkDial}
	return &http.Transport{
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   timeout,
		ResponseHeaderTimeout: timeout,
		DisableCompression:    true,
		MaxIdleConnsPerHost:   2,
		MaxIdleConns:          64,
		IdleConnTimeout:       30 * time.Second,
		// An answer's header is of no interest but for its status and when to come back.
		MaxResponseHeaderBytes: 32 << 10,
	}
}
