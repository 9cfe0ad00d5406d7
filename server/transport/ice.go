package transport

import (
	"crypto/rand"
	"math/big"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxPaths    = 16 // addresses that one client may use at a time; more: the oldest unused one is forgotten
	maxAsks     = 10 // requests that one path is sent for its verification
	askInterval = 50 * time.Millisecond
)

// credentials are one side's ICE user name fragment and password.
type credentials struct{ ufrag, pwd string }

// newCredentials draws 96 and 190 random bits; RFC 8445 asks for 24 and 128.
func newCredentials() (credentials, error) {
	ufrag, err := randomString(16)
	if err != nil {
		return credentials{}, err
	}
	pwd, err := randomString(32)
	return credentials{ufrag, pwd}, err
}

func randomString(n int) (string, error) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b := make([]byte, n)
	for i := range b {
		v, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			return "", err
		}
		b[i] = letters[v.Int64()]
	}
	return string(b), nil
}

// origin is where a datagram or frame came from: a UDP source address with the control data that names the address asked, or a TCP link.
type origin struct {
	addr netip.AddrPort
	link *tcpLink
	oob  []byte // valid until the next read
}

// path is one way to a client that passed an authenticated check.
type path struct {
	addr  netip.AddrPort // unmapped
	local netip.Addr     // the own address that was asked; zero when the socket has one only
	link  *tcpLink       // nil: UDP
	raw   *rawAddr
	oob   []byte // control data that makes local the source address

	// guarded by ice.mu
	ufrag    string // own user name of its latest check
	verified bool   // it answered our request: the client really is there
	asks     int
	asked    time.Time
	id       [12]byte
}

// question is a Binding request to be sent.
type question struct {
	path          *path
	id            [12]byte
	remote, local credentials
}

// ice is the lite agent's state.
type ice struct {
	selected atomic.Pointer[path] // where everything is sent; nil: nowhere

	mu        sync.Mutex
	local     credentials
	previous  credentials // still good until the client nominates under local
	remote    credentials
	remoteFor string // the own user name that remote belongs to
	paths     []*path
	wanted    *path // nominated in mid-call, not verified yet
}

func (i *ice) localUfrag() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.local.ufrag
}

// password is the one that belongs to an own user name.
func (i *ice) password(ufrag string) (string, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case ufrag == i.local.ufrag:
		return i.local.pwd, true
	case i.previous.ufrag != "" && ufrag == i.previous.ufrag:
		return i.previous.pwd, true
	}
	return "", false
}

// remotePassword is what a client's answers are signed with.
func (i *ice) remotePassword() (string, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.remote.pwd, i.remote.pwd != ""
}

// restart takes new own credentials and returns the user name to forget, if there is one. What is in use stays good.
func (i *ice) restart(fresh credentials) (forget string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.previous.ufrag == "" {
		i.previous = i.local
	} else {
		forget = i.local.ufrag
	}
	i.local = fresh
	return forget
}

// setRemote takes the client's credentials and returns what is to be asked of paths that showed up before them.
func (i *ice) setRemote(remote credentials, now time.Time) []question {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.remote, i.remoteFor = remote, i.local.ufrag
	var ask []question
	for _, p := range i.paths {
		if q, ok := i.question(p, now); ok {
			ask = append(ask, q)
		}
	}
	return ask
}

// question decides, under the lock, whether p is asked now. Clients nominate at once after it instead of at their next tick, and the
// answer proves that the source address was not forged.
func (i *ice) question(p *path, now time.Time) (question, bool) {
	if p.verified || p.ufrag != i.remoteFor || p.ufrag != i.local.ufrag || p.asks >= maxAsks || now.Sub(p.asked) < askInterval {
		return question{}, false
	}
	if p.asks == 0 {
		_, _ = rand.Read(p.id[:]) // never fails, by its documentation
	}
	p.asks++
	p.asked = now
	return question{path: p, id: p.id, remote: i.remote, local: i.local}, true
}

