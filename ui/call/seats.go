package call

import "slices"

// seats keeps who sits where on the stage. It is steady: who comes sits down at the end, and nobody moves but for who speaks.
type seats struct {
	order []string // of people, by id
}

// follow takes the people who are there now.
func (s *seats) follow(present []string) {
	s.order = slices.DeleteFunc(s.order, func(id string) bool { return !slices.Contains(present, id) })
	for _, id := range present {
		if !slices.Contains(s.order, id) {
			s.order = append(s.order, id)
		}
	}
}

// bring lets those who speak and are not among the shown of a list of people, from..to, change places with the last ones there who are
// silent. It changes the list too.
func (s *seats) bring(list []string, from, to int, speaks func(id string) bool) {
	from, to = min(max(from, 0), len(list)), min(max(to, 0), len(list))
	for i, id := range list {
		if i >= from && i < to || !speaks(id) {
			continue
		}
		for j := to - 1; j >= from; j-- {
			if !speaks(list[j]) {
				s.swap(id, list[j])
				list[i], list[j] = list[j], list[i]
				break
			}
		}
	}
}

func (s *seats) swap(a, b string) {
	i, j := slices.Index(s.order, a), slices.Index(s.order, b)
	if i >= 0 && j >= 0 {
		s.order[i], s.order[j] = s.order[j], s.order[i]
	}
}

// paged spreads n tiles evenly over as few pages of at most so many as there can be.
func paged(n, most int) (pages, per int) {
	most = max(most, 1)
	pages = max((n+most-1)/most, 1)
	return pages, (n + pages - 1) / pages
}
