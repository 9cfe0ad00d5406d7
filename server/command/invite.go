package command

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"parley/rtc/protocol"
	"parley/server/certificate"
	"parley/server/config"
	"parley/server/store"
	"parley/server/token"
)

type inviteCreate struct {
	common
	projectFlag
	optionFlags
	Session protocol.SessionID `help:"Session id (default: a new session of the project)." placeholder:"ID"`
	Role    string             `help:"subscriber, publisher, publisheronly or moderator, or several with commas." default:"publisher"`
	Expires time.Duration      `help:"How long the invite lets people in." default:"24h"`
	Uses    int                `help:"How many times it does." default:"50"`
	Host    string             `help:"HOST:PORT in the link (default: all addresses of the server)." placeholder:"HOST:PORT"`
}

// Help is shown below the flags.
func (inviteCreate) Help() string {
	return "Example: parley-server invite --session ID --role publisher --expires 24h --uses 50"
}

// madeInvite is what inviteCreate prints as JSON.
type madeInvite struct {
	Link string `json:"link"`
	store.Invite
}

// Run makes an invite.
func (c *inviteCreate) Run(e *env) error {
	if c.Expires <= 0 || c.Uses <= 0 {
		return errors.New("--expires and --uses must be above zero, for example --expires 24h --uses 50")
	}
	role, err := token.ParseRole(c.Role)
	if err != nil {
		return err
	}
	return e.withStore(c.Data, func(s *store.Store) error {
		id, err := c.session(e, s)
		if err != nil {
			return err
		}
		secret, inv, err := s.CreateInvite(e.ctx, store.Invite{SessionID: id, Role: string(role), ExpiresAt: time.Now().Add(c.Expires), UsesLeft: c.Uses})
		if err != nil {
			return err
		}
		server, err := invitesTo(c.Data)
		if err != nil {
			return err
		}
		made := madeInvite{Link: server.Link(secret, c.Host), Invite: inv}
		return e.print(c.JSON, made, func(w io.Writer) { fmt.Fprintln(w, made.Link) })
	})
}

// invitesTo returns the server that links lead to: the running one, or the one that will start in the data folder, with its own certificate.
func invitesTo(data string) (config.Running, error) {
	if data == "" {
		data = config.DefaultData()
	}
	r := running(data)
	if r.PID != 0 {
		return r, nil
	}
	own, err := certificate.Own(data, time.Now(), slog.New(slog.DiscardHandler))
	if err == nil {
		r.Pin = own.Pin().String()
	}
	return r, err
}

// session returns the session that is invited to.
func (c *inviteCreate) session(e *env, s *store.Store) (protocol.SessionID, error) {
	if c.Session == "" {
		return e.newSession(s, c.Project, c.options())
	}
	if c.Lobby {
		return "", errors.New("--lobby is for a new session; leave --session out, or set the lobby of a session through the API")
	}
	owner, err := e.owner(s, c.Session)
	if err != nil || c.Project == "" {
		return c.Session, err
	}
	p, err := e.findProject(s, c.Project)
	if err == nil && p.ApplicationID != owner.ApplicationID {
		err = fmt.Errorf("the session is of the project %q; leave --project out, or name that one", owner.Name)
	}
	return c.Session, err
}

type inviteList struct {
	common
	projectFlag
}

// Help is shown below the flags.
func (inviteList) Help() string { return "Example: parley-server invite list --json" }

// Run lists invites, those of all projects unless one is named.
func (c *inviteList) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		id := ""
		if c.Project != "" {
			p, err := e.findProject(s, c.Project)
			if err != nil {
				return err
			}
			id = p.ApplicationID
		}
		all, err := s.Invites(e.ctx, id)
		if err != nil {
			return err
		}
		names, err := e.projectNames(s)
		if err != nil {
			return err
		}
		return e.print(c.JSON, all, func(w io.Writer) {
			table(w, func(w io.Writer) {
				fmt.Fprintln(w, "ID\tPROJECT\tROLE\tUSES LEFT\tEXPIRES\tSESSION")
				for _, i := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", i.ID, names[i.Project], strings.ReplaceAll(i.Role, " ", ","), i.UsesLeft,
						i.ExpiresAt.Format(time.DateTime), i.SessionID)
				}
			})
		})
	})
}

// projectNames returns the names of all projects by their application ids.
func (e *env) projectNames(s *store.Store) (map[string]string, error) {
	all, err := s.Projects(e.ctx)
	names := map[string]string{}
	for _, p := range all {
		names[p.ApplicationID] = p.Name
	}
	return names, err
}

type inviteRevoke struct {
	common
	ID string `arg:"" help:"Invite id, as invite list prints it."`
}

// Help is shown below the flags.
func (inviteRevoke) Help() string { return "Example: parley-server invite revoke k3v9x2mqpa" }

// Run revokes an invite.
func (c *inviteRevoke) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		if err := s.RevokeInvite(e.ctx, c.ID); errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no invite %q; see: parley-server invite list", c.ID)
		} else if err != nil {
			return err
		}
		return e.print(c.JSON, map[string]any{"revoked": c.ID}, func(w io.Writer) { fmt.Fprintln(w, "Revoked", c.ID) })
	})
}
