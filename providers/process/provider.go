package process

import (
	"os"
	"strconv"
	"sync"

	_ "embed"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Process"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed process.mof
var MOF []byte

// Options of a Provider.
type Options struct {
	System *live.System // nil is the one that this process runs on

	// Control says whether a caller may start, end and change processes, which
	// happens with the rights of this process: nil if so, else why not. The
	// method then returns 2, access denied. A nil Control allows nothing.
	Control func(r *provider.Request, method string) error
}

// A Provider supplies the classes of this package.
type Provider struct {
	*live.Provider
	sys     *live.System
	control func(r *provider.Request, method string) error
	page    uint64           // bytes
	version func() cim.Value // of the kernel
}

// New returns the provider.
func New(o Options) *Provider {
	p := &Provider{sys: o.System, control: o.Control, page: uint64(os.Getpagesize())}
	if p.sys == nil {
		p.sys = &live.System{}
	}
	p.version = sync.OnceValue(func() cim.Value {
		return live.Text(live.ReadLine(p.sys.ProcFile("sys", "kernel", "osrelease")))
	})
	processes := p.processes()
	p.Provider = live.New(processes, p.threads(), live.Association("Win32_SystemProcesses", processes,
		live.ToComputer[object]("GroupComponent", p.sys), live.To("PartComponent", processes, "Handle")))
	return p
}

func (o *object) handle() cim.Value {
	return cim.StringValue(strconv.FormatUint(uint64(o.id), 10))
}
