// Package transport is the server's end of every client's media: ICE-lite, DTLS and SRTP for all clients on one UDP port, and on TCP
// connections that somebody else accepted (ICE-TCP, RFC 6544).
//
// A Transport owns the UDP socket. Each peer connection of a client is a Conn: it makes and reads the session descriptions (Answer, Offer,
// SetAnswer), answers connectivity checks, does the DTLS handshake, and from then on hands every packet it receives, decrypted, to its
// Handler. What is to be sent is sealed at once into a buffer from a pool by WriteRTP and WriteRTCP, and leaves with the next Flush: one
// system call for many clients, and one datagram descriptor for a run of equal-sized packets to the same client where the kernel can
// segment. The reader flushes after each batch that it has handed out, so whoever forwards what it receives need not flush at all.
//
// The path of a packet: reader goroutine -> (STUN: by user name; the rest: by source address) -> Conn -> decrypt -> Handler.RTP. Nothing on
// the way waits for another client, and nothing is allocated per packet.
//
// The server is ICE-lite (RFC 8445, 2.5): it only answers checks, with one exception: it asks back once it has seen a check. Clients
// nominate sooner for it, and it proves that a client is where it says before media moves there in mid-call.
package transport
