package device

import "parley/media/device/soundcard"

// Info tells of a device that can be opened.
type Info struct {
	ID      string // the same after a restart, as far as the system knows
	Name    string // for people
	Default bool   // the one that opens when no ID is given
}

// Microphones returns the microphones that there are now.
func Microphones() ([]Info, error) { return infos(soundcard.Inputs()) }

// Speakers returns the sound outputs that there are now.
func Speakers() ([]Info, error) { return infos(soundcard.Outputs()) }

func infos(cards []soundcard.Info, err error) ([]Info, error) {
	if err != nil {
		return nil, err
	}
	list := make([]Info, 0, len(cards))
	for _, c := range cards {
		list = append(list, Info(c))
	}
	return list, nil
}
