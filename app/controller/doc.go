// Package controller is the client's brain: one loop. Intents of the window, events of the session and news of devices go in, whole
// model.States come out. Here rtc, media and ui/model meet.
//
// Work that waits (opening devices, connecting, sending) runs beside the loop and posts its result to it; packets and pictures bypass it.
// Headless is the same participant without a window.
package controller
