// Package prejoin is the device check before a meeting: a self view with its buttons and a level that moves; beside it the name and
// the devices; one button to join. Problems stand where they belong, never in a dialog.
package prejoin
