package file

import (
	"context"
	_ "embed"
	"iter"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_File"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF and next to Win32_LogicalDisk and Win32_Process, and registers the
// provider.
//
//go:embed file.mof
var MOF []byte

// Options of a Provider. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on

	// Root is the directory that is / to callers. "" is that of the system.
	Root string

	// Visible says whether a caller may see the file or directory with that
	// name: nil if so, and then as this process does, else why not. It is
	// asked for each of them, and before a directory is listed. Nil is the
	// rule that the package comment describes.
	Visible func(r *provider.Request, name string) error

	// Control says whether a caller may change files, which happens with the
	// rights of this process: nil if so, else why not. The method then returns
	// 2, access denied. A nil Control allows nothing.
	Control func(r *provider.Request, method string) error
}

// A Provider supplies the classes of this package.
type Provider struct {
	*live.Provider
	opts Options
}

var _ interface {
	provider.InstanceEnumerator
	provider.InstanceGetter
	provider.InstanceQuerier
	provider.MethodExecutor
} = (*Provider)(nil)

// New returns the provider.
func New(o Options) *Provider {
	if o.System == nil {
		o.System = &live.System{}
	}
	if o.Root == "" {
		o.Root = "/"
	}
	p := &Provider{opts: o}
	p.Provider = live.New(p.dataFiles(), p.directories(), p.containsFile(), p.subDirectories(), p.rootDirectories(), p.executables())
	return p
}

// An ask is what a call is about. It travels in the context of the call: what is
// visible depends on who asks.
type ask struct {
	request *provider.Request
	query   *provider.Query // nil for everything

	// named says that one file is meant: what stands in the way is an error, and
	// the directories of the file stay open until the call ends.
	named bool
	kept  []int
}

type askKey struct{}

func with(ctx context.Context, r *provider.Request, q *provider.Query) context.Context {
	return context.WithValue(ctx, askKey{}, &ask{request: r, query: q})
}

// withKey is with for the instance that has some keys.
func withKey(ctx context.Context, r *provider.Request, key *cim.Instance) (_ context.Context, end func()) {
	q := &provider.Query{}
	for _, k := range key.Class().Keys() {
		p := key.Class().Properties()[k]
		q.Conditions = append(q.Conditions, provider.Condition{Property: p.Name(), In: []cim.Value{key.At(k)}})
	}
	a := &ask{request: r, query: q, named: true}
	return context.WithValue(ctx, askKey{}, a), func() {
		for _, fd := range a.kept {
			closeDir(fd)
		}
	}
}

// Instances implements provider.InstanceEnumerator.
func (p *Provider) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return p.Provider.Instances(with(ctx, r, nil), r)
}

// QueryInstances implements provider.InstanceQuerier.
func (p *Provider) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return p.Provider.QueryInstances(with(ctx, r, q), r, q)
}

// GetInstance implements provider.InstanceGetter.
func (p *Provider) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	ctx, end := withKey(ctx, r, key)
	defer end()
	return p.Provider.GetInstance(ctx, r, key)
}

// ExecMethod implements provider.MethodExecutor. No method is static.
func (p *Provider) ExecMethod(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	if key == nil {
		return nil, wbem.InvalidMethodParameters
	}
	ctx, end := withKey(ctx, r, key)
	defer end()
	return p.Provider.ExecMethod(ctx, r, key, m, in)
}
