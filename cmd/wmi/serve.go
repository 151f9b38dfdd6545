package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/internal/server"
	"openwmi/providers/interop"
	"openwmi/wbem"
)

// serverFile, in the directory of a store, says where a server of it listens.
const serverFile = "server.json"

// serving is what the command line says.
type serving struct {
	listen    []string
	cert, key string
	clientCA  string
	clientCRL string
	tlsAuto   bool
	encrypted bool
	config    string
	check     bool
	throwaway throwaway
}

func (c *cli) serveCommand() *cobra.Command {
	var f serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer clients over the network",
		Long: `Open the store and answer clients: CIM-XML at /cimom and WS-Management at /wsman of each
address. Without --listen and without a configuration these are 127.0.0.1:5988 and
127.0.0.1:5985, for this computer alone. An address that others can reach needs a
certificate, or --encrypted.

Who connects over a network is a user of the store (wmi user add): by name and password, by
NTLM or Kerberos, or by a certificate. Meanwhile the command line works on the store
through a socket in its directory.

The configuration is a file in JSON, server.json in the store's directory or --config; its
members are described in doc/server.md. --listen wins over it. The server ends on SIGTERM
and SIGINT, and when the terminal in which it was started is closed, after the requests
under way. On SIGHUP it reads users, certificates and keys again.

With --ephemeral the store is a new one that is removed at the end, filled with --schema
and --seed; the address is any free port of this computer. Once it answers, a line of JSON
on standard output has the URLs, a user who may do everything, and its password: a random
one, or $OPENWMI_PASSWORD.`,
		Example: examples(`
			wmi serve
			wmi serve --listen 0.0.0.0:5989 --tls-auto
			wmi serve --listen 0.0.0.0:5985 --encrypted
			wmi serve --config /etc/openwmi/server.json --check
			wmi serve --ephemeral --schema disk.mof   # for the tests of a client`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			h := hearHangup()
			defer h.stop()
			ctx, end := context.WithCancel(cmd.Context())
			defer end()
			c.serving = true
			if f.throwaway.on { // has no files of others
				go h.serve(ctx, end, end)
				return c.serveThrowaway(ctx, cmd, f)
			}
			config, err := c.serverConfig(f)
			if err != nil || f.check {
				return err
			}
			return c.serve(ctx, *config, func(reload func()) { h.serve(ctx, reload, end) })
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.listen, "listen", nil, "listen at `ADDR`, an IP address and a port; may be repeated")
	flags.StringVar(&f.cert, "tls-cert", "", "the certificate for --listen, a `FILE` in PEM")
	flags.StringVar(&f.key, "tls-key", "", "the key for it, a `FILE` in PEM")
	flags.BoolVar(&f.tlsAuto, "tls-auto", false, "make a certificate, keep it in the store's directory, and print its fingerprint")
	flags.BoolVar(&f.encrypted, "encrypted", false, "take only messages that NTLM or Kerberos encrypts at --listen, which CIM-XML cannot")
	flags.StringVar(&f.clientCA, "client-ca", "", "let clients in whose certificate is from an authority in `FILE`")
	flags.StringVar(&f.clientCRL, "client-crl", "", "refuse the certificates that a list in `FILE` revokes, and all when it has expired")
	flags.StringVar(&f.config, "config", "", "read the configuration in `FILE`, not in the store's directory")
	flags.BoolVar(&f.check, "check", false, "only say what is wrong with the configuration and the files that it names")
	exclusive(cmd, "tls-auto", "tls-cert")
	f.throwaway.flags(flags)
	return cmd
}

