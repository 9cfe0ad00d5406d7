package controller

import (
	"parley/app/config"
	"parley/assets"
	"parley/ui/model"
)

// Look returns how the window presents itself by the settings. locale is the system's, for who chose no language.
func Look(s config.Settings, locale string) model.Look {
	return model.Look{Language: assets.NewWords(first(s.Look.Language, locale)).Tag(), Theme: themeOf(s.Look.Theme), Text: s.Look.Text, Still: s.Look.Still,
		Thrifty: s.Video.Thrifty}
}

// themeOf reads a theme as it is kept.
func themeOf(kept string) model.Theme {
	switch kept {
	case "dark":
		return model.ThemeDark
	case "light":
		return model.ThemeLight
	}
	return model.ThemeSystem
}

// keptTheme writes one so.
func keptTheme(t model.Theme) string {
	switch t {
	case model.ThemeDark:
		return "dark"
	case model.ThemeLight:
		return "light"
	case model.ThemeSystem:
	}
	return ""
}
