// Package session holds sessions, connections, streams, signals and moderation: the rules and the fan-out. It knows neither
// sockets nor pictures: a Client is where messages go, a MediaLeg is one client's media, both given by others.
//
// Each session has one loop, and only that touches its state; requests are posted to it, events leave it in one order. A
// session lives while somebody is in it. What outlives it (that it exists, its chat) is in the store.
package session
