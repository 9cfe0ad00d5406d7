// Package session holds sessions, connections, streams, signals and moderation: the rules and the fan-out. It knows neither
// sockets nor pictures: a Client is where messages go, a MediaLeg is one client's media, both given by others.
//
// Each session has one loop, and only that touches its state; requests are posted to it, events leave it in one order. A session is live from its
// first connection until a while after the last one (Config.Linger); what moderators decided holds as long, and survives a restart of the server. What
// outlives it (that it exists, its chat) is in the store.
//
// A client whose wire is lost stays a member for a while (Config.ResumeFor): its media goes on, and it takes its place again with a new wire. An
// Attachment is one wire's hold of a member.
package session
