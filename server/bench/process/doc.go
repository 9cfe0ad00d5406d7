// Package process starts what is measured as a child on a core of its own, and reads what it costs from /proc.
package process
