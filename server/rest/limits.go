package rest

import (
	"net"
	"sync"

	"golang.org/x/time/rate"
)

// limits bounds the attempts per address: an invite has 130 random bits, so this is against load, not against guessing.
type limits struct {
	perSecond int

	mu      sync.Mutex
	clients map[string]*rate.Limiter
}

// maxClients bounds the table. When it is full it is emptied: the bursts that this grants are bounded too.
const maxClients = 10000

func (l *limits) allow(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.clients[host]
	if c == nil {
		if len(l.clients) >= maxClients {
			clear(l.clients)
		}
		c = rate.NewLimiter(rate.Limit(l.perSecond), 5*l.perSecond)
		l.clients[host] = c
	}
	return c.Allow()
}
