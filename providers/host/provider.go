package host

import (
	"context"
	"embed"
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Host"

//go:embed *.mof
var files embed.FS

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
var MOF = live.Join(files, "host.mof", "operatingsystem.mof", "computer.mof", "firmware.mof", "clock.mof", "environment.mof")

// Options of a provider. The zero value is good.
type Options struct {
	System *live.System     // nil is the one that this process runs on
	Now    func() time.Time // nil is time.Now; its time zone is that of the host
	Root   string           // the root directory of the system; "" is /
}

// New returns the provider.
func New(o Options) *live.Provider {
	if o.System == nil {
		o.System = &live.System{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Root == "" {
		o.Root = "/"
	}
	systems, firmwares, zones := operatingSystems(o), bioses(o.System), timeZones(o)
	return live.New(
		systems, computers(o), firmwares, baseBoards(o.System),
		installed(o.System, systems),
		live.Association("Win32_SystemBIOS", firmwares, live.ToComputer[firmware]("GroupComponent", o.System),
			live.To("PartComponent", firmwares, "Name", "SoftwareElementID", "SoftwareElementState", "TargetOperatingSystem", "Version")),
		live.Association("Win32_SystemTimeZone", zones, live.ToComputer[timeZone]("Element", o.System), live.To("Setting", zones, "StandardName")),
		zones, clocks("Win32_LocalTime", o.Now), clocks("Win32_UTCTime", func() time.Time { return o.Now().UTC() }),
		variables(o.System),
	)
}

// one returns the sequence of the only object that there is.
func one[T any](make func() (*T, error)) func(context.Context) iter.Seq2[*T, error] {
	return func(context.Context) iter.Seq2[*T, error] {
		return func(yield func(*T, error) bool) {
			if obj, err := make(); obj != nil || err != nil {
				yield(obj, err)
			}
		}
	}
}

// text is a field of a string, NULL for "".
func text[T any](name string, get func(*T) string) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value { return live.Text(get(o)) }}
}
