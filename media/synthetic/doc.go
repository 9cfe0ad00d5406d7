// Package synthetic holds test devices: Bars, a moving picture with a mark that a program can read back from a decoded frame or
// from a screenshot, and Tone, a sine that tells its sender. They stand in for a camera and a microphone where there is none, and
// let tests measure what arrives: which sender, which picture, how late.
package synthetic
