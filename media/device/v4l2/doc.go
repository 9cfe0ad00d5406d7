// Package v4l2 lists and opens the cameras of a Linux system.
//
// It is thin: a Camera can tell its modes, take one, and deliver the bytes of pictures as the driver made them. It exists beside
// github.com/blackjack/webcam because that one returns the size that was asked for, not the one that the driver set, gives a
// buffer back to the driver before it was read, cannot be woken, and loses the causes of errors, a busy camera among them.
package v4l2
