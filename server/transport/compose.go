package transport

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

const ridURI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"

// Accept is what Answer accepts of a section.
type Accept struct {
	Codec      Codec
	Extensions map[string]uint8
}

// OfferMedia is one section of an Offer.
type OfferMedia struct {
	MID, Kind  string
	Codec      Codec
	SSRC       uint32
	MSID       string // the label of the stream
	TrackID    string
	CNAME      string
	Extensions map[string]uint8
	Inactive   bool // was removed; the section stays
}

// Answer answers a client's publishing offer. accept maps a MID to what is accepted of it; other sections are rejected. Called again, it
// renegotiates; other ICE credentials in the offer are an ICE restart, which DTLS and SRTP survive.
func (c *Conn) Answer(offer *Description, accept map[string]Accept) (string, error) {
	if err := offer.check(); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	if offer.Lite {
		return "", fmt.Errorf("answer: %w: both ends are ice-lite", ErrDescription)
	}
	known, weAreClient := c.told.role()
	if !known {
		weAreClient = offer.Setup == "passive"
	}
	sections := make([]*sdp.MediaDescription, 0, len(offer.Media))
	var bundle []string
	for i := range offer.Media {
		m := &offer.Media[i]
		a, ok := accept[m.MID]
		if !ok || m.Rejected || m.Kind != "audio" && m.Kind != "video" {
			sections = append(sections, rejected(m))
			continue
		}
		if err := checkCodec(a.Codec); err != nil {
			return "", fmt.Errorf("answer mid %s: %w", m.MID, err)
		}
		sections = append(sections, accepted(m, a))
		bundle = append(bundle, m.MID)
	}
	news, restarted, err := c.told.learn(offer, weAreClient)
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	if restarted {
		c.RestartICE()
	}
	if news {
		c.meet(offer)
	}
	setup := "passive"
	if weAreClient {
		setup = "active"
	}
	text, err := c.describe(sections, bundle, setup, false)
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	c.begin()
	return text, nil
}

// Offer makes an offer of the subscribing side: one section for each of media, in the order given, which must stay the same over
// renegotiations but for new ones at the end.
func (c *Conn) Offer(media []OfferMedia) (string, error) {
	if len(media) > maxMedia {
		return "", fmt.Errorf("offer: %w: %d sections", ErrDescription, len(media))
	}
	sections := make([]*sdp.MediaDescription, 0, len(media))
	var bundle []string
	for i := range media {
		m := &media[i]
		if err := m.check(); err != nil {
			return "", fmt.Errorf("offer mid %q: %w", m.MID, err)
		}
		sections = append(sections, offered(m))
		bundle = append(bundle, m.MID)
	}
	text, err := c.describe(sections, bundle, "actpass", true)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	return text, nil
}

func (m *OfferMedia) check() error {
	if !isToken(m.MID) || m.Kind != "audio" && m.Kind != "video" {
		return fmt.Errorf("%w: mid or kind", ErrDescription)
	}
	if !m.Inactive && (!isToken(m.MSID) || !isToken(m.TrackID) || strings.ContainsAny(m.CNAME, " \r\n") || m.CNAME == "") {
		return fmt.Errorf("%w: msid, track or cname", ErrDescription)
	}
	return checkCodec(m.Codec)
}

// checkCodec refuses what would break the lines of a description, and payload types that look like RTCP (RFC 5761, 4).
func checkCodec(c Codec) error {
	if c.PayloadType > 127 || c.PayloadType >= 64 && c.PayloadType <= 95 {
		return fmt.Errorf("%w: payload type %d", ErrDescription, c.PayloadType)
	}
	if !isToken(c.Name) || strings.ContainsAny(c.FMTP+strings.Join(c.Feedback, ""), "\r\n") {
		return fmt.Errorf("%w: codec %q", ErrDescription, c.Name)
	}
	return nil
}

func rejected(m *Media) *sdp.MediaDescription {
	d := &sdp.MediaDescription{
		MediaName:             sdp.MediaName{Media: m.Kind, Protos: m.protos, Formats: m.formats},
		ConnectionInformation: nowhere(),
	}
	return d.WithValueAttribute("mid", m.MID).WithPropertyAttribute("inactive")
}

