// Package pulsetest gives a test a sound card of its own: a private PulseAudio with a speaker, whose sound the test hears, and a
// microphone, into which it speaks. Speakers and microphones can be plugged in and out. Nothing of the machine's own sound is
// touched, and everything is gone when the test ends. It needs the programs pulseaudio, pactl, parec and pacat, and ALSA's
// plug-in for PulseAudio.
package pulsetest
