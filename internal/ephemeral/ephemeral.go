// Package ephemeral starts stores and servers that are thrown away: for tests of
// clients, which need one in no time, on addresses that are free, with a user
// who may do everything.
package ephemeral

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/auth"
	"openwmi/internal/kv"
	"openwmi/internal/server"
	"openwmi/mof/compile"
	"openwmi/providers"
	"openwmi/providers/interop"
	"openwmi/wbem"
)

// Options say what is in a store. The zero value is an empty one with a user test
// and a random password.
type Options struct {
	// Schema are MOF files, which are compiled in their order into Namespace,
	// and at most one directory of a store, of which a copy is made before.
	Schema []string
	// Seed are MOF files that are compiled after Schema: instances, mostly.
	Seed []string
	// MOF is text that is compiled last.
	MOF []byte
	// Namespace is where MOF without a pragma goes; "" is root\cimv2. It is
	// made if it does not exist.
	Namespace string
	// Machine puts the classes of this machine into root\cimv2.
	Machine bool

	// Providers of this process, as cimom.Options has them.
	Providers map[string]any

	// User is who may do everything; "" is test. One of a prepared store with
	// that name becomes this one: it gets the Password, "" being a random one,
	// and keeps its SID and its groups.
	User, Password string
	// Listen are addresses; nil is any free port of this computer.
	Listen []server.Listener
	// TLS secures them with a certificate that is made for it.
	TLS bool

	Logger *slog.Logger
}

// A Store is a store and, once it is served, its server.
type Store struct {
	*cimom.Manager
	User, Password string
	Addresses      []server.Address
	Certificate    string // file in PEM, "" without TLS

	dir   string
	stop  context.CancelFunc
	ended chan error
}

// Open makes a store. Nothing of it is left when it is closed.
func Open(ctx context.Context, o Options) (*Store, error) {
	dir, err := os.MkdirTemp("", "openwmi-")
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, User: o.User, Password: o.Password}
	if s.User == "" {
		s.User = "test"
	}
	if s.Password == "" {
		s.Password = rand.Text()
	}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	files, prepared, err := split(o.Schema)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "store")
	if prepared != "" {
		if err := copyStore(prepared, data); err != nil {
			return err
		}
	}
	all := map[string]any{}
	if o.Machine {
		all = providers.New(providers.Options{}).Providers()
	}
	all[interop.Name] = interop.New(interop.Options{})
	maps.Copy(all, o.Providers)
	s.Manager, err = cimom.Open(data, cimom.Options{Providers: all, Logger: o.Logger, Unprotected: true})
	if err != nil {
		return err
	}
	if o.Machine {
		if err := providers.Install(ctx, s.Manager); err != nil {
			return err
		}
	}
	if err := s.compile(ctx, o, append(files, o.Seed...)); err != nil {
		return err
	}
	return s.admit(ctx)
}

// split tells files from the directory of a store.
func split(schema []string) (files []string, prepared string, err error) {
	for _, name := range schema {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, "", err
		case !info.IsDir():
			files = append(files, name)
		case prepared != "":
			return nil, "", cim.Errorf(wbem.InvalidParameter, "%s and %s are two stores", prepared, name)
		default:
			prepared = name
		}
	}
	return files, prepared, nil
}

// copyStore copies a store that nobody has open; one that somebody has is
// BackupRestoreWinmgmtRunning. Its tables never change and are shared. What is in
// directories below, such as the audit log, is not the store itself.
func copyStore(from, to string) (err error) {
	release, err := kv.LockShared(from)
	if err != nil {
		return cim.Errorf(wbem.BackupRestoreWinmgmtRunning, "%v", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		name := filepath.Join(to, rel)
		switch {
		case path == from:
			return os.MkdirAll(to, 0o700)
		case d.IsDir():
			return fs.SkipDir
		case !d.Type().IsRegular() || d.Name() == "LOCK":
			return nil
		case strings.HasSuffix(path, ".sst") && os.Link(path, name) == nil:
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(name, text, 0o600)
	})
}

func (s *Store) compile(ctx context.Context, o Options, files []string) error {
	co := compile.Options{Namespace: o.Namespace, CreateNamespace: true, Server: s.Server()}
	if co.Namespace == "" {
		co.Namespace = cimom.DefaultNamespace
	}
	if len(files) > 0 {
		p, err := compile.Parse(ctx, co, files...)
		if err == nil {
			_, err = p.Store(ctx, s.Manager)
		}
		if err != nil {
			return err
		}
	}
	if len(o.MOF) == 0 {
		return nil
	}
	p, err := compile.ParseText(ctx, co, "MOF", o.MOF)
	if err == nil {
		_, err = p.Store(ctx, s.Manager)
	}
	return err
}

// admit makes the user, who may do everything.
func (s *Store) admit(ctx context.Context) error {
	u, err := s.Users().Add(auth.NewUser{Name: s.User, Password: s.Password, NTLM: true, Replace: true, Throwaway: true})
	if err != nil {
		return err
	}
	root, err := s.Connect(ctx, "root", wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	defer root.Close()
	return root.(wbem.SecurityManager).SetSecurity(ctx, "O:BAG:BAD:(A;CI;0x600FF;;;BA)(A;CI;0x600FF;;;"+u.SID+")")
}

// Serve serves the store until it is closed.
func (s *Store) Serve(ctx context.Context, o Options) error {
	if err := interop.Install(ctx, s.Manager); err != nil {
		return err
	}
	listen := slices.Clone(o.Listen)
	if listen == nil {
		listen = []server.Listener{{Address: "127.0.0.1:0"}}
	}
	if o.TLS {
		made, err := server.AutoCertificate(s.dir)
		if err != nil {
			return err
		}
		s.Certificate = made.Certificate
		for i := range listen {
			listen[i].Certificate, listen[i].Key = made.Certificate, made.Key
		}
	}
	srv, err := server.New(server.Config{Listen: listen}, server.Options{
		Locator: s.Manager, Users: s.Users(), Machine: s.Server(), Logger: o.Logger,
	})
	if err == nil {
		err = srv.Listen()
	}
	if err != nil {
		return err
	}
	s.Addresses = srv.Addresses()
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.ended = make(chan error, 1)
	go func() { s.ended <- srv.Serve(ctx) }()
	return nil
}

// Close ends the server, closes the store and removes it. It may be called again.
func (s *Store) Close() error {
	var err error
	if s.stop != nil {
		s.stop()
		err = <-s.ended
		s.stop = nil
	}
	if s.Manager != nil {
		err = errors.Join(err, s.Manager.Close())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
