// Package device lists and opens what people plug in or look at: cameras, screens, microphones and speakers.
//
// Lists are made anew at each call: a caller that asks again sees what was plugged in meanwhile. Sources are used once: after
// Close one makes another. Errors wrap media.ErrBusy, media.ErrUnplugged, media.ErrNotFound and media.ErrFormat, for callers to
// find words for.
//
// On Linux screens are those of an X11 display and cameras those of V4L2, which torn pictures pass as little as a driver that
// changes the size that was asked for. Other systems have the cameras of github.com/pion/mediadevices and no screens yet.
package device
