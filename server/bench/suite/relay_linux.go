package suite

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"parley/server/bench/load"
	"parley/server/bench/process"
	"parley/server/bench/relay"
)

// ServeRelay is the child that RunRelay starts: it says its address on out, takes a relay.Config from in and relays until ctx ends.
func ServeRelay(ctx context.Context, in io.Reader, out io.Writer) error {
	conn, err := relay.Listen()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // Run closes it too
	if _, err := fmt.Fprintln(out, conn.LocalAddr()); err != nil {
		return err
	}
	var cfg relay.Config
	if err := json.NewDecoder(in).Decode(&cfg); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	r, err := relay.New(conn, cfg)
	if err != nil {
		return err
	}
	return r.Run(ctx)
}

// relayed is the peers of a shape that a relay serves.
type relayed struct {
	loop    *load.Loop
	cfg     relay.Config
	peers   []*load.Peer
	keys    []load.Keys
	sources []*load.Source
}

// RunRelay measures a relay with a shape.
func (c *Config) RunRelay(ctx context.Context, shape Shape, row relay.Row) (r *Result, err error) {
	l, err := load.NewLoop()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	set := &relayed{loop: l, cfg: relay.Config{Row: row}}
	if err := set.prepare(shape); err != nil {
		return nil, err
	}
	settings, settingsIn := io.Pipe()
	saidOut, said := io.Pipe()
	child, err := process.Start(c.ServerCore, settings, said, c.Self, "relay-child")
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = errors.Join(settingsIn.Close(), saidOut.Close()) // pipes in memory
		err = errors.Join(err, child.Stop())
	}()
	line, err := bufio.NewReader(saidOut).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	address, err := netip.ParseAddrPort(strings.TrimSpace(line))
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if err := json.NewEncoder(settingsIn).Encode(set.cfg); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if err := set.start(address); err != nil {
		return nil, err
	}
	r, err = c.measure(ctx, l, child.PID())
	if err != nil {
		return nil, err
	}
	r.Clients = shape.everybody()
	return r, nil
}

// prepare opens the sockets and draws the keys. A publisher that subscribes has two peers, as with a server.
func (s *relayed) prepare(shape Shape) error {
	subscriber := map[int]int{}
	for i := range shape.everybody() {
		watched := shape.watched(i)
		if len(watched) == 0 {
			continue
		}
		p, key, salt, err := s.peer()
		if err != nil {
			return err
		}
		s.keys = append(s.keys, load.Keys{LocalKey: key, LocalSalt: salt, RemoteKey: key, RemoteSalt: salt})
		subscriber[i] = len(s.cfg.Subscribers)
		s.cfg.Subscribers = append(s.cfg.Subscribers, relay.Subscriber{To: p.Local(), Key: key, Salt: salt})
		for _, pub := range watched {
			for k, kind := range shape.Kinds {
				if _, err := p.NewSink(kind, ssrc(pub, k), 0); err != nil {
					return err
				}
			}
		}
	}
	for i := range shape.Publishers {
		p, key, salt, err := s.peer()
		if err != nil {
			return err
		}
		s.keys = append(s.keys, load.Keys{LocalKey: key, LocalSalt: salt, RemoteKey: key, RemoteSalt: salt})
		pub := relay.Publisher{From: p.Local(), Key: key, Salt: salt}
		for viewer := range shape.everybody() {
			if shape.sees(viewer, i) {
				pub.To = append(pub.To, subscriber[viewer])
			}
		}
		s.cfg.Publishers = append(s.cfg.Publishers, pub)
		for k, kind := range shape.Kinds {
			src, err := p.NewSource(kind, ssrc(i, k), uint64(i))
			if err != nil {
				return err
			}
			s.sources = append(s.sources, src)
		}
	}
	return nil
}

// ssrc is the number of a publisher's track.
func ssrc(publisher, track int) uint32 { return uint32(1000 + 10*publisher + track) }

func (s *relayed) peer() (p *load.Peer, key, salt []byte, err error) {
	if p, err = s.loop.NewPeer(); err != nil {
		return nil, nil, nil, err
	}
	p.Quiet = true
	s.peers = append(s.peers, p)
	key, salt = make([]byte, load.KeySize), make([]byte, load.SaltSize)
	_, _ = rand.Read(key) // never fails, by its documentation
	_, _ = rand.Read(salt)
	return p, key, salt, nil
}

// start connects everybody and begins to send.
func (s *relayed) start(address netip.AddrPort) error {
	for i, p := range s.peers {
		if err := p.Connect(address); err != nil {
			return err
		}
		if err := p.SetKeys(s.keys[i]); err != nil {
			return err
		}
	}
	for _, src := range s.sources {
		if err := src.Start(); err != nil {
			return err
		}
	}
	return nil
}
