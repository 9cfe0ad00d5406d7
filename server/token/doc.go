// Package token makes and checks client tokens: JWTs in the claim layout of the Vonage Video API, RS256 by the project's key,
// checked offline. It also knows what each role may do.
//
// Everything here is plain data and functions, safe for concurrent use.
package token
