package config

import (
	"fmt"
	"strconv"
	"strings"

	"parley/rtc/protocol"
)

// Limits bound what clients and callers of the API may take of a server. Use DefaultLimits and Set.
type Limits struct {
	Wire    protocol.Limits // of one connection; clients are told
	Count   Counts
	Time    Times
	API     APILimits
	Keep    Keep
	Webhook WebhookLimits
}

// Counts are how many there may be.
type Counts struct {
	Connections           int
	ConnectionsPerAddress int // of the network: an IPv4 address, or the first half of an IPv6 one
	ConnectionsPerSession int
	WaitingPerSession     int // for admission
	Pending               int // connections that have not said hello
	Sessions              int // live ones
}

// Times are how long something may take, in seconds.
type Times struct {
	Header int // of an HTTP request
	Hello  int // from the opening of a connection
	Resume int // how long a client that was lost may come back
	Linger int // how long a session stays live without connections
}

// APILimits are those of the HTTP API and of tokens.
type APILimits struct {
	BodyBytes      int
	HeaderBytes    int
	JoinsPerSecond int // exchanges of invites by one address; bursts of five times that
	TokenDataBytes int
}

// Keep is how long things are kept; 0 is for ever.
type Keep struct {
	ChatDays    int
	ChatLines   int // of one session
	SessionDays int // since a session was made or last live
}

// WebhookLimits are those of deliveries to webhooks.
type WebhookLimits struct {
	Seconds      int // of one attempt
	RetrySeconds int // between two attempts, at most
	Hours        int // an event is tried
	AtOnce       int // webhooks that are posted to at the same time
	Queue        int // events that wait for one webhook
	LogDays      int // the delivery log is kept
	LogEntries   int // of one webhook
}

// limit is a limit that can be set by name.
type limit struct {
	name     string
	min, max int
	initial  int
	help     string
	at       func(*Limits) *int
}

const kib = 1 << 10

