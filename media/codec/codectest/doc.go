// Package codectest is the suite that every codec passes: Video for those of pictures, Audio for those of sound. A codec's own
// test calls it.
package codectest
