// Package playout turns the RTP packets of a stream back into what is shown.
//
// Video: packets are put in order in a window of bounded size, a frame is taken out as soon as the packet with its marker bit and
// all before it are there, and decoded in the one goroutine that Video owns. A gap waits a while for a retransmission; then the
// picture freezes, because libvpx does not notice a missing reference, and a key frame is asked for until one comes.
package playout
