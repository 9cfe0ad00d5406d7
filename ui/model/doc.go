// Package model is what the screens show and what they can ask for: State, Tile, ChatLine, Intent. It is plain data that the
// controller makes and the screens read; neither side keeps a pointer into the other's copy. The controller sends whole States,
// the newest wins.
package model
