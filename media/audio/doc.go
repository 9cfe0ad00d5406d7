// Package audio works on raw sound: signed 16 bit at media.SampleRate. It measures levels, changes gain, brings any rate to
// media.SampleRate, hands samples from a device's thread to a reader (Ring), makes sound shorter or longer (Stretcher), and mixes what is heard (Mixer).
//
// Everything here runs on audio paths: after construction nothing allocates, logs, or waits for another goroutine.
package audio
