// Package soundcard opens the machine's microphones and speakers through miniaudio: by id, in mono or stereo at
// media.SampleRate, in pieces of 10 ms. It fences the library in: what the library calls back from a thread of its own is
// counted (Beats) so that an owner can see a device that went silent without a word, which is what unplugging one looks like;
// the system's codes become the errors of package media; and the library's dummy device, which would make a machine without
// sound look as if it had some, is left out.
package soundcard