// serverConfig returns where to listen: what the flags say, else what stands in
// the file, else the usual address.
func (c *cli) serverConfig(f serving) (*server.Config, error) {
	dir, err := c.localDir()
	if err != nil {
		return nil, err
	}
	name := f.config
	if name == "" {
		name = filepath.Join(dir, serverFile)
	}
	config, err := server.ReadConfig(name)
	if f.config == "" && errors.Is(err, fs.ErrNotExist) {
		config, err = &server.Config{}, nil
	}
	if err != nil {
		return nil, failed("ReadConfiguration", name, invalid(name, err))
	}
	// The flags are of what --listen names, or else of the usual address.
	flagged := f.tlsAuto || f.encrypted || f.cert+f.key+f.clientCA+f.clientCRL != ""
	if flagged && len(f.listen) == 0 && len(config.Listen) > 0 {
		return nil, failed("Serve", "", cim.Errorf(wbem.InvalidParameter, "certificates and --encrypted are for --listen; what listens in %s has its own", name))
	}
	switch {
	case f.tlsAuto && f.check: // which writes nothing
		f.cert, f.key = "made at the start", "made at the start"
	case f.tlsAuto:
		made, err := server.AutoCertificate(dir)
		if err != nil {
			return nil, failed("MakeCertificate", dir, err)
		}
		f.cert, f.key = made.Certificate, made.Key
		fmt.Fprintf(c.errs, "certificate %s, SHA-256 %s\n", made.Certificate, made.Fingerprint)
	}
	switch {
	case len(f.listen) > 0:
		config.Listen = f.listeners(f.listen...)
	case len(config.Listen) > 0:
	case f.cert+f.key+f.clientCA+f.clientCRL != "":
		config.Listen = f.listeners("127.0.0.1:5989")
	case f.encrypted:
		config.Listen = f.listeners("127.0.0.1:5985")
	default:
		config.Listen = f.listeners("127.0.0.1:5988", "127.0.0.1:5985")
	}
	if err := config.Check(); err != nil {
		return nil, failed("Serve", "", cim.Errorf(wbem.InvalidParameter, "%v", err))
	}
	if f.check {
		files := *config
		if f.tlsAuto {
			files.Listen = nil
		}
		if err := files.CheckFiles(); err != nil {
			return nil, failed("Serve", fileOf(err, ""), invalid("", err))
		}
	}
	return config, nil
}

// listeners returns how to listen at addresses.
func (f *serving) listeners(addresses ...string) []server.Listener {
	var all []server.Listener
	for _, a := range addresses {
		all = append(all, server.Listener{Address: a, Encrypted: f.encrypted, Certificate: f.cert, Key: f.key, ClientCA: f.clientCA, ClientCRL: f.clientCRL})
	}
	return all
}

// serve answers until the context ends. hear calls a function whenever files are to be
// read again. When the store is to be replaced by a backup, it begins anew.
func (c *cli) serve(ctx context.Context, config server.Config, hear func(reload func())) error {
	tracer, flush, err := tracing(ctx)
	if err != nil {
		return failed("Serve", "traces", err)
	}
	defer flush()
	c.metrics = server.NewMetrics(tracer)
	var running atomic.Pointer[server.Server]
	go hear(func() {
		if s := running.Load(); s != nil {
			notify("RELOADING=1")
			_ = s.Reload() // the log has it
			notify("READY=1")
		}
	})
	context.AfterFunc(ctx, func() { notify("STOPPING=1") })
	var r *restoration
	for {
		err := c.openServed()
		if r != nil {
			err = c.restored(r, err)
		}
		if err != nil {
			return err
		}
		if r, err = c.serveStore(ctx, config, running.Store); r == nil || err != nil {
			return err
		}
		c.replace(r)
	}
}

// openServed opens the store and lets clients discover it.
func (c *cli) openServed() error {
	m, err := c.open()
	if err != nil {
		return err
	}
	if err := interop.Install(context.Background(), m); err != nil {
		c.warn(failed("InstallInterop", interop.Namespace, err)) // clients do without discovery
	}
	return nil
}

// serveStore answers until the context ends, or returns the restoration for which the
// store is to be closed.
func (c *cli) serveStore(ctx context.Context, config server.Config, running func(*server.Server)) (*restoration, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	m := c.manager
	restoring := &restoring{dir: c.dir, end: end}
	s, err := server.New(config, server.Options{
		Locator: m, Users: m.Users(), Socket: server.SocketOf(c.dir), Local: c.maintenance(m, restoring.answer), Metrics: c.metrics,
		Machine: m.Server(), Version: version(), Logger: c.log(),
	})
	if err == nil {
		restoring.clients = s.Clients
		err = s.Listen()
	}
	if err != nil {
		return nil, failed("Listen", fileOf(err, ""), err)
	}
	running(s) // before anybody knows that there is something to be read again
	if err := c.listening(s); err != nil {
		return nil, err
	}
	notify("READY=1")
	go watchdog(ctx, s.Check)
	err = s.Serve(ctx)
	return restoring.take(), failed("Serve", "", err)
}

// listening prints the URLs that clients use.
func (c *cli) listening(s *server.Server) error {
	for _, a := range s.Addresses() {
		if a.Network == "unix" {
			continue
		}
		for _, p := range protocols {
			if (p.http == "https") == a.Secure && (p.seals || !a.Encrypted) {
				fmt.Fprintf(c.out, "%s://%s\n", p.scheme, a.Address)
			}
		}
	}
	if at := s.MetricsAddress(); at != "" {
		fmt.Fprintf(c.out, "http://%s/metrics\n", at)
	}
	if isTerminal(c.errs) {
		fmt.Fprintf(c.errs, "Serving the store in %s until you press Ctrl-C.\n", c.dir)
	}
	return c.out.Flush()
}
