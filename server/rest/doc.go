// Package rest is the HTTP API: whether the server serves, the exchange of an invite for a token, and the routes of the Vonage Video API that the
// official server SDKs call (docs/API.md). Every answer that is not a success is a protocol.ErrorBody.
package rest
