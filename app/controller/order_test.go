package controller

import (
	"fmt"
	"testing"

	"parley/app/config"
	"parley/server/servertest"
	"parley/ui/model"
)

func TestLastToggleCounts(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ben.showing("Ann", false)
	for round := range 8 {
		for range 5 {
			ann.Send(model.ToggleMic{})
		}
		muted := round%2 == 0
		for _, d := range []*desk{ann, ben} {
			d.until(func(s model.State) string {
				for _, tl := range s.Call.Tiles {
					if tl.Name == "Ann" && tl.Muted != muted {
						return fmt.Sprintf("round %d: Ann is muted: %v", round, tl.Muted)
					}
				}
				return ""
			})
		}
	}
}
