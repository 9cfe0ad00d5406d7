//go:build race

package servertest_test

// slowdown is how much longer things may take.
const slowdown = 4

// How many are in one session, and how many of them come and go at once: under the race detector a tenth of what the machine could carry.
const crowd, atOnce = 100, 40
