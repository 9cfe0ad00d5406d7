package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/adrg/xdg"
)

// Settings is what the app remembers between starts. The microphone is never remembered as on after it was muted: every meeting
// starts as the user left it on the pre-join screen.
type Settings struct {
	Name       string `json:"name,omitempty"`
	Camera     string `json:"camera,omitempty"`     // device id; "" is the first
	Microphone string `json:"microphone,omitempty"` // device id; "" is the system's default
	Speaker    string `json:"speaker,omitempty"`
	CameraOff  bool   `json:"cameraOff,omitempty"`
	MicOff     bool   `json:"micOff,omitempty"`
	Width      int    `json:"width,omitempty"` // of the window, in device-independent pixels
	Height     int    `json:"height,omitempty"`
	Draft      string `json:"draft,omitempty"` // chat text typed and not sent when the app ended

	Place      Place      `json:"place,omitzero"`
	Look       Look       `json:"look,omitzero"`
	Video      Video      `json:"video,omitzero"`
	Stage      Stage      `json:"stage,omitzero"`
	Privacy    Privacy    `json:"privacy,omitzero"`
	Processing Processing `json:"processing"`
}

// Processing says what is done to the microphone's sound before the others hear it.
type Processing struct {
	Echo  bool `json:"echo"`  // what the loudspeaker plays is taken out
	Noise bool `json:"noise"` // steady noise is turned down
	Gain  bool `json:"gain"`  // the voice is brought to a usual loudness
}

// Defaults returns the settings of who never changed any.
func Defaults() Settings {
	return Settings{Processing: Processing{Echo: true, Noise: true, Gain: true}}
}

// maxFile bounds the settings file.
const maxFile = 256 << 10

// Folder returns the folder of the settings: dir, or the user's configuration folder when dir is empty.
func Folder(dir string) string {
	if dir != "" {
		return dir
	}
	return filepath.Join(xdg.ConfigHome, "parley")
}

// Load reads the settings in folder. A missing file gives the defaults. A file that cannot be used is kept beside as
// settings.json.bad, and the error says so; the defaults are returned with it.
func Load(folder string) (Settings, error) {
	path := filepath.Join(folder, "settings.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Defaults(), nil
	}
	if err != nil {
		return Defaults(), fmt.Errorf("read settings %s: %w", path, err)
	}
	s, err := parse(raw)
	if err == nil {
		return s, nil
	}
	if renameErr := os.Rename(path, path+".bad"); renameErr != nil {
		return Defaults(), fmt.Errorf("read settings %s: %w", path, errors.Join(err, renameErr))
	}
	return Defaults(), fmt.Errorf("read settings %s: %w; kept as %s.bad, going on with the defaults", path, err, filepath.Base(path))
}

// parse decodes and checks a settings file.
func parse(raw []byte) (Settings, error) {
	if len(raw) > maxFile {
		return Settings{}, fmt.Errorf("file of %d bytes, %d allowed", len(raw), maxFile)
	}
	s := Defaults() // what a file of an earlier version does not have stays so
	if err := json.Unmarshal(raw, &s); err != nil {
		return Settings{}, err
	}
	texts := []string{s.Name, s.Camera, s.Microphone, s.Speaker, s.Draft, s.Look.Language}
	for _, r := range s.Privacy.Recent {
		texts = append(texts, r.Link, r.Name)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || len(text) > 16<<10 {
			return Settings{}, errors.New("a text that is too long or not UTF-8")
		}
	}
	if s.Width < 0 || s.Width > 20000 || s.Height < 0 || s.Height > 20000 {
		s.Width, s.Height = 0, 0
	}
	s.mend()
	return s, nil
}

// Save writes the settings so that a crash leaves either the old file or the new one.
func (s Settings) Save(folder string) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	f, err := os.CreateTemp(folder, "settings-*.tmp")
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	_, err = f.Write(append(raw, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, "settings.json"))
	}
	if err != nil {
		return fmt.Errorf("save settings: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
