// Package ui is Parley's window. It shows whole States, the newest wins, and answers with Intents. Show and PicturesChanged may be
// called from any goroutine; everything else of the screens runs on Fyne's thread, and the one function that gets there is post in
// window.go. Pictures do not pass through the queue of that thread one by one: one presenter per window is woken by a one-slot
// channel and swaps the newest picture of every tile in one go.
package ui
