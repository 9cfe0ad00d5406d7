// Package file plays files as if they were devices: Y4M for pictures, WAV for sound, and IVF for frames that are encoded already.
// All of them loop and are paced to real time. They make demonstrations, tests and load without hardware.
package file
