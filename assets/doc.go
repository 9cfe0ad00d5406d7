// Package assets is what the app ships beside its code: who it is (name, id, version), its mark and its one set of icons. It
// knows nothing of the rest of the app.
package assets
