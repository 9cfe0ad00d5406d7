// Package wire is one WebSocket between a Parley client and a Parley server, as Send, Recv and Close. Both ends use it. It knows the
// frames and the sizes; what the messages mean is for its users.
package wire
