// Command parley is the desktop app.
package main

func main() {}
