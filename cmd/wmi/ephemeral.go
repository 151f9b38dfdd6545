package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"openwmi/internal/ephemeral"
	"openwmi/internal/server"
)

// throwaway is what the command line says of a store that is thrown away.
type throwaway struct {
	on           bool
	schema, seed []string
	machine      bool
	user         string
}

func (t *throwaway) flags(f *pflag.FlagSet) {
	f.BoolVar(&t.on, "ephemeral", false, "serve a new store, which is removed at the end")
	f.StringArrayVar(&t.schema, "schema", nil, "with --ephemeral: compile `FILE`, or begin with a copy of the store in that directory; may be repeated")
	f.StringArrayVar(&t.seed, "seed", nil, "with --ephemeral: compile `FILE` afterwards; may be repeated")
	f.BoolVar(&t.machine, "machine", false, "with --ephemeral: put the classes of this machine into the store")
	f.StringVar(&t.user, "user", "test", "with --ephemeral: the `NAME` of the user")
}

// serveThrowaway serves a store that is thrown away until the context ends.
func (c *cli) serveThrowaway(ctx context.Context, cmd *cobra.Command, f serving) error {
	for _, name := range []string{"tls-auto", "config", "check", "connect", "data"} {
		if cmd.Flags().Changed(name) {
			return usage(cmd, "--%s and --ephemeral exclude each other", name)
		}
	}
	o := ephemeral.Options{
		Schema: f.throwaway.schema, Seed: f.throwaway.seed, Machine: f.throwaway.machine, Namespace: c.namespace,
		User: f.throwaway.user, Password: os.Getenv("OPENWMI_PASSWORD"), Logger: c.log(),
	}
	if o.Listen = f.listeners(f.listen...); o.Listen == nil {
		o.Listen = f.listeners("127.0.0.1:0")
	}
	if err := (&server.Config{Listen: o.Listen}).Check(); err != nil {
		return failed("Serve", "", invalid("", err))
	}
	s, err := ephemeral.Open(ctx, o)
	if err != nil {
		return failed("Open", fileOf(err, "store"), err)
	}
	if err = s.Serve(ctx, o); err == nil {
		err = c.announce(s)
	}
	if err == nil {
		<-ctx.Done()
	}
	if e := s.Close(); err == nil {
		err = e
	}
	return failed("Serve", "", err)
}

// announce prints where a store is served.
func (c *cli) announce(s *ephemeral.Store) error {
	scheme := "http://"
	if s.Addresses[0].Secure {
		scheme = "https://"
	}
	at := scheme + s.Addresses[0].Address
	line, err := json.Marshal(struct {
		CIMXML   string `json:"cimxml"`
		WSMan    string `json:"wsman"`
		User     string `json:"user"`
		Password string `json:"password"`
	}{at + server.CIMXMLPath, at + server.WSManPath, s.User, s.Password})
	if err != nil {
		return err
	}
	if _, err := c.out.Write(append(line, '\n')); err != nil {
		return err
	}
	return c.out.Flush()
}
