// Package sdktest holds the test that the official Vonage server SDKs work with a server of ours, unmodified: npm @vonage/video and npm opentok, at
// the versions that package-lock.json pins. Its test installs them into node_modules, starts servers and participants, and drives the SDKs
// through small Node programs that take calls as lines of JSON.
package sdktest