// verdict is what an authenticated check leads to.
type verdict struct {
	path     *path
	ask      question
	asking   bool
	forget   string // an own user name that has served
	evicted  *path  // a path that made room
	selected bool   // the path of choice changed
}

// check takes in an authenticated request under the own user name ufrag. In mid-call a path is chosen only once it is verified: a client
// must not be able to aim media at somebody else with a forged source address.
func (i *ice) check(from origin, ufrag string, nominate, connected bool, now time.Time) verdict {
	local := destination(from.oob)
	i.mu.Lock()
	defer i.mu.Unlock()
	var v verdict
	v.path, v.evicted = i.find(from, local)
	v.path.ufrag = ufrag
	if nominate {
		if i.previous.ufrag != "" && ufrag == i.local.ufrag {
			v.forget, i.previous = i.previous.ufrag, credentials{}
		}
		if v.path.verified || !connected {
			v.selected = i.choose(v.path)
		} else {
			i.wanted = v.path
		}
	}
	v.ask, v.asking = i.question(v.path, now)
	return v
}

// choose makes p the path of choice, under the lock, and reports whether that is news.
func (i *ice) choose(p *path) bool {
	i.wanted = nil
	return i.selected.Swap(p) != p
}

// find returns the path that from stands for, new if need be, under the lock.
func (i *ice) find(from origin, local netip.Addr) (p, evicted *path) {
	for _, p := range i.paths {
		if p.link == from.link && p.addr == from.addr && p.local == local {
			return p, nil
		}
	}
	if len(i.paths) >= maxPaths {
		at := slices.IndexFunc(i.paths, func(p *path) bool { return p != i.selected.Load() && p != i.wanted })
		evicted = i.paths[at]
		i.paths = slices.Delete(i.paths, at, at+1)
	}
	p = &path{addr: from.addr, local: local, link: from.link}
	if p.link == nil {
		p.raw = rawAddrOf(p.addr)
		p.oob = sourceControl(local, p.addr)
	}
	i.paths = append(i.paths, p)
	return p, evicted
}

// answered takes in an authenticated answer to a request with this transaction id.
func (i *ice) answered(from origin, id [12]byte) (selected bool) {
	local := destination(from.oob)
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.paths {
		if p.link == from.link && p.addr == from.addr && p.local == local && p.asks > 0 && p.id == id {
			p.verified = true
			if i.wanted == p {
				return i.choose(p)
			}
		}
	}
	return false
}

// expire forgets the path of choice and that any path was verified.
func (i *ice) expire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.selected.Store(nil)
	i.wanted = nil
	for _, p := range i.paths {
		p.verified, p.asks = false, 0
	}
}

// drop forgets the paths over a TCP link that ended.
func (i *ice) drop(link *tcpLink) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if p := i.selected.Load(); p != nil && p.link == link {
		i.selected.Store(nil)
	}
	if i.wanted != nil && i.wanted.link == link {
		i.wanted = nil
	}
	i.paths = slices.DeleteFunc(i.paths, func(p *path) bool { return p.link == link })
}

// reaches reports whether a path still leads to addr over UDP.
func (i *ice) reaches(addr netip.AddrPort) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.ContainsFunc(i.paths, func(p *path) bool { return p.link == nil && p.addr == addr })
}

// everything lists what the routes and links of the agent are known by, for its end.
func (i *ice) everything() (ufrags []string, addrs []netip.AddrPort, links []*tcpLink) {
	i.mu.Lock()
	defer i.mu.Unlock()
	ufrags = []string{i.local.ufrag, i.previous.ufrag}
	for _, p := range i.paths {
		if p.link != nil {
			links = append(links, p.link)
		} else {
			addrs = append(addrs, p.addr)
		}
	}
	return ufrags, addrs, links
}

func (i *ice) current() credentials {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.local
}
