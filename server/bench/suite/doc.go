// Package suite is what parley-bench runs: shapes of calls against a server or a relay, in rotation, and what comes out as tables.
//
// A machine's speed moves while others use it, so figures of one run mean little. Everything that is to be compared runs in turn, several times; a row
// says the median, and its ratio is the median of the ratios to the base row of the same rotation.
package suite
