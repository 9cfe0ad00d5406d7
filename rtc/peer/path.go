package peer

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

// Path is how a PeerConnection's way to the server stands.
type Path int

// The states of a path.
const (
	PathNew    Path = iota // nothing was negotiated yet, or it is being set up
	PathUp                 // packets flow
	PathShaky              // nothing was heard for some seconds; it may come back by itself
	PathLost               // nothing was heard for long: only new ICE credentials bring it back, if anything does
	PathClosed             // one end has closed it
)

func (p Path) String() string {
	switch p {
	case PathNew:
		return "new"
	case PathUp:
		return "up"
	case PathShaky:
		return "shaky"
	case PathLost:
		return "lost"
	case PathClosed:
		return "closed"
	}
	return fmt.Sprintf("Path(%d)", int(p))
}

func pathOf(pc *webrtc.PeerConnection) Path {
	switch pc.ConnectionState() {
	case webrtc.PeerConnectionStateConnected:
		return PathUp
	case webrtc.PeerConnectionStateDisconnected:
		return PathShaky
	case webrtc.PeerConnectionStateFailed:
		return PathLost
	case webrtc.PeerConnectionStateClosed:
		return PathClosed
	case webrtc.PeerConnectionStateNew, webrtc.PeerConnectionStateConnecting, webrtc.PeerConnectionStateUnknown:
	}
	return PathNew
}

// Path returns how the way to the server stands. It is safe for concurrent use.
func (p *Publishing) Path() Path { return pathOf(p.pc) }

// Path returns how the way to the server stands. It is safe for concurrent use.
func (s *Subscribing) Path() Path { return pathOf(s.pc) }
