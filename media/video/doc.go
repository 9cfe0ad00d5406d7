// Package video holds what is done to raw pictures: bringing a driver's layout to I420, copying, scaling, mirroring, cropping,
// converting to RGBA, and the two ways a picture changes hands: Slot, between a producer and one consumer, and Pictures, between
// a producer and a tile that paints.
//
// The work is done by libyuv, BT.601 limited range throughout. Sizes that do not match and frames whose planes are too short are
// programmer errors and panic before any byte is touched; only FromRaw, which is fed by drivers, returns errors. None of the
// conversions allocates.
package video
