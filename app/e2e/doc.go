// Package e2e tests the programs together: real windows on a virtual display, private sound servers, a server on real sockets. It has no code of
// its own beside the tests.
package e2e
