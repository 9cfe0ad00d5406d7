package transport

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

const (
	maxDescription = 256 << 10
	maxMedia       = 64
	maxFormats     = 256 // of one section; there are 128 payload types
	maxSSRCs       = 64  // of one section; later ones are left out
)

// ErrDescription is the cause when a session description cannot be used.
var ErrDescription = errors.New("bad session description")

// Description is what matters of a client's session description.
type Description struct {
	ICEUfrag, ICEPwd string
	FingerprintHash  string // "sha-256", "sha-384" or "sha-512"
	Fingerprint      string
	Setup            string // "actpass", "active" or "passive"
	Media            []Media
	Lite             bool
}

// Media is one section.
type Media struct {
	MID, Kind, Direction string // Kind: "audio", "video" or "application"
	Rejected             bool
	Codecs               []Codec
	Extensions           map[string]uint8 // URI to id
	SSRCs                []uint32
	RIDs                 []string // of the layers a simulcast section sends

	protos, formats []string
}

// Codec is one payload type of a section.
type Codec struct {
	Name        string
	PayloadType uint8
	ClockRate   uint32
	Channels    int
	FMTP        string
	Feedback    []string // "nack", "nack pli", "transport-cc"
}

// ParseDescription reads a client's offer or answer of up to 256 KB and 64 sections. Whatever is in it is only taken down here; Answer and
// SetAnswer check that it makes sense.
func ParseDescription(s string) (*Description, error) {
	if s == "" || len(s) > maxDescription {
		return nil, fmt.Errorf("%w: %d bytes", ErrDescription, len(s))
	}
	var raw sdp.SessionDescription
	if err := raw.UnmarshalString(s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDescription, err)
	}
	if len(raw.MediaDescriptions) > maxMedia {
		return nil, fmt.Errorf("%w: %d sections", ErrDescription, len(raw.MediaDescriptions))
	}
	d := &Description{}
	d.readTransport(raw.Attributes)
	for _, a := range raw.Attributes {
		d.Lite = d.Lite || a.Key == "ice-lite"
	}
	for i, section := range raw.MediaDescriptions {
		m, err := readMedia(section, i)
		if err != nil {
			return nil, err
		}
		if !m.Rejected {
			d.readTransport(section.Attributes) // the first section that is in use counts, as everything is bundled
		}
		if slices.ContainsFunc(d.Media, func(o Media) bool { return o.MID == m.MID }) {
			return nil, fmt.Errorf("%w: mid %q twice", ErrDescription, m.MID)
		}
		d.Media = append(d.Media, m)
	}
	return d, nil
}

// readTransport takes down what is not known yet of ICE and DTLS.
func (d *Description) readTransport(attributes []sdp.Attribute) {
	ufrag, _ := find(attributes, "ice-ufrag")
	pwd, _ := find(attributes, "ice-pwd")
	if d.ICEUfrag == "" && ufrag != "" && pwd != "" {
		d.ICEUfrag, d.ICEPwd = ufrag, pwd
	}
	if d.Setup == "" {
		d.Setup, _ = find(attributes, "setup")
	}
	if d.Fingerprint != "" {
		return
	}
	for _, a := range attributes {
		if a.Key != "fingerprint" {
			continue
		}
		hash, value, ok := strings.Cut(a.Value, " ")
		if hash = strings.ToLower(hash); ok && knownHash(hash) {
			d.FingerprintHash, d.Fingerprint = hash, strings.ToUpper(strings.TrimSpace(value))
			return
		}
	}
}

func find(attributes []sdp.Attribute, key string) (string, bool) {
	for _, a := range attributes {
		if a.Key == key {
			return a.Value, true
		}
	}
	return "", false
}

// check reports what a description lacks to be connected to.
func (d *Description) check() error {
	switch {
	case !iceString(d.ICEUfrag, 4) || !iceString(d.ICEPwd, 22):
		return fmt.Errorf("%w: ice credentials", ErrDescription)
	case d.Fingerprint == "":
		return fmt.Errorf("%w: no fingerprint with a hash from sha-256 on", ErrDescription)
	case d.Setup != "actpass" && d.Setup != "active" && d.Setup != "passive":
		return fmt.Errorf("%w: setup %q", ErrDescription, d.Setup)
	}
	return nil
}

