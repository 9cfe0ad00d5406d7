package client

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"parley/server/bench/load"
)

// remote is what a server's description says of its end.
type remote struct {
	ufrag, pwd string
	address    netip.AddrPort
	sections   []section
}

// section is one media section of an offer.
type section struct {
	mid, kind, direction string
	media                string // the m= line
	ssrc                 uint32
}

// parse reads a server's description.
func parse(sdp string) (*remote, error) {
	r := &remote{}
	for line := range strings.SplitSeq(sdp, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if media, ok := strings.CutPrefix(line, "m="); ok {
			kind, _, _ := strings.Cut(media, " ")
			r.sections = append(r.sections, section{media: media, kind: kind})
		}
		attribute, ok := strings.CutPrefix(line, "a=")
		if !ok {
			continue
		}
		key, value, _ := strings.Cut(attribute, ":")
		switch key {
		case "ice-ufrag":
			r.ufrag = value
		case "ice-pwd":
			r.pwd = value
		case "candidate":
			r.candidate(value)
		}
		if len(r.sections) > 0 {
			r.sections[len(r.sections)-1].read(key, value)
		}
	}
	if r.ufrag == "" || r.pwd == "" {
		return nil, fmt.Errorf("the server's description has no ICE credentials")
	}
	return r, nil
}

// candidate keeps the first UDP candidate.
func (r *remote) candidate(value string) {
	f := strings.Fields(value)
	if len(f) < 8 || f[2] != "udp" || r.address.IsValid() {
		return
	}
	if a, err := netip.ParseAddrPort(f[4] + ":" + f[5]); err == nil {
		r.address = a
	}
}

func (s *section) read(key, value string) {
	switch key {
	case "mid":
		s.mid = value
	case "sendonly", "inactive":
		s.direction = key
	case "ssrc":
		number, _, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(number, 10, 32); err == nil {
			s.ssrc = uint32(n)
		}
	}
}

// credentials are our side of ICE and DTLS.
type credentials struct {
	ufrag, pwd, fingerprint string
}

// describe writes a description of sections with what they have in common. setup is that of DTLS.
func (c credentials) describe(setup string, sections []string, mids []string) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n")
	if len(mids) > 0 {
		b.WriteString("a=group:BUNDLE " + strings.Join(mids, " ") + "\r\n")
	}
	for i, s := range sections {
		b.WriteString(s)
		fmt.Fprintf(&b, "c=IN IP4 0.0.0.0\r\na=mid:%s\r\na=rtcp-mux\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:%s\r\n",
			mids[i], c.ufrag, c.pwd, c.fingerprint, setup)
	}
	return b.String()
}

// offer describes what we publish: one section for each kind, with its SSRC.
func (c credentials) offer(kinds []load.Kind, ssrcs []uint32) string {
	var sections, mids []string
	for i, kind := range kinds {
		pt, codec := load.PayloadVP8, "VP8/90000"
		if kind == load.Audio {
			pt, codec = load.PayloadOpus, "opus/48000/2"
		}
		s := fmt.Sprintf("m=%s 9 UDP/TLS/RTP/SAVPF %d\r\na=sendonly\r\na=rtpmap:%d %s\r\na=ssrc:%d cname:bench\r\n", kind, pt, pt, codec, ssrcs[i])
		if kind == load.Video {
			s += fmt.Sprintf("a=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n", pt, pt)
		}
		sections = append(sections, s)
		mids = append(mids, strconv.Itoa(i))
	}
	return c.describe("actpass", sections, mids)
}

// answer accepts all that the server offers.
func (c credentials) answer(offered *remote) string {
	var sections, mids []string
	for _, s := range offered.sections {
		direction := "recvonly"
		if s.direction == "inactive" {
			direction = "inactive"
		}
		sections = append(sections, "m="+s.media+"\r\na="+direction+"\r\n")
		mids = append(mids, s.mid)
	}
	return c.describe("active", sections, mids)
}
