// Package opus encodes and decodes Opus with libopus: mono, 48 kHz, packets of 20 ms, tuned for speech.
package opus
