// Package theme is how Parley looks: its palette for dark and light, its type, sizes and radii, as a fyne.Theme. Widgets ask it by
// name, so a screen never holds a colour or a size of its own.
package theme
