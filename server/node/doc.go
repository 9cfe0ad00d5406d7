// Package node is a whole server: store, sessions, gateway, HTTP API and media, wired together. The main program, the app's hosting and tests
// all start it here.
//
// It is also where sessions and the SFU meet: plane implements session.MediaPlane on sfu and transport.
package node
