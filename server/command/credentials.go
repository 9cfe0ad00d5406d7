package command

import (
	"fmt"
	"io"
	"time"

	"parley/server/config"
	"parley/server/store"
)

type credentials struct {
	common
	projectFlag
}

// Help is shown below the flags.
func (credentials) Help() string { return "Example: parley-server credentials --project Acme --json" }

// Run prints the credentials.
func (c *credentials) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := e.findProject(s, c.Project)
		if err != nil {
			return err
		}
		return e.printCredentials(c.common, p)
	})
}

// shownCredentials are all that a project's programs need.
type shownCredentials struct {
	Name            string     `json:"name"`
	ApplicationID   string     `json:"applicationId"`
	APIKey          string     `json:"apiKey"`
	APISecret       string     `json:"apiSecret"`
	PrivateKeyFile  string     `json:"privateKeyFile"`
	SignatureSecret string     `json:"signatureSecret"`
	URL             string     `json:"url"`
	Disabled        bool       `json:"disabled"`
	OldKeyUntil     *time.Time `json:"oldKeyUntil,omitempty"`
	OldSecretUntil  *time.Time `json:"oldSecretUntil,omitempty"`
}

// printCredentials prints a project's credentials.
func (e *env) printCredentials(c common, p store.Project) error {
	v := shownCredentials{
		Name: p.Name, ApplicationID: p.ApplicationID, APIKey: p.APIKey, APISecret: p.APISecret(), PrivateKeyFile: p.PrivateKeyFile(),
		SignatureSecret: p.SignatureSecret, URL: running(c.Data).URL, Disabled: p.Disabled, OldKeyUntil: oldUntil(keys(p)), OldSecretUntil: oldUntil(secrets(p)),
	}
	return e.print(c.JSON, v, func(w io.Writer) {
		table(w, func(w io.Writer) {
			fmt.Fprintf(w, "project\t%s\napplication id\t%s\nAPI key\t%s\nAPI secret\t%s\nprivate key file\t%s\nsignature secret\t%s\nURL\t%s\n",
				v.Name, v.ApplicationID, v.APIKey, v.APISecret, v.PrivateKeyFile, v.SignatureSecret, v.URL)
			if v.OldKeyUntil != nil {
				fmt.Fprintf(w, "old private key\tvalid until %s\n", v.OldKeyUntil.Format(time.DateTime))
			}
			if v.OldSecretUntil != nil {
				fmt.Fprintf(w, "old API secret\tvalid until %s\n", v.OldSecretUntil.Format(time.DateTime))
			}
			if v.Disabled {
				fmt.Fprintln(w, "state\tdisabled")
			}
		})
	})
}

// running tells where the data folder's server listens, or would by default.
func running(data string) config.Running {
	if data == "" {
		data = config.DefaultData()
	}
	if r, ok := config.LoadRunning(data); ok {
		return r
	}
	return config.Running{Host: config.DefaultListen, URL: "http://" + config.DefaultListen}
}
