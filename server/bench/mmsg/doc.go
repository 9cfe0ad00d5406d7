// Package mmsg is recvmmsg and sendmmsg as bare system calls on memory that is laid out once: what the relay measures a server against should
// not pay for anybody's comfort.
package mmsg
