// Package token makes and checks client tokens, in the three forms of the Vonage Video API: JWTs signed with the project's RSA key (RS256),
// JWTs signed with its API secret (HS256), and legacy T1 tokens. It also checks the credentials that open the REST API, and knows what each role
// may do. Whose token it is, and with what it may be signed now, a Verifier asks its Directory each time.
//
// Everything here is plain data and functions, safe for concurrent use.
package token
