package call

import (
	"strings"
	"testing"
)

func TestSeatsAreSteady(t *testing.T) {
	t.Parallel()
	var s seats
	s.follow([]string{"a", "b", "c", "d"})
	s.follow([]string{"d", "x", "a", "c"}) // however the state lists them
	if got := strings.Join(s.order, ""); got != "acdx" {
		t.Errorf("seats are %s", got)
	}
}

func TestWhoSpeaksIsBroughtIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page         int
		speaks, want string
	}{
		{0, "", "abcdefgh"},
		{0, "b", "abcdefgh"},    // in sight
		{0, "f", "abfdecgh"},    // the last silent one gives way
		{0, "cf", "afcdebgh"},   // one who speaks does not
		{0, "abcf", "abcdefgh"}, // all speak: nobody gives way
		{1, "a", "fbcdeagh"},    // whichever page shows
		{2, "ab", "hgcdefba"},   // the last page is shorter
		{0, "fgh", "hgfdecba"},
	} {
		s := seats{order: strings.Split("abcdefgh", "")}
		list := strings.Split("abcdefgh", "")
		s.bring(list, c.page*3, c.page*3+3, func(id string) bool { return strings.Contains(c.speaks, id) })
		if got := strings.Join(s.order, ""); got != c.want || strings.Join(list, "") != got {
			t.Errorf("page %d, %q speak: %s and %v, want %s", c.page, c.speaks, got, list, c.want)
		}
	}
}

// TestWhoIsOnTheStageKeepsTheSeat brings somebody in while another one, who sits first, is on the stage and not in the list.
func TestWhoIsOnTheStageKeepsTheSeat(t *testing.T) {
	t.Parallel()
	s := seats{order: strings.Split("abcde", "")}
	list := strings.Split("bcde", "")
	s.bring(list, 0, 2, func(id string) bool { return id == "e" })
	if got := strings.Join(s.order, ""); got != "abedc" || strings.Join(list, "") != "bedc" {
		t.Errorf("seats are %s, the list is %v", got, list)
	}
}

func TestPaged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, most, pages, per int }{{0, 9, 1, 0}, {9, 9, 1, 9}, {10, 9, 2, 5}, {60, 36, 2, 30}, {5, 0, 5, 1}} {
		if pages, per := paged(c.n, c.most); pages != c.pages || per != c.per {
			t.Errorf("%d by %d: %d pages of %d, want %d of %d", c.n, c.most, pages, per, c.pages, c.per)
		}
	}
}
