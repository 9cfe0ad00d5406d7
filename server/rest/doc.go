// Package rest is the HTTP API: whether the server serves, and the exchange of an invite for a token. Every answer that is not a success is
// a protocol.ErrorBody.
package rest
