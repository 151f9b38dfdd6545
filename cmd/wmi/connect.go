package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/consumers"
	"openwmi/mof/compile"
	"openwmi/providers/declared"
	"openwmi/wbem"
)

const defaultNamespace = `root/cimv2`

// open returns the object manager over the store, opened when first asked for.
func (c *cli) open() (*cimom.Manager, error) {
	if c.manager != nil {
		return c.manager, nil
	}
	dir, err := c.localDir()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, failed("Open", dir, err)
	}
	providers := maps.Clone(c.providers)
	if providers == nil {
		providers = map[string]any{}
	}
	// A wrong configuration is no reason to refuse everything else: events
	// wait, and providers cannot be loaded.
	store := newPromise()
	if c.consumers, err = c.openConsumers(dir, store); err != nil {
		c.warn(err)
	} else {
		maps.Copy(providers, c.consumers.Providers())
	}
	if p, err := c.openDeclared(dir); err != nil {
		c.warn(err)
	} else {
		providers[declared.Name] = p
	}
	if c.allowed, err = readMachine(dir); err != nil {
		c.warn(err)
	}
	o := cimom.Options{Providers: providers, MOF: consumers.MOF, Logger: c.log()}
	if c.plugins, err = c.openPlugins(dir); err != nil {
		c.warn(err)
	} else {
		o.Host = c.plugins
	}
	c.dir = dir
	if c.audit, err = c.openAudit(dir); err != nil {
		return nil, failed("Open", dir, errors.Join(err, c.close()))
	}
	if c.metrics != nil {
		o.Observer = c.metrics.Observe
	}
	if c.audit != nil {
		o.Audit = c.audit
	}
	c.manager, err = openPatiently(dir, o)
	if err != nil {
		return nil, failed("Open", dir, errors.Join(err, c.close()))
	}
	store.keep(c.manager)
	c.updateMachine(c.manager)
	return c.manager, nil
}

// openPatiently opens a store, and waits a little for one that another command
// has open: most are done soon.
func openPatiently(dir string, o cimom.Options) (*cimom.Manager, error) {
	for end := time.Now().Add(lockWait); ; time.Sleep(lockRetry) {
		m, err := cimom.Open(dir, o)
		if !errors.Is(err, wbem.BackupRestoreWinmgmtRunning) || time.Now().After(end) {
			return m, err
		}
	}
}

const (
	lockWait  = 2 * time.Second
	lockRetry = 20 * time.Millisecond
)

// openExisting is open for what makes no sense with a new store.
func (c *cli) openExisting() (*cimom.Manager, error) {
	if c.server == "" {
		dir, err := c.storeDir()
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(dir); err != nil {
			return nil, failed("Open", dir, err)
		}
	}
	return c.open()
}

// close closes the store if it is open, and what it has needed.
func (c *cli) close() error {
	var err error
	if c.manager != nil {
		err = c.manager.Close()
	}
	if c.consumers != nil {
		err = errors.Join(err, c.consumers.Close())
	}
	if c.plugins != nil {
		err = errors.Join(err, c.plugins.Close())
	}
	if c.audit != nil {
		err = errors.Join(err, c.audit.Close())
	}
	c.manager, c.consumers, c.plugins, c.audit = nil, nil, nil, nil
	return err
}

// localDir is storeDir for what works on the store alone, and so for no server.
func (c *cli) localDir() (string, error) {
	if c.server != "" {
		return "", failed("Open", c.server, cim.Errorf(wbem.NotSupported, "this works on a store of this computer, not on a server"))
	}
	return c.storeDir()
}

// alone refuses --connect for what makes stores of its own.
func (c *cli) alone(cmd *cobra.Command) error {
	if c.server != "" {
		return usage(cmd, "this makes stores of its own: --connect is of no use")
	}
	return nil
}

// storeDir returns the directory of the store.
func (c *cli) storeDir() (string, error) {
	if c.data != "" {
		return c.data, nil
	}
	if dir := os.Getenv("OPENWMI_DATA"); dir != "" {
		return dir, nil
	}
	dir, err := userDataDir()
	if err != nil {
		return "", failed("Open", "store", cim.Errorf(wbem.NotFound,
			"%v; name a directory with --data or OPENWMI_DATA", err))
	}
	return filepath.Join(dir, "openwmi"), nil
}

// userDataDir returns where programs keep data of this user: the XDG base
// directory specification, and its counterparts elsewhere.
func userDataDir() (string, error) {
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return dir, nil
		}
	case "darwin", "ios":
		home, err := os.UserHomeDir()
		return filepath.Join(home, "Library", "Application Support"), err
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share"), err
}

// services opens a session with a namespace, "" for that of --namespace.
func (c *cli) services(ctx context.Context, namespace string) (wbem.Services, error) {
	l, err := c.locator(ctx)
	if err != nil {
		return nil, err
	}
	if namespace == "" {
		namespace = c.namespace
	}
	return l.Connect(ctx, namespace, wbem.ConnectOptions{})
}

// locate parses an object path and opens a session with its namespace, or that
// of --namespace if it names none.
func (c *cli) locate(ctx context.Context, op, path string) (cim.Path, wbem.Services, error) {
	p, err := cim.ParsePath(path)
	if err != nil {
		return p, nil, wbem.NewError(op, path, err)
	}
	if p.Class == "" {
		return p, nil, wbem.NewError(op, path, cim.Errorf(wbem.InvalidObjectPath, "it names no class"))
	}
	namespace := p.Namespace
	if namespace != "" && p.Server != "" {
		namespace = `\\` + p.Server + `\` + namespace
	}
	svc, err := c.services(ctx, namespace)
	return p, svc, err
}

// recoveryDir is where, in the directory of a store, the MOF files are kept that
// rebuild it.
const recoveryDir = "autorecover"

// recovery returns the list of the files from which the store in a directory can
// be rebuilt.
func recovery(dir string) *compile.Recovery {
	return &compile.Recovery{Dir: filepath.Join(dir, recoveryDir)}
}
