// Package vp8 encodes and decodes VP8 with libvpx, set up for calls: constant bit rate, no lag, key frames only when asked for.
package vp8
