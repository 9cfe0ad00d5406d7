// Package speaker plays what a Source mixes: on the default output (oto), on one that the user picked (miniaudio), or nowhere, in
// real time. It asks, the source answers at once: a source that is late is heard as a gap by everybody.
//
// A Source that is a Listener is told what is played and when it is heard, on whichever output: that is the reference for taking echo out.
//
// A speaker outlives its device. When the device stops asking, which is how an unplugged one looks, the speaker goes on with the
// default output, then with silence while it looks for another, and says so through Config.OnTrouble. A call goes on meanwhile.
package speaker
