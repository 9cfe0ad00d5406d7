//go:build !linux

package device

import (
	"context"
	"fmt"
	"image"

	"parley/media"
)

// Screens returns the screens. There are none on this system yet.
func Screens() ([]Screen, error) {
	return nil, fmt.Errorf("list screens: %w", media.ErrNotFound)
}

// Thumbnail returns a small picture of a screen.
func Thumbnail(id string, width int) (*image.RGBA, error) {
	return nil, fmt.Errorf("picture screen %s: %w", id, media.ErrNotFound)
}

// NewScreen returns the source of a screen's pictures.
func NewScreen(id string) media.VideoSource {
	return noScreen(id)
}

// noScreen is a screen that cannot be opened.
type noScreen string

func (s noScreen) Open(context.Context, media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	return nil, media.VideoFormat{}, fmt.Errorf("open screen %s: %w", string(s), media.ErrNotFound)
}

func (s noScreen) Close() error {
	return nil
}
