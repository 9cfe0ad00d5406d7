package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"parley/server/store"
)

// defaultOverlap is how long a key or secret stays valid after its successor was made, unless the command line says otherwise.
const defaultOverlap = 24 * time.Hour

type projectCreate struct {
	common
	Name string `arg:"" help:"A name that no other project has."`
}

// Help is shown below the flags.
func (projectCreate) Help() string { return "Example: parley-server project create Acme --json" }

// Run makes a project.
func (c *projectCreate) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := s.CreateProject(e.ctx, c.Name)
		if errors.Is(err, store.ErrNameTaken) {
			return fmt.Errorf("there is a project %q already; see: parley-server project list", c.Name)
		} else if err != nil {
			return err
		}
		return e.printCredentials(c.common, p)
	})
}

type projectList struct{ common }

// Help is shown below the flags.
func (projectList) Help() string { return "Example: parley-server project list --json" }

// listedProject is a project as it is listed: without what opens anything.
type listedProject struct {
	Name          string    `json:"name"`
	ApplicationID string    `json:"applicationId"`
	APIKey        string    `json:"apiKey"`
	CreatedAt     time.Time `json:"createdAt"`
	Disabled      bool      `json:"disabled"`
	Keys          []listed  `json:"keys"`    // that are valid, newest first
	Secrets       []listed  `json:"secrets"` // likewise
}

// listed is a key or secret as it is listed.
type listed struct {
	ID         string     `json:"id,omitempty"` // of a key
	CreatedAt  time.Time  `json:"createdAt"`
	ValidUntil *time.Time `json:"validUntil,omitempty"` // of one that was replaced
}

// keys lists a project's keys that are valid.
func keys(p store.Project) []listed {
	var all []listed
	for _, k := range p.Keys {
		all = appendLive(all, k.ID, k.Validity)
	}
	return all
}

// secrets lists a project's secrets that are valid.
func secrets(p store.Project) []listed {
	var all []listed
	for _, s := range p.Secrets {
		all = appendLive(all, "", s.Validity)
	}
	return all
}

func appendLive(all []listed, id string, v store.Validity) []listed {
	if !v.Live(time.Now()) {
		return all
	}
	one := listed{ID: id, CreatedAt: v.CreatedAt}
	if !v.EndsAt.IsZero() {
		one.ValidUntil = &v.EndsAt
	}
	return append(all, one)
}

// oldUntil says until when the one before the newest is valid, nil when it is not.
func oldUntil(all []listed) *time.Time {
	if len(all) < 2 {
		return nil
	}
	return all[1].ValidUntil
}

// Run lists projects.
func (c *projectList) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		all, err := s.Projects(e.ctx)
		if err != nil {
			return err
		}
		list := make([]listedProject, len(all))
		for i, p := range all {
			list[i] = listedProject{p.Name, p.ApplicationID, p.APIKey, p.CreatedAt, p.Disabled, keys(p), secrets(p)}
		}
		return e.print(c.JSON, list, func(w io.Writer) {
			table(w, func(w io.Writer) {
				fmt.Fprintln(w, "NAME\tAPPLICATION ID\tAPI KEY\tSTATE\tCREATED\tOLD KEY UNTIL\tOLD SECRET UNTIL")
				for _, p := range list {
					state := "enabled"
					if p.Disabled {
						state = "disabled"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.ApplicationID, p.APIKey, state, p.CreatedAt.Format(time.DateTime),
						dateOf(oldUntil(p.Keys)), dateOf(oldUntil(p.Secrets)))
				}
			})
		})
	})
}

func dateOf(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.DateTime)
}

// projectArg names the project that a command is about.
type projectArg struct {
	Project string `arg:"" optional:"" help:"Project, by name, application id or API key; needed where there are several."`
}

// rotation are the flags of replacing a key or secret.
type rotation struct {
	Overlap *time.Duration `help:"How long the present one stays valid, up to 720h; 0 revokes it at once (default: 24h)."`
	Force   bool           `help:"Also end the one before it, where that is still valid."`
}

// of returns what the flags ask for.
func (r rotation) of() store.Rotation {
	overlap := defaultOverlap
	if r.Overlap != nil {
		overlap = *r.Overlap
	}
	return store.Rotation{Overlap: overlap, Force: r.Force}
}

// explain says what to do about a rotation that was refused.
func explain(noun string, err error) error {
	var overlap *store.InOverlapError
	if errors.As(err, &overlap) {
		return fmt.Errorf("the %s before the present one is valid until %s, and no more than two can be: a new one ends it at once. Do that with --force, or wait",
			noun, overlap.EndsAt.Format(time.DateTime))
	}
	return err
}

// rotated is what a rotation prints as JSON.
type rotated struct {
	Name            string     `json:"name"`
	ApplicationID   string     `json:"applicationId"`
	APIKey          string     `json:"apiKey"`
	KeyID           string     `json:"keyId,omitempty"`
	PrivateKeyFile  string     `json:"privateKeyFile,omitempty"`
	APISecret       string     `json:"apiSecret,omitempty"`
	SignatureSecret string     `json:"signatureSecret,omitempty"`
	OldUntil        *time.Time `json:"oldUntil,omitempty"` // none: it was revoked at once
	Ended           *time.Time `json:"ended,omitempty"`    // until when the one was valid that --force ended
}

