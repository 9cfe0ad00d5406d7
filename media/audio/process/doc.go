// Package process cleans what a microphone hears before it is encoded: the echo of what the loudspeaker plays is taken out, steady noise is
// turned down, and speech is brought to a usual loudness.
//
// A Reference carries what is played, with the time at which it is heard, from the speaker's goroutine to the microphone's. There a Processor
// takes, for each 10 ms that were recorded, the 10 ms that were to be heard a little before. Loudspeaker and microphone may have clocks of
// their own: the reference is resampled to the microphone's pace, which is found by a line through both clocks' times. What no driver tells,
// the latency of sound servers and radio links, is found by correlation and made up for. So the engine behind it always sees the echo with
// the same delay, which is what it cancels best.
//
// Engines: WebRTC's audio processing 0.3 on Linux (the default), speexdsp with the build tag speexdsp, none with the tag noprocess or
// on other systems; New returns ErrUnavailable then.
package process
