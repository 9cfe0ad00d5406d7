package transport

import (
	"net/netip"
	"sync"
)

// routes says whose a datagram is: a STUN request by the user name in it, always; everything else by its source address, which only an
// authenticated check puts here.
type routes struct {
	mu     sync.RWMutex
	closed bool
	conns  map[*Conn]struct{}
	ufrags map[string]*Conn
	addrs  map[netip.AddrPort]*Conn
}

func (r *routes) init() {
	r.conns = map[*Conn]struct{}{}
	r.ufrags = map[string]*Conn{}
	r.addrs = map[netip.AddrPort]*Conn{}
}

// add enters a new Conn with its first user name; false after shut.
func (r *routes) add(c *Conn) bool {
	ufrag := c.ice.localUfrag()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.conns[c] = struct{}{}
	r.ufrags[ufrag] = c
	return true
}

// shut lets nobody in any more and returns who is there.
func (r *routes) shut() []*Conn {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.all()
}

func (r *routes) all() []*Conn {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]*Conn, 0, len(r.conns))
	for c := range r.conns {
		list = append(list, c)
	}
	return list
}

// name enters a further user name of a Conn (ICE restart) and forgets an old one, if there is one.
func (r *routes) name(c *Conn, ufrag, old string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.conns[c]; !ok {
		return
	}
	if ufrag != "" {
		r.ufrags[ufrag] = c
	}
	if old != "" {
		delete(r.ufrags, old)
	}
}

// bind makes c the owner of what comes from addr.
func (r *routes) bind(addr netip.AddrPort, c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.conns[c]; ok {
		r.addrs[addr] = c
	}
}

// unbind forgets addr, if it is still c's.
func (r *routes) unbind(addr netip.AddrPort, c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.addrs[addr] == c {
		delete(r.addrs, addr)
	}
}

func (r *routes) byUfrag(ufrag string) *Conn {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.ufrags[ufrag]
}

func (r *routes) byAddr(addr netip.AddrPort) *Conn {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.addrs[addr]
}

// remove forgets a Conn with the names and addresses given.
func (r *routes) remove(c *Conn, ufrags []string, addrs []netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	for _, u := range ufrags {
		delete(r.ufrags, u)
	}
	for _, a := range addrs {
		if r.addrs[a] == c {
			delete(r.addrs, a)
		}
	}
}
