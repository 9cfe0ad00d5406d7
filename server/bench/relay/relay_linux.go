package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	"parley/server/bench/mmsg"
)

const (
	profile     = srtp.ProtectionProfileAeadAes128Gcm
	maxRead     = 64
	maxDatagram = 2048
	maxSend     = 1024 // messages for one system call, as many as the kernel takes
	maxSegments = 64
	maxBurst    = 65000
	buffer      = 4 << 20
)

// Relay is a running relay.
type Relay struct {
	conn        *net.UDPConn
	publishers  map[netip.AddrPort]*publisher
	subscribers []*subscriber
	row         Row
	header      rtp.Header
	slab        []byte
	out         *mmsg.Batch
	touched     []*subscriber
}

type publisher struct {
	in *srtp.Context
	to []*subscriber
}

type subscriber struct {
	address netip.AddrPort
	raw     mmsg.Address
	context *srtp.Context // of Sendto
	sealer  *sealer       // of the others
	pending []byte        // of Segmented: sealed packets
	sizes   []int
}

// Listen opens the relay's socket.
func Listen() (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	// Best effort: the kernel may allow less.
	_ = conn.SetReadBuffer(buffer)
	_ = conn.SetWriteBuffer(buffer)
	return conn, nil
}

// New makes a relay that reads from conn.
func New(conn *net.UDPConn, cfg Config) (*Relay, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	r := &Relay{conn: conn, row: cfg.Row, publishers: map[netip.AddrPort]*publisher{}, out: mmsg.NewBatch(maxSend)}
	for _, s := range cfg.Subscribers {
		sub := &subscriber{address: s.To, raw: mmsg.AddressOf(s.To)}
		var err error
		if sub.context, err = srtp.CreateContext(s.Key, s.Salt, profile); err != nil {
			return nil, fmt.Errorf("subscriber: %w", err)
		}
		if sub.sealer, err = newSealer(s.Key, s.Salt); err != nil {
			return nil, fmt.Errorf("subscriber: %w", err)
		}
		r.subscribers = append(r.subscribers, sub)
	}
	for _, p := range cfg.Publishers {
		in, err := srtp.CreateContext(p.Key, p.Salt, profile)
		if err != nil {
			return nil, fmt.Errorf("publisher: %w", err)
		}
		pub := &publisher{in: in}
		for _, to := range p.To {
			pub.to = append(pub.to, r.subscribers[to])
		}
		r.publishers[p.From] = pub
	}
	r.slab = make([]byte, 0, maxSend*maxDatagram)
	return r, nil
}

// Run relays until ctx ends.
func (r *Relay) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = r.conn.Close() }) // releases the read
	defer stop()
	var err error
	if r.row == Sendto {
		err = r.runSingly()
	} else {
		err = r.runBatches()
	}
	if ctx.Err() != nil && errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// runSingly takes one packet at a time.
func (r *Relay) runSingly() error {
	in, out := make([]byte, maxDatagram), make([]byte, maxDatagram)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(in)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		p := r.publishers[from]
		if p == nil {
			continue
		}
		plain, err := p.in.DecryptRTP(in[:n], in[:n], &r.header)
		if err != nil {
			continue // RTCP, for one
		}
		for _, s := range p.to {
			sealed, err := s.context.EncryptRTP(out[:0], plain, &r.header)
			if err != nil {
				return fmt.Errorf("encrypt: %w", err)
			}
			_, _ = r.conn.WriteToUDPAddrPort(sealed, s.address) // lost, as on a network
		}
	}
}

// runBatches takes all that has arrived, and sends all that it became.
func (r *Relay) runBatches() error {
	raw, err := r.conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	in := mmsg.NewReceiver(maxRead, maxDatagram)
	var readErr error
	n := 0
	read := func(fd uintptr) bool {
		n, readErr = in.Receive(int(fd))
		if n > 0 {
			for i := range n {
				packet, from := in.Get(i)
				r.take(int(fd), packet, from)
			}
			r.flush(int(fd))
		}
		return !errors.Is(readErr, unix.EAGAIN)
	}
	for {
		if err := raw.Read(read); err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if readErr != nil {
			return fmt.Errorf("read: %w", readErr)
		}
	}
}

// take seals a packet for everybody.
func (r *Relay) take(fd int, packet []byte, from *mmsg.Address) {
	p := r.publishers[mmsg.AddrPort(from)]
	if p == nil {
		return
	}
	plain, err := p.in.DecryptRTP(packet, packet, &r.header)
	if err != nil {
		return
	}
	roll, _ := p.in.ROC(r.header.SSRC)
	for _, s := range p.to {
		if r.row == Segmented {
			if len(s.sizes) == 0 {
				r.touched = append(r.touched, s)
			}
			before := len(s.pending)
			s.pending = s.sealer.seal(s.pending, plain, roll)
			s.sizes = append(s.sizes, len(s.pending)-before)
			continue
		}
		start := len(r.slab)
		r.slab = s.sealer.seal(r.slab, plain, roll)
		r.add(fd, r.slab[start:], &s.raw, 0)
	}
}

// add adds a message, after sending those for which there was no more room.
func (r *Relay) add(fd int, data []byte, to *mmsg.Address, segment int) {
	r.out.Add(data, to, segment)
	if r.out.Full() {
		r.out.Send(fd)
		r.slab = r.slab[:0]
	}
}

// flush sends what is left.
func (r *Relay) flush(fd int) {
	for _, s := range r.touched {
		for at, i := 0, 0; i < len(s.sizes); {
			size, end, count := s.sizes[i], at, 0
			for i < len(s.sizes) && count < maxSegments && s.sizes[i] <= size && end-at+s.sizes[i] <= maxBurst {
				shorter := s.sizes[i] < size
				end += s.sizes[i]
				count++
				i++
				if shorter {
					break
				}
			}
			if count == 1 {
				size = 0
			}
			r.add(fd, s.pending[at:end], &s.raw, size)
			at = end
		}
	}
	r.out.Send(fd)
	r.slab = r.slab[:0]
	for _, s := range r.touched {
		s.pending, s.sizes = s.pending[:0], s.sizes[:0]
	}
	r.touched = r.touched[:0]
}
