package cimom

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A hostingModel is what HostingModel of a __Win32Provider says. The zero value
// is that of NULL.
type hostingModel struct {
	group     string // "" if there is none
	decoupled bool   // it is not started from here
	// folded says that a decoupled provider does not act as its callers
	// (FoldIdentity, TRUE unless the model says FALSE).
	folded bool
}

// hostingModels is the grammar of system-classes.md 9.2. As names of groups it
// takes whatever has neither colon nor parenthesis.
var hostingModels = regexp.MustCompile(`(?i)^(?:SelfHost|LocalSystemHost(?:OrSelfHost)?|NetworkServiceHost(?:OrSelfHost)?|LocalServiceHost|` +
	`(Decoupled:Com)(?::FoldIdentity\((TRUE|FALSE)\))?|(Decoupled:NonCom))(?::([^:()]+))?$`)

// parseHostingModel reads a hosting model: InvalidProviderRegistration.
func parseHostingModel(text string) (hostingModel, error) {
	if text == "" {
		return hostingModel{}, nil
	}
	m := hostingModels.FindStringSubmatch(text)
	if m == nil {
		return hostingModel{}, cim.Errorf(wbem.InvalidProviderRegistration, "%.100q is no hosting model", text)
	}
	return hostingModel{
		group: cim.Fold(m[4]), decoupled: m[1] != "" || m[3] != "",
		folded: m[1] != "" && !strings.EqualFold(m[2], "FALSE"),
	}, nil
}

// Ways to locate a provider besides a class identifier. system-classes.md 4
const (
	builtinLocator = "BUILTIN:"
	pluginLocator  = "GO-PLUGIN:"
	execLocator    = "EXEC:"
	socketLocator  = "GRPC:"
)

// isElsewhere reports whether a folded CLSID says by itself where the provider
// is, and Name does not count.
func isElsewhere(clsid string) bool {
	return strings.HasPrefix(clsid, pluginLocator) || strings.HasPrefix(clsid, execLocator) || strings.HasPrefix(clsid, socketLocator)
}

// find returns the value that a registration means, and a name for it: that of a
// value of this process, the location of another. The error is
// ProviderLoadFailure, as a rule.
func (p *providers) find(r *registration) (name string, value any, err error) {
	clsid := cim.Fold(r.clsid)
	names := []string{strings.TrimPrefix(clsid, builtinLocator)}
	if !strings.HasPrefix(clsid, builtinLocator) && !isElsewhere(clsid) {
		names = append(names, cim.Fold(r.name))
	}
	for _, name := range names {
		if v := p.values[name]; v != nil && name != "" {
			return name, v, nil
		}
	}
	host := p.m.opts.Host
	if host == nil || strings.HasPrefix(clsid, builtinLocator) {
		return "", nil, cim.Errorf(wbem.ProviderLoadFailure, "provider %s is registered but not there", r.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	name = fmt.Sprintf("%s %s %s", r.name, r.clsid, r.model.group)
	if r.resolved != nil {
		return name, r.resolved, nil
	}
	v, err := detach(p.stopping, nil, func(context.Context) (any, error) {
		return host.Resolve(provider.Locator{Name: r.name, CLSID: r.clsid, Group: r.model.group, Decoupled: r.model.decoupled})
	})
	if err == nil {
		if wrong := provider.Check(v); wrong != nil {
			err = cim.Errorf(wbem.ProviderLoadFailure, "%v", wrong)
		}
	}
	if err != nil {
		return "", nil, p.failure(r.name, err, wbem.ProviderLoadFailure)
	}
	r.resolved = v
	return name, v, nil
}

// hostQuotas reads __ProviderHostQuotaConfiguration; what is NULL there, or not
// there, has its default. Changes of it take effect when the Manager is opened the
// next time (system-classes.md 6).
func (m *Manager) hostQuotas() provider.HostQuotas {
	q := provider.DefaultHostQuotas()
	root, err := m.repo.Namespace("root")
	if err != nil {
		return q
	}
	inst, err := root.Instance(cim.Path{Class: "__ProviderHostQuotaConfiguration", Singleton: true}, true)
	if err != nil {
		return q
	}
	for name, to := range map[string]*uint32{"ThreadsPerHost": &q.Threads, "HandlesPerHost": &q.Handles, "ProcessLimitAllHosts": &q.Processes} {
		if v, _ := inst.Get(name); !v.IsNull() {
			*to = uint32(v.Uint())
		}
	}
	for name, to := range map[string]*uint64{"MemoryPerHost": &q.Memory, "MemoryAllHosts": &q.MemoryTogether} {
		if v, _ := inst.Get(name); !v.IsNull() {
			*to = v.Uint()
		}
	}
	return q
}
