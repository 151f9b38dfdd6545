package eventlog

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"path/filepath"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/internal/journal"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_EventLog"

// MOF declares the classes of this package in root\cimv2, below those of live.MOF
// and CIM_LogicalFile, and registers the provider.
//
//go:embed eventlog.mof
var MOF []byte

// Options of a Provider.
type Options struct {
	System *live.System // nil is the one that this process runs on

	// Dirs are the directories with the files of the journal. Nil is those in
	// /var/log/journal and /run/log/journal that are of this machine.
	Dirs []string

	// Visible says whether a caller may see the files below a directory of the
	// journal, and then as this process does: nil if so, else why not. Nil is the
	// rule that the package comment describes.
	Visible func(r *provider.Request, dir string) error
}

// A Provider supplies the classes of this package.
type Provider struct {
	*live.Provider
	sys     *live.System
	options Options
	records *live.Class[record]
}

// New returns the provider.
func New(o Options) *Provider {
	p := &Provider{sys: o.System, options: o}
	if p.sys == nil {
		p.sys = &live.System{}
	}
	p.records = p.events()
	p.Provider = live.New(p.records, p.files(), p.inLogs(), p.onComputers())
	return p
}

// roots are where journald has its directories, one for each machine.
var roots = []string{"/var/log/journal", "/run/log/journal"}

// dirs returns the directories of the journal.
func (p *Provider) dirs() []string {
	if p.options.Dirs != nil {
		return p.options.Dirs
	}
	machine := live.ReadLine(p.sys.EtcFile("machine-id"))
	var dirs []string
	for _, root := range roots {
		if isID(machine) {
			dirs = append(dirs, filepath.Join(root, machine))
			continue
		}
		names, _ := live.ReadNames(root)
		for _, name := range names {
			if isID(name) {
				dirs = append(dirs, filepath.Join(root, name))
			}
		}
	}
	return dirs
}

func isID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == len(journal.ID{})
}

// open opens the journal: NotAvailable, AccessDenied.
func (p *Provider) open() (*journal.Set, error) {
	dirs := p.dirs()
	set, err := journal.OpenSet(dirs)
	return set, unavailable(err, dirs)
}

// unavailable makes the error of package journal one that callers see.
func unavailable(err error, dirs []string) error {
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, journal.ErrNone):
		if len(dirs) == 0 {
			dirs = roots
		}
		return cim.Errorf(wbem.NotAvailable, "systemd-journald keeps no journal on this computer: there are no files in %q", dirs)
	case errors.Is(err, fs.ErrPermission):
		return cim.Errorf(wbem.AccessDenied, "no file of the journal may be read: %v", err)
	}
	return cim.Errorf(wbem.NotAvailable, "the journal cannot be read: %v", err)
}
