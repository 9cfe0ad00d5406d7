// Package media holds the nouns of the media path: Frame (a raw picture), Samples (raw sound), readers that are pulled, and
// sources that open them. The packages below it capture, convert, encode, decode and play these; none of them knows of
// sessions, sockets or windows.
//
// Everything is pulled: a consumer calls Read, uses what it got, and calls the release function that came with it. Between a
// fast producer and a slow consumer sits a one-frame slot (media/video.Slot), never a queue.
package media
