// Package webhook tells a project's own servers what happens in its sessions: each event is posted as JSON, signed, to every hook of the project that
// wants it. docs/WEBHOOKS.md is the contract.
//
// Record puts an event into the outbox of each such hook, in the store, and returns when it is there: from then on it survives the process. A Dispatcher
// delivers what waits, for each hook in order, and for a bounded number of hooks at the same time. What an attempt led to (and when to try again) is
// kept in the store too, so that a restart changes nothing. What was live when a process died is ended by Recover.
//
// A Dispatcher is safe for concurrent use.
package webhook
