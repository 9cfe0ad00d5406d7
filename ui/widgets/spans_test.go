package widgets

import (
	"strings"
	"testing"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	marks := Marks{Names: []string{"Ann", "Ann Bell", "Ben Ortiz", "דנה לוי"}, Me: "Zoe Park"}
	for _, c := range []struct{ text, find, want string }{
		{"hi @Ann!", "", "hi |m@Ann|!"},
		{"@ann bell and @Ann", "", "m@ann bell| and |m@Ann"},
		{"@Anna is nobody", "", "@Anna is nobody"},
		{"ask @zoe park", "", "ask |M@zoe park"},
		{"שלום @דנה לוי", "", "שלום |m@דנה לוי"},
		{"mail a@b.c", "", "mail a@b.c"},
		{"`@Ann` in code", "", "c@Ann| in code"},
		{"Budget, budget and BUDGET", "budget", "fBudget|, |fbudget| and |fBUDGET"},
		{"größer als GRÖSSE", "GRÖ", "fgrö|ßer als |fGRÖ|SSE"},
		{"@Ann has the budget", "ann", "m@Ann| has the budget"},
		{"see https://budget.example", "budget", "see |lhttps://budget.example"},
	} {
		marks.Find = c.find
		var got []string
		for _, s := range Spans(c.text, marks) {
			kind := [...]string{"", "m", "M", "f"}[s.Mark]
			if s.Code {
				kind = "c"
			}
			if s.Link != nil {
				kind = "l"
			}
			got = append(got, kind+s.Text)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q: %q, want %q", c.text, strings.Join(got, "|"), c.want)
		}
	}
}