// limits are all limits, in the order of the help.
func limits() []limit {
	wire := protocol.DefaultLimits()
	return []limit{
		{"connections", 1, 1 << 20, 20000, "in all", func(l *Limits) *int { return &l.Count.Connections }},
		{"connections-per-address", 1, 1 << 20, 500, "from one network address", func(l *Limits) *int { return &l.Count.ConnectionsPerAddress }},
		{"connections-per-session", 1, 1 << 16, 1000, "in one session", func(l *Limits) *int { return &l.Count.ConnectionsPerSession }},
		{"waiting-per-session", 1, 1 << 16, 200, "for admission", func(l *Limits) *int { return &l.Count.WaitingPerSession }},
		{"pending-connections", 1, 1 << 20, 1000, "that have not said hello", func(l *Limits) *int { return &l.Count.Pending }},
		{"live-sessions", 1, 1 << 20, 10000, "with somebody in them", func(l *Limits) *int { return &l.Count.Sessions }},
		{"streams-per-connection", 1, 64, wire.StreamsPerClient, "published by one client", func(l *Limits) *int { return &l.Wire.StreamsPerClient }},
		{"messages-per-second", 1, 100000, wire.MessagesPerSecond, "from one client; bursts of five times that", func(l *Limits) *int { return &l.Wire.MessagesPerSecond }},
		{"message-bytes", 16 * kib, 16 << 20, wire.MessageBytes, "of one message", func(l *Limits) *int { return &l.Wire.MessageBytes }},
		{"json-depth", 4, 1000, wire.JSONDepth, "of messages and bodies", func(l *Limits) *int { return &l.Wire.JSONDepth }},
		{"signal-type-bytes", 1, 4 * kib, wire.SignalTypeBytes, "of a signal", func(l *Limits) *int { return &l.Wire.SignalTypeBytes }},
		{"signal-data-bytes", 1, 1 << 20, wire.SignalDataBytes, "of a signal", func(l *Limits) *int { return &l.Wire.SignalDataBytes }},
		{"name-bytes", 16, 4 * kib, wire.NameBytes, "of a display name", func(l *Limits) *int { return &l.Wire.NameBytes }},
		{"hello-seconds", 1, 600, 10, "from opening a connection to hello", func(l *Limits) *int { return &l.Time.Hello }},
		{"resume-seconds", 1, 3600, 30, "for a lost client to come back", func(l *Limits) *int { return &l.Time.Resume }},
		{"linger-seconds", 1, 24 * 3600, 60, "a session stays live without connections", func(l *Limits) *int { return &l.Time.Linger }},
		{"header-seconds", 1, 600, 10, "for the header of an HTTP request", func(l *Limits) *int { return &l.Time.Header }},
		{"header-bytes", kib, 1 << 20, 32 * kib, "of an HTTP request", func(l *Limits) *int { return &l.API.HeaderBytes }},
		{"body-bytes", kib, 64 << 20, 256 * kib, "of an API call", func(l *Limits) *int { return &l.API.BodyBytes }},
		{"joins-per-second", 1, 10000, 20, "invites exchanged by one address; bursts of five times that", func(l *Limits) *int { return &l.API.JoinsPerSecond }},
		{"token-data-bytes", 0, 4 * kib, 1024, "of connection data", func(l *Limits) *int { return &l.API.TokenDataBytes }},
		{"chat-days", 0, 36500, 30, "chat is kept; 0 is for ever", func(l *Limits) *int { return &l.Keep.ChatDays }},
		{"chat-lines", 0, 1 << 24, 10000, "kept of one session; 0 is all", func(l *Limits) *int { return &l.Keep.ChatLines }},
		{"session-days", 0, 36500, 365, "a session is kept that nobody uses; 0 is for ever", func(l *Limits) *int { return &l.Keep.SessionDays }},
		{"webhook-seconds", 1, 300, 10, "for a webhook to answer", func(l *Limits) *int { return &l.Webhook.Seconds }},
		{"webhook-retry-seconds", 1, 24 * 3600, 1800, "between two attempts, at most", func(l *Limits) *int { return &l.Webhook.RetrySeconds }},
		{"webhook-hours", 1, 24 * 365, 24, "an event is tried before it is given up", func(l *Limits) *int { return &l.Webhook.Hours }},
		{"webhooks-at-once", 1, 1000, 32, "that are posted to at the same time", func(l *Limits) *int { return &l.Webhook.AtOnce }},
		{"webhook-queue", 1, 10_000_000, 100_000, "events that wait for one webhook", func(l *Limits) *int { return &l.Webhook.Queue }},
		{"webhook-log-days", 1, 36500, 7, "the delivery log is kept", func(l *Limits) *int { return &l.Webhook.LogDays }},
		{"webhook-log-entries", 1, 1 << 24, 10_000, "kept of one webhook", func(l *Limits) *int { return &l.Webhook.LogEntries }},
	}
}

// DefaultLimits are the limits of a server that was not told others.
func DefaultLimits() Limits {
	l := Limits{Wire: protocol.DefaultLimits()}
	for _, one := range limits() {
		*one.at(&l) = one.initial
	}
	return l
}

// Set changes a limit by its name.
func (l *Limits) Set(name, value string) error {
	for _, one := range limits() {
		if one.name != name {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < one.min || n > one.max {
			return fmt.Errorf("limit %s=%q: a number from %d to %d is needed", name, value, one.min, one.max)
		}
		*one.at(l) = n
		return nil
	}
	return fmt.Errorf("there is no limit %q; see parley-server serve --help", name)
}

// LimitsHelp lists the limits that can be set, a line each.
func LimitsHelp() string {
	var b strings.Builder
	for _, one := range limits() {
		fmt.Fprintf(&b, "  %-24s %7d  %s\n", one.name, one.initial, one.help)
	}
	return b.String()
}
