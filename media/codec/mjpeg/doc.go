// Package mjpeg decodes the JPEG pictures that cameras send, with libjpeg-turbo, to the frames of the media path.
//
// JPEG is full range; frames are limited range. The usual samplings (4:2:0, 4:2:2, 4:4:4, grey) stay in YUV all the way; others
// go through RGB.
package mjpeg