// lines prints what became of the older ones.
func (r rotated) lines(w io.Writer, noun string) {
	if r.OldUntil != nil {
		fmt.Fprintf(w, "old %s\tvalid until %s\n", noun, r.OldUntil.Format(time.DateTime))
	} else {
		fmt.Fprintf(w, "old %s\trevoked\n", noun)
	}
	if r.Ended != nil {
		fmt.Fprintf(w, "%s before that\trevoked, though it was valid until %s\n", noun, r.Ended.Format(time.DateTime))
	}
}

type rotateKey struct {
	common
	projectArg
	rotation
}

// Help is shown below the flags.
func (rotateKey) Help() string {
	return "Example: parley-server project rotate-key Acme --overlap 24h\n\nThe new key signs from now on. The file of one that is revoked is deleted."
}

// Run replaces a private key.
func (c *rotateKey) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := e.findProject(s, c.Project)
		if err != nil {
			return err
		}
		ended := oldUntil(keys(p))
		if p, err = s.RotateKey(e.ctx, p.ApplicationID, c.of()); err != nil {
			return explain("key", err)
		}
		v := rotated{
			Name: p.Name, ApplicationID: p.ApplicationID, APIKey: p.APIKey, KeyID: p.Keys[0].ID, PrivateKeyFile: p.PrivateKeyFile(),
			OldUntil: oldUntil(keys(p)), Ended: ended,
		}
		return e.print(c.JSON, v, func(w io.Writer) {
			table(w, func(w io.Writer) {
				fmt.Fprintf(w, "project\t%s\nprivate key file\t%s\nkey id\t%s\n", v.Name, v.PrivateKeyFile, v.KeyID)
				v.lines(w, "private key")
			})
		})
	})
}

type rotateSecret struct {
	common
	projectArg
	rotation
	Signature bool `help:"Replace the secret that signs webhooks instead, at once."`
}

// Help is shown below the flags.
func (rotateSecret) Help() string {
	return "Example: parley-server project rotate-secret Acme --overlap 24h\n\nThe new secret signs from now on."
}

// Run replaces a secret.
func (c *rotateSecret) Run(e *env) error {
	if c.Signature && (c.Overlap != nil || c.Force) {
		return errors.New("--signature knows neither --overlap nor --force: there is one signature secret, and it is replaced at once")
	}
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := e.findProject(s, c.Project)
		if err != nil {
			return err
		}
		v := rotated{Name: p.Name, ApplicationID: p.ApplicationID, APIKey: p.APIKey}
		if c.Signature {
			if v.SignatureSecret, err = s.RotateSignatureSecret(e.ctx, p.ApplicationID); err != nil {
				return err
			}
			return e.print(c.JSON, v, func(w io.Writer) {
				table(w, func(w io.Writer) { fmt.Fprintf(w, "project\t%s\nsignature secret\t%s\n", v.Name, v.SignatureSecret) })
			})
		}
		v.Ended = oldUntil(secrets(p))
		if p, err = s.RotateSecret(e.ctx, p.ApplicationID, c.of()); err != nil {
			return explain("secret", err)
		}
		v.APISecret, v.OldUntil = p.APISecret(), oldUntil(secrets(p))
		return e.print(c.JSON, v, func(w io.Writer) {
			table(w, func(w io.Writer) {
				fmt.Fprintf(w, "project\t%s\nAPI key\t%s\nAPI secret\t%s\n", v.Name, v.APIKey, v.APISecret)
				v.lines(w, "API secret")
			})
		})
	})
}

type disable struct {
	common
	projectArg
}

// Help is shown below the flags.
func (disable) Help() string { return "Example: parley-server project disable Acme" }

// Run disables a project.
func (c *disable) Run(e *env) error {
	return e.setDisabled(c.common, c.Project, true, "Disabled %s. Its credentials, tokens and invites are refused; who is in a call stays there.\n")
}

type enable struct {
	common
	projectArg
}

// Help is shown below the flags.
func (enable) Help() string { return "Example: parley-server project enable Acme" }

// Run enables a project.
func (c *enable) Run(e *env) error {
	return e.setDisabled(c.common, c.Project, false, "Enabled %s.\n")
}

// setDisabled disables or enables a project. said has a place for its name.
func (e *env) setDisabled(c common, which string, disabled bool, said string) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := e.findProject(s, which)
		if err != nil {
			return err
		}
		if err := s.SetDisabled(e.ctx, p.ApplicationID, disabled); err != nil {
			return err
		}
		v := map[string]any{"name": p.Name, "applicationId": p.ApplicationID, "disabled": disabled}
		return e.print(c.JSON, v, func(w io.Writer) { fmt.Fprintf(w, said, p.Name) })
	})
}
