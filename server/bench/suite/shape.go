package suite

import (
	"fmt"
	"strings"

	"parley/server/bench/load"
)

// Shape is who sends what to whom.
type Shape struct {
	Name        string
	Kinds       []load.Kind // what each publisher publishes
	Publishers  int
	Subscribers int // besides the publishers, who subscribe to each other when there are several
	Tiles       int // how many streams each publisher sees; 0: all
}

// Shapes returns the shapes that a server is measured with.
func Shapes() []Shape {
	video, audio := []load.Kind{load.Video}, []load.Kind{load.Audio}
	return []Shape{
		{Name: "video-1x100", Kinds: video, Publishers: 1, Subscribers: 100},
		{Name: "video-10x10", Kinds: video, Publishers: 10},
		{Name: "audio-30x30", Kinds: audio, Publishers: 30},
		{Name: "video-1x500", Kinds: video, Publishers: 1, Subscribers: 500},
		{Name: "tiles-50x9", Kinds: video, Publishers: 50, Tiles: 9},
	}
}

// more are shapes that are measured when they are named.
func more() []Shape {
	video := []load.Kind{load.Video}
	return []Shape{
		{Name: "video-1x10", Kinds: video, Publishers: 1, Subscribers: 10},
		{Name: "video-1x50", Kinds: video, Publishers: 1, Subscribers: 50},
		{Name: "video-25x25", Kinds: video, Publishers: 25},
		{Name: "call-4x4", Kinds: []load.Kind{load.Video, load.Audio}, Publishers: 4},
	}
}

// Choose returns the shapes of these names; none means Shapes.
func Choose(names []string) ([]Shape, error) {
	if len(names) == 0 {
		return Shapes(), nil
	}
	known := append(Shapes(), more()...)
	var chosen []Shape
	for _, name := range names {
		found := false
		for _, s := range known {
			if s.Name == name {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			var all []string
			for _, s := range known {
				all = append(all, s.Name)
			}
			return nil, fmt.Errorf("there is no shape %q; there are %s", name, strings.Join(all, ", "))
		}
	}
	return chosen, nil
}

// sees reports whether publisher a, or subscriber a-Publishers, receives what publisher b publishes.
func (s Shape) sees(a, b int) bool {
	if a >= s.Publishers {
		return true
	}
	if a == b {
		return false
	}
	return s.Tiles == 0 || (b-a+s.Publishers)%s.Publishers <= s.Tiles
}

// everybody is how many clients there are.
func (s Shape) everybody() int { return s.Publishers + s.Subscribers }

// watched lists the publishers that a client receives.
func (s Shape) watched(client int) []int {
	var list []int
	for p := range s.Publishers {
		if s.sees(client, p) {
			list = append(list, p)
		}
	}
	return list
}
