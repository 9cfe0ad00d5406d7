// Package keys is what the keyboard does: each action with the plain key that stands for it in a call, and the chord that does so everywhere,
// also while somebody types. Tooltips, the overlay that lists them and the settings read the same table.
package keys
