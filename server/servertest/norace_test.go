//go:build !race

package servertest_test

// slowdown is how much longer things may take.
const slowdown = 1

// How many are in one session, and how many of them come and go at once.
const crowd, atOnce = 500, 200
