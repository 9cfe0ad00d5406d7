package keys

import (
	"testing"

	"fyne.io/fyne/v2"

	"parley/assets"
)

func TestNoKeyStandsForTwoThings(t *testing.T) {
	t.Parallel()
	seen := map[string]Action{}
	for n, b := range Bindings() {
		if int(b.Action) != n {
			t.Errorf("%v stands at %d: they are listed in their order", b.Action, n)
		}
		keys := []string{string(b.Key)}
		if b.Rune != 0 {
			keys = append(keys, string(b.Rune))
		}
		if b.Chord != nil {
			keys = append(keys, b.Chord.ShortcutName())
		}
		for _, key := range keys {
			if other, taken := seen[key]; taken && key != "" {
				t.Errorf("%q stands for %v and %v", key, other, b.Action)
			}
			seen[key] = b.Action
		}
		if Of(b.Action).Action != b.Action || Hint(assets.NewWords("en"), b.Action) == "" {
			t.Errorf("%v has no hint", b.Action)
		}
	}
}

func TestHintsSpeakTheLanguage(t *testing.T) {
	t.Parallel()
	de := assets.NewWords("de")
	for _, c := range []struct{ got, want string }{
		{Hint(de, ToggleMic), "M"}, {ChordHint(de, ToggleMic), "Strg+D"}, {Hint(de, LeaveCall), "Strg+Umschalt+L"}, {Hint(de, Talk), "Leertaste"},
		{ChordHint(de, ToggleHand), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestDigit(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]int{"1": 1, "9": 9, "0": 0, "A": 0, "KP_1": 0} {
		if n, ok := Digit(fyne.KeyName(key)); n != want || ok != (want > 0) {
			t.Errorf("%s: %d, %v", key, n, ok)
		}
	}
}
