package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"parley/rtc/protocol"
	"parley/server/node"
	"parley/server/session"
	"parley/server/store"
	"parley/server/token"
)

type sessionCreate struct {
	common
	projectFlag
	optionFlags
}

// optionFlags are the options of a session that is made.
type optionFlags struct {
	Lobby bool `help:"Let who is no moderator wait until a moderator lets them in."`
}

func (f optionFlags) options() session.Options { return session.Options{Lobby: f.Lobby} }

// Help is shown below the flags.
func (sessionCreate) Help() string {
	return "Example: parley-server session create --project Acme --lobby"
}

// Run makes a session.
func (c *sessionCreate) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		id, err := e.newSession(s, c.Project, c.options())
		if err != nil {
			return err
		}
		return e.print(c.JSON, map[string]any{"sessionId": id}, func(w io.Writer) { fmt.Fprintln(w, id) })
	})
}

// newSession makes a session of the project that the command line names.
func (e *env) newSession(s *store.Store, project string, options session.Options) (protocol.SessionID, error) {
	p, err := e.findProject(s, project)
	if err == nil {
		err = enabled(p)
	}
	if err != nil {
		return "", err
	}
	return s.CreateSession(e.ctx, p.ApplicationID, options.Encode())
}

// enabled refuses to make what would be refused when it is used.
func enabled(p store.Project) error {
	if p.Disabled {
		return fmt.Errorf("the project %q is disabled; enable it with: parley-server project enable %s", p.Name, p.APIKey)
	}
	return nil
}

// owner returns the project that a session belongs to.
func (e *env) owner(s *store.Store, id protocol.SessionID) (store.Project, error) {
	found, err := s.Session(e.ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Project{}, fmt.Errorf("there is no session %q; make one with: parley-server session create", id)
	case err != nil:
		return store.Project{}, err
	}
	p, err := s.Project(e.ctx, found.Project)
	if err == nil {
		err = enabled(p)
	}
	return p, err
}

type tokenCreate struct {
	common
	Session protocol.SessionID `help:"Session id." required:"" placeholder:"ID"`
	Role    string             `help:"subscriber, publisher, publisheronly or moderator, or several with commas." default:"publisher"`
	Name    string             `help:"Display name."`
	Content string             `name:"connection-data" help:"Connection data, up to 1024 bytes." placeholder:"TEXT"`
	TTL     time.Duration      `name:"ttl" help:"How long the token opens connects, up to 720h." default:"24h"`
}

// Help is shown below the flags.
func (tokenCreate) Help() string {
	return "Example: parley-server token create --session ID --role publisher --name Ann --ttl 2h"
}

// Run makes a token.
func (c *tokenCreate) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := e.owner(s, c.Session)
		if err != nil {
			return err
		}
		if c.TTL <= 0 {
			return errors.New("--ttl must be above zero, for example 2h")
		}
		now := time.Now()
		key, err := node.KeyOf(s, p)
		if err != nil {
			return err
		}
		text, err := key.Sign(token.Grant{SessionID: c.Session, Role: token.Role(c.Role), Name: c.Name, Data: c.Content, ExpiresAt: now.Add(c.TTL)}, now)
		if err != nil {
			return err
		}
		return e.print(c.JSON, map[string]any{"token": text}, func(w io.Writer) { fmt.Fprintln(w, text) })
	})
}
