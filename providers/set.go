package providers

import (
	"bytes"
	"context"
	"log/slog"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/account"
	"openwmi/providers/cpu"
	"openwmi/providers/disk"
	"openwmi/providers/eventlog"
	"openwmi/providers/file"
	"openwmi/providers/host"
	"openwmi/providers/hotplug"
	"openwmi/providers/live"
	"openwmi/providers/network"
	"openwmi/providers/perf"
	"openwmi/providers/process"
	"openwmi/providers/service"
	"openwmi/providers/session"
	"openwmi/providers/share"
	"openwmi/providers/software"
	"openwmi/providers/trace"
	"openwmi/wbem"
)

// Namespace is where the classes are.
const Namespace = `root\cimv2`

// MOF declares the classes and registers their providers. It can be compiled any
// number of times. Superclasses come first: those of eventlog are in file.
var MOF = bytes.Join([][]byte{live.MOF, account.MOF, cpu.MOF, disk.MOF, file.MOF, host.MOF, eventlog.MOF, hotplug.MOF, network.MOF, perf.MOF, process.MOF, service.MOF, session.MOF, share.MOF, software.MOF, trace.MOF}, []byte("\n"))

// Options of a Set. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on

	Logger *slog.Logger // nil discards

	// Control says whether a caller may start, end and change processes,
	// services and shares, and change files; see process.Options,
	// service.Options, share.Options and file.Options. Nil allows nothing.
	Control func(r *provider.Request, method string) error

	// Visible says which files a caller may see, those of the journal among them;
	// see file.Options and eventlog.Options. Nil is what everyone on this computer
	// sees.
	Visible func(r *provider.Request, name string) error
}

// A Set is one provider of each kind.
type Set struct {
	providers map[string]any
}

// New returns the providers.
func New(o Options) *Set {
	if o.System == nil {
		o.System = &live.System{}
	}
	sys := o.System
	set := map[string]any{
		account.Name:    account.New(sys),
		cpu.Name:        cpu.New(sys),
		disk.Name:       disk.New(sys),
		eventlog.Name:   eventlog.New(eventlog.Options{System: sys, Visible: o.Visible}),
		file.Name:       file.New(file.Options{System: sys, Visible: o.Visible, Control: o.Control}),
		host.Name:       host.New(host.Options{System: sys}),
		hotplug.Name:    hotplug.New(hotplug.Options{System: sys, Logger: o.Logger}),
		network.Name:    network.New(network.Options{System: sys}),
		perf.CookerName: perf.NewCooker(),
		perf.Name:       perf.New(perf.Options{System: sys}),
		process.Name:    process.New(process.Options{System: sys, Control: o.Control}),
		service.Name:    service.New(service.Options{System: sys, Control: o.Control}),
		session.Name:    session.New(session.Options{System: sys}),
		share.Name:      share.New(share.Options{Control: o.Control}),
		software.Name:   software.New(software.Options{}),
		trace.Name:      trace.New(trace.Options{System: sys, Logger: o.Logger}),
	}
	standIn(set, o)
	return &Set{set}
}

// Providers returns the providers by the names under which MOF registers them.
func (s *Set) Providers() map[string]any { return s.providers }

// Conflict returns why MOF must not be compiled into a store: AlreadyExists if
// root\cimv2 has a class of its own which MOF declares otherwise, as the CIM
// schema of DMTF does; nil if it may.
func Conflict(ctx context.Context, store wbem.Locator) error {
	svc, err := store.Connect(ctx, Namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	class, err := svc.GetClass(ctx, "CIM_ManagedSystemElement", wbem.Options{})
	switch {
	case cim.StatusOf(err) == wbem.NotFound:
		return nil
	case err != nil:
		return err
	case class.SuperName() != "" || len(class.Properties()) != 5:
		return cim.Errorf(wbem.AlreadyExists, "%s has another CIM schema: compile that into another namespace", Namespace)
	}
	return nil
}
