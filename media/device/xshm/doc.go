// Package xshm takes pictures of the monitors of an X11 display: through shared memory (MIT-SHM) where the server offers it, with
// the mouse cursor blended in (XFixes) and the monitors told apart (RandR).
//
// A Grabber has a connection of its own: a window toolkit in the same process has another, and the two never meet. Neither a
// protocol error nor a lost server ends the process, as they do by default in Xlib; see shim_linux.c for how. Taking a picture
// does not allocate Go memory.
package xshm
