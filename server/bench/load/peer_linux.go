package load

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"
)

const (
	socketBuffer = 4 << 20
	replayWindow = 1024
	maxEarly     = 800 // datagrams that are kept until there are keys: the server may have its own first. pion/webrtc keeps a megabyte
	maxBlocks    = 31  // report blocks in one receiver report
)

// Keys are what one end of a Peer encrypts and decrypts with. AES-128-GCM is meant.
type Keys struct {
	LocalKey, LocalSalt, RemoteKey, RemoteSalt []byte
}

// KeySize and SaltSize are the sizes of the keys.
const (
	KeySize  = 16
	SaltSize = 12
	profile  = srtp.ProtectionProfileAeadAes128Gcm
)

// Peer is the client's end of one peer connection: a UDP socket.
type Peer struct {
	loop  *Loop
	fd    int
	local netip.AddrPort
	// Other takes what is neither RTP nor RTCP; the loop calls it and the bytes are valid until it returns. Set it before Connect.
	Other func(b []byte)
	// KeepAlive, if set, is called by the loop each two seconds. Set it before Connect.
	KeepAlive func()
	// Quiet peers send no RTCP. Set it before Connect.
	Quiet bool

	// loop state
	closed  bool
	in, out *srtp.Context
	early   [][]byte
	header  rtp.Header
	rtcp    rtcp.Header
	sources []*Source
	sinks   []*Sink
	scratch []byte
	refused uint64 // what could not be decrypted
}

// NewPeer opens a socket on the loopback address.
func (l *Loop) NewPeer() (*Peer, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	p := &Peer{loop: l, fd: fd, scratch: make([]byte, 0, maxDatagram)}
	// Best effort: the kernel may allow less.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBuffer)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("name socket: %w", err)
	}
	four := name.(*unix.SockaddrInet4)
	p.local = netip.AddrPortFrom(netip.AddrFrom4(four.Addr), uint16(four.Port))
	return p, nil
}

// Local is the socket's address.
func (p *Peer) Local() netip.AddrPort { return p.local }

// Connect names the server's address, an IPv4 one, and begins to read.
func (p *Peer) Connect(remote netip.AddrPort) error {
	if err := unix.Connect(p.fd, &unix.SockaddrInet4{Addr: remote.Addr().As4(), Port: int(remote.Port())}); err != nil {
		return fmt.Errorf("connect socket: %w", err)
	}
	var err error
	doErr := p.loop.Do(func() {
		p.loop.peers[int32(p.fd)] = p
		err = p.loop.watch(p.fd)
	})
	if doErr != nil {
		return doErr
	}
	return err
}

// Send sends what is neither RTP nor RTCP. It is safe for concurrent use until Close.
func (p *Peer) Send(b []byte) error {
	if _, err := unix.Write(p.fd, b); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// SetKeys opens the peer for media.
func (p *Peer) SetKeys(k Keys) error {
	in, err := srtp.CreateContext(k.RemoteKey, k.RemoteSalt, profile, srtp.SRTPReplayProtection(replayWindow))
	if err != nil {
		return fmt.Errorf("set keys: %w", err)
	}
	out, err := srtp.CreateContext(k.LocalKey, k.LocalSalt, profile)
	if err != nil {
		return fmt.Errorf("set keys: %w", err)
	}
	return p.loop.Do(func() {
		p.in, p.out = in, out
		for _, b := range p.early {
			p.take(b)
		}
		p.early = nil
	})
}

// Close ends the peer.
func (p *Peer) Close() {
	// An error says that the loop has closed it.
	_ = p.loop.Do(p.close)
}

// close is called by the loop.
func (p *Peer) close() {
	if p.closed {
		return
	}
	p.closed = true
	for _, s := range p.sources {
		s.stop()
	}
	delete(p.loop.peers, int32(p.fd))
	_ = unix.Close(p.fd) // leaves the epoll set with it
}

// take takes in a datagram.
func (p *Peer) take(b []byte) {
	if len(b) < 12 || b[0] < 128 || b[0] > 191 {
		if p.Other != nil {
			p.Other(b)
		}
		return
	}
	if p.in == nil {
		if len(p.early) < maxEarly {
			p.early = append(p.early, append([]byte(nil), b...))
		}
		return
	}
	if b[1] >= 192 && b[1] <= 223 {
		plain, err := p.in.DecryptRTCP(b, b, &p.rtcp)
		if err != nil {
			p.refused++
			return
		}
		p.control(plain)
		return
	}
	plain, err := p.in.DecryptRTP(b, b, &p.header)
	if err != nil {
		p.refused++
		return
	}
	for _, s := range p.sinks {
		if s.ssrc == p.header.SSRC {
			s.take(&p.header, plain[p.header.MarshalSize():])
			return
		}
	}
}

// control takes in RTCP: what publishers are asked for.
func (p *Peer) control(b []byte) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		p.refused++
		return
	}
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.TransportLayerNack:
			for _, s := range p.sources {
				if s.ssrc == packet.MediaSSRC {
					s.resend(packet.Nacks)
				}
			}
		case *rtcp.PictureLossIndication:
			for _, s := range p.sources {
				if s.ssrc == packet.MediaSSRC {
					s.wantKey = true
				}
			}
		}
	}
}

// tick sends what is due of feedback.
func (p *Peer) tick(tick int) {
	if p.closed {
		return
	}
	own := p.fd % ticksPerRun // not all at once
	if p.KeepAlive != nil && tick%(2*ticksPerRun) == own {
		p.KeepAlive()
	}
	if p.Quiet || p.out == nil {
		return
	}
	for _, s := range p.sinks {
		s.ask()
	}
	if tick%ticksPerRun == own {
		p.report()
	}
}

// report sends the reports of a second.
func (p *Peer) report() {
	for _, s := range p.sources {
		p.sendRTCP(s.report())
	}
	for some := range slices.Chunk(p.sinks, maxBlocks) {
		r := &rtcp.ReceiverReport{SSRC: 1}
		for _, s := range some {
			if s.started {
				r.Reports = append(r.Reports, rtcp.ReceptionReport{SSRC: s.ssrc, LastSequenceNumber: uint32(s.highest)})
			}
		}
		p.sendRTCP(r)
	}
}

func (p *Peer) sendRTCP(packets ...rtcp.Packet) {
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		panic("marshal rtcp: " + err.Error()) // we made it
	}
	sealed, err := p.out.EncryptRTCP(p.scratch[:0], raw, &p.rtcp)
	if err == nil {
		_, _ = unix.Write(p.fd, sealed) // a full socket loses it, as the network may
	}
}
