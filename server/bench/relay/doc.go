// Package relay is the least that forwarding can cost: no signaling, no ICE, no DTLS, no feedback, fixed addresses and keys. It decrypts a packet once,
// encrypts it for each subscriber and sends it. What a server needs beyond that is the server's own.
//
// Three rows show what each step is worth: Sendto uses pion's SRTP and one system call a packet; Sendmmsg seals in place and sends all that a batch of
// packets became in one call; Segmented joins what goes to the same subscriber (UDP_SEGMENT). The code is the relay's own, down to the sealing, so that it
// stays what it is when the server's changes.
package relay
