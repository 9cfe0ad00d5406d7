// Package call is the screen of a meeting: the tiles on their stage, the bars, the chat and people panels, the share picker, and
// what is said when the connection is lost. It is built once and follows model.Call; everything runs on the UI thread.
package call
