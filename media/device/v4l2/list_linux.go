package v4l2

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Info tells of a camera.
type Info struct {
	ID   string // path of its device, a stable one where the system has one
	Name string
}

// List returns the cameras in the order of their numbers.
func List() []Info {
	return list("/dev")
}

// list looks for video0, video1 and so on in a folder, and for names that stay the same in v4l below it.
func list(dev string) []Info {
	nodes, _ := filepath.Glob(filepath.Join(dev, "video*")) // fails on a bad pattern alone
	slices.SortFunc(nodes, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) // video10 after video9
	})
	stable := stableNames(dev)
	var cameras []Info
	for _, node := range nodes {
		name, err := identify(node)
		if err != nil {
			continue // no camera, or not ours to open
		}
		id := node
		if s := stable[node]; s != "" {
			id = s
		}
		cameras = append(cameras, Info{ID: id, Name: name})
	}
	tellApart(cameras)
	return cameras
}

// stableNames maps device nodes to links that survive a restart and plugging the camera in elsewhere, or at least the restart.
func stableNames(dev string) map[string]string {
	names := make(map[string]string)
	for _, folder := range []string{"by-id", "by-path"} {
		links, _ := filepath.Glob(filepath.Join(dev, "v4l", folder, "*"))
		for _, link := range links {
			to, err := os.Readlink(link)
			if err != nil {
				continue
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(filepath.Dir(link), to)
			}
			if names[to] == "" {
				names[to] = link
			}
		}
	}
	return names
}

// tellApart numbers cameras that share a name.
func tellApart(cameras []Info) {
	seen := make(map[string]int)
	for i := range cameras {
		name := cameras[i].Name
		seen[name]++
		if n := seen[name]; n > 1 {
			cameras[i].Name = name + " (" + strconv.Itoa(n) + ")"
		}
	}
}

// tidy makes a driver's name fit for people: UVC drivers say it twice, and cut the second.
func tidy(card string) string {
	card = strings.TrimSpace(card)
	if first, second, ok := strings.Cut(card, ": "); ok && strings.HasPrefix(first, strings.TrimSpace(second)) {
		return first
	}
	return card
}
