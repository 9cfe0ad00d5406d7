// Package settings is the settings: one card over the window, sections at its left. Each change is an intent and works at once; nothing needs
// OK.
package settings