func accepted(m *Media, a Accept) *sdp.MediaDescription {
	d := section(m.MID, m.Kind, a.Codec, a.Extensions)
	if m.Direction == "recvonly" || m.Direction == "inactive" {
		return d.WithPropertyAttribute("inactive")
	}
	d.WithPropertyAttribute("recvonly")
	if _, ok := a.Extensions[ridURI]; ok && len(m.RIDs) > 0 { // RFC 8853, 5.2
		for _, rid := range m.RIDs {
			d.WithValueAttribute("rid", rid+" recv")
		}
		d.WithValueAttribute("simulcast", "recv "+strings.Join(m.RIDs, ";"))
	}
	return d
}

func offered(m *OfferMedia) *sdp.MediaDescription {
	d := section(m.MID, m.Kind, m.Codec, m.Extensions)
	if m.Inactive {
		return d.WithPropertyAttribute("inactive")
	}
	d.WithPropertyAttribute("sendonly")
	d.WithValueAttribute("msid", m.MSID+" "+m.TrackID)
	ssrc := strconv.FormatUint(uint64(m.SSRC), 10)
	d.WithValueAttribute("ssrc", ssrc+" cname:"+m.CNAME)
	d.WithValueAttribute("ssrc", ssrc+" msid:"+m.MSID+" "+m.TrackID)
	return d
}

// section is what offered and accepted sections have in common.
func section(mid, kind string, codec Codec, extensions map[string]uint8) *sdp.MediaDescription {
	pt := strconv.Itoa(int(codec.PayloadType))
	d := &sdp.MediaDescription{
		MediaName: sdp.MediaName{
			Media: kind, Port: sdp.RangedPort{Value: 9}, Protos: []string{"UDP", "TLS", "RTP", "SAVPF"}, Formats: []string{pt},
		},
		ConnectionInformation: nowhere(),
	}
	d.WithValueAttribute("mid", mid).WithPropertyAttribute("rtcp-mux").WithPropertyAttribute("rtcp-rsize")
	name := fmt.Sprintf("%s %s/%d", pt, codec.Name, codec.ClockRate)
	if codec.Channels > 1 || codec.Channels == 1 && kind != "audio" {
		name += "/" + strconv.Itoa(codec.Channels)
	}
	d.WithValueAttribute("rtpmap", name)
	if codec.FMTP != "" {
		d.WithValueAttribute("fmtp", pt+" "+codec.FMTP)
	}
	for _, f := range codec.Feedback {
		d.WithValueAttribute("rtcp-fb", pt+" "+f)
	}
	for _, uri := range slices.Sorted(maps.Keys(extensions)) {
		d.WithValueAttribute("extmap", fmt.Sprintf("%d %s", extensions[uri], uri))
	}
	return d
}

func nowhere() *sdp.ConnectionInformation {
	return &sdp.ConnectionInformation{NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: "0.0.0.0"}}
}

// describe puts the sections together with the transport that they share.
func (c *Conn) describe(sections []*sdp.MediaDescription, bundle []string, setup string, offer bool) (string, error) {
	session, version, err := c.told.next(offer)
	if err != nil {
		return "", err
	}
	if len(bundle) > 0 {
		c.described()
	}
	d := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: session, SessionVersion: version, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "127.0.0.1",
		},
		SessionName:      "-",
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	d.WithPropertyAttribute("ice-lite").WithPropertyAttribute("extmap-allow-mixed").WithValueAttribute("msid-semantic", "WMS *")
	if len(bundle) > 0 {
		d.WithValueAttribute("group", "BUNDLE "+strings.Join(bundle, " "))
	}
	local := c.ice.current()
	first := true
	for _, s := range sections {
		if s.MediaName.Port.Value != 0 {
			s.WithICECredentials(local.ufrag, local.pwd).WithFingerprint("sha-256", c.t.digest).WithValueAttribute("setup", setup)
			if first {
				for _, candidate := range c.t.candidates() {
					s.WithValueAttribute("candidate", candidate)
				}
				s.WithPropertyAttribute("end-of-candidates")
				first = false
			}
		}
		d.WithMedia(s)
	}
	text, err := d.Marshal()
	return string(text), err
}