// iceString checks the grammar of RFC 8839, 5.4.
func iceString(s string, least int) bool {
	return len(s) >= least && len(s) <= 256 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '/'
	})
}

// isToken checks what is echoed to the other side: short, and of RFC 8866's token characters.
func isToken(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]`, r)
	})
}

func readMedia(section *sdp.MediaDescription, index int) (Media, error) {
	name := section.MediaName
	m := Media{Kind: name.Media, Direction: "sendrecv", Extensions: map[string]uint8{}, protos: name.Protos, formats: name.Formats}
	m.MID, _ = find(section.Attributes, "mid")
	if m.MID == "" {
		m.MID = strconv.Itoa(index)
	}
	if !isToken(m.MID) || !isToken(m.Kind) || len(m.formats) == 0 || len(m.formats) > maxFormats || !allTokens(m.protos) || !allTokens(m.formats) {
		return m, fmt.Errorf("%w: section %d", ErrDescription, index)
	}
	_, bundleOnly := find(section.Attributes, "bundle-only")
	m.Rejected = name.Port.Value == 0 && !bundleOnly
	if m.Kind == "audio" || m.Kind == "video" {
		for _, f := range m.formats {
			if pt, err := strconv.ParseUint(f, 10, 7); err == nil {
				m.Codecs = append(m.Codecs, Codec{PayloadType: uint8(pt)})
			}
		}
	}
	for _, a := range section.Attributes {
		m.readAttribute(a)
	}
	m.Codecs = slices.DeleteFunc(m.Codecs, func(c Codec) bool { return c.Name == "" })
	return m, nil
}

func allTokens(list []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !isToken(s) })
}

// readAttribute takes down one attribute of a section; what is malformed counts as absent.
func (m *Media) readAttribute(a sdp.Attribute) {
	head, rest, _ := strings.Cut(a.Value, " ")
	rest = strings.TrimSpace(rest)
	switch a.Key {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		m.Direction = a.Key
	case "rtpmap":
		if c := m.codec(head); c != nil {
			c.readMap(rest)
		}
	case "fmtp":
		if c := m.codec(head); c != nil {
			c.FMTP = rest
		}
	case "rtcp-fb":
		for i := range m.Codecs {
			if c := &m.Codecs[i]; head == "*" || head == strconv.Itoa(int(c.PayloadType)) {
				c.Feedback = append(c.Feedback, rest)
			}
		}
	case "extmap":
		id, _, _ := strings.Cut(head, "/")
		uri, _, _ := strings.Cut(rest, " ")
		if n, err := strconv.ParseUint(id, 10, 8); err == nil && n > 0 && n != 15 && uri != "" {
			m.Extensions[uri] = uint8(n)
		}
	case "ssrc":
		if n, err := strconv.ParseUint(head, 10, 32); err == nil && len(m.SSRCs) < maxSSRCs && !slices.Contains(m.SSRCs, uint32(n)) {
			m.SSRCs = append(m.SSRCs, uint32(n))
		}
	case "rid":
		if way, _, _ := strings.Cut(rest, " "); way == "send" && isToken(head) && len(m.RIDs) < 8 {
			m.RIDs = append(m.RIDs, head)
		}
	}
}

func (m *Media) codec(payloadType string) *Codec {
	for i := range m.Codecs {
		if strconv.Itoa(int(m.Codecs[i].PayloadType)) == payloadType {
			return &m.Codecs[i]
		}
	}
	return nil
}

// readMap takes down "opus/48000/2".
func (c *Codec) readMap(s string) {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || !isToken(parts[0]) {
		return
	}
	rate, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil {
		return
	}
	c.Name, c.ClockRate = parts[0], uint32(rate)
	if c.Channels = 0; len(parts) > 2 {
		if n, err := strconv.ParseUint(parts[2], 10, 8); err == nil {
			c.Channels = int(n)
		}
	}
}
