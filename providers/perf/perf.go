package perf

import (
	"embed"
	"time"

	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider of the raw classes.
const Name = "OpenWMI_Perf"

//go:embed perf.mof raw formatted
var files embed.FS

// MOF declares the classes of this package in root\cimv2 and registers the
// providers. The formatted classes are those that the raw ones lead to: a test
// writes them.
var MOF = live.Join(files, "perf.mof", "raw/*.mof", "formatted/*.mof")

// Options of the provider of the raw classes. The zero value is good.
type Options struct {
	System *live.System     // nil is the one that this process runs on
	Now    func() time.Time // nil is time.Now

	// Uptime says for how long the system has been running, with the time for
	// which it slept. Nil asks the kernel, or the file uptime of a System that
	// has a Proc.
	Uptime func() (time.Duration, error)
}

// New returns the provider of the raw classes.
func New(o Options) *live.Provider {
	if o.System == nil {
		o.System = &live.System{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Uptime == nil {
		o.Uptime = o.System.Uptime
		if o.System.Proc == "" {
			o.Uptime = uptime
		}
	}
	return live.New(systems(o), processors(o), memories(o), processes(o),
		logicalDisks(o), physicalDisks(o), interfaces(o))
}
