package assets

// Who the app is. FyneApp.toml says the same to the Fyne tools, which do not inject it; a test compares the two.
const (
	// AppID is the app's id at the system and in the settings folder.
	AppID = "org.parley.Parley"
	// Name is what the app is called.
	Name = "Parley"
)

// Version is the app's version; the linker sets it with -X parley/assets.Version.
var Version = "dev"
