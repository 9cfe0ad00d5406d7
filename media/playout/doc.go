// Package playout turns the RTP packets of a stream back into what is shown.
//
// Video: packets are put in order in a window of bounded size, a frame is taken out as soon as the packet with its marker bit and
// all before it are there, and decoded in the one goroutine that Video owns. A gap waits a while for a retransmission; then the
// picture freezes, because libvpx does not notice a missing reference, and a key frame is asked for until one comes.
//
// Sound: a queue decides for each 20 ms what is to be played, a render makes it, and a stretcher brings the delay to what the jitter needs, 20 to 400 ms,
// without anybody hearing it. Audio.Playing says which sample is played when, for pictures to keep in step with.
package playout
