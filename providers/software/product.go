package software

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os/exec"
	"path"
	"strings"
	"time"

	_ "embed"

	"openwmi/cim"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Software"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed software.mof
var MOF []byte

// Options of a provider. The zero value is good.
type Options struct {
	Dpkg string // the directory of dpkg's database; "" is /var/lib/dpkg
	Rpm  string // the program; "" is rpm in PATH
}

// New returns the provider.
func New(o Options) *live.Provider {
	if o.Dpkg == "" {
		o.Dpkg = "/var/lib/dpkg"
	}
	if o.Rpm == "" {
		o.Rpm = "rpm"
	}
	text := func(name string, get func(*product) string) live.Field[product] {
		return live.Field[product]{Name: name, Get: func(p *product) cim.Value { return live.Text(get(p)) }}
	}
	summary := func(p *product) string { return p.summary() }
	return live.New(&live.Class[product]{
		Name: "Win32_Product",
		All:  o.all,
		Find: map[string]live.Finder[product]{"IdentifyingNumber": o.byNumber, "Name": o.byName},
		Fields: []live.Field[product]{
			text("IdentifyingNumber", func(p *product) string { return p.number }),
			text("Name", func(p *product) string { return p.name }),
			text("Version", func(p *product) string { return p.version }),
			text("Caption", summary),
			text("Description", summary),
			text("Vendor", func(p *product) string { return p.vendor() }),
			text("URLInfoAbout", func(p *product) string { return p.url() }),
			{Name: "InstallState", Get: func(p *product) cim.Value { return cim.Sint16Value(p.state()) }},
			{Name: "InstallDate", Get: func(p *product) cim.Value {
				if t := p.installed(); !t.IsZero() {
					return live.Text(t.Format("20060102"))
				}
				return cim.Value{}
			}},
			{Name: "InstallDate2", Get: func(p *product) cim.Value { return live.Time(p.installed()) }},
			live.Const[product]("AssignmentType", cim.Uint16Value(1)), // Machine
		},
	})
}

// States of a product, as InstallState has them.
const (
	badConfiguration = -6
	installedWell    = 5
)

// A product is a package, with what only a few callers want to know of it.
type product struct {
	name, version, number string
	details
}

type details interface {
	summary() string // one line
	vendor() string
	url() string
	state() int16
	installed() time.Time // zero if not known
}

// database returns what dpkg has written down; nil where rpm is to be asked. The
// error is NotAvailable.
func (o Options) database() (*dpkg, error) {
	b, err := read(path.Join(o.Dpkg, "status"))
	switch {
	case err == nil && len(b) > maxStatus:
		return nil, cim.Errorf(wbem.NotAvailable, "the database of dpkg has more than %d bytes", maxStatus)
	case err == nil && len(b) > 0:
		return &dpkg{o.Dpkg, b}, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, live.Unavailable(err)
	}
	if _, err := exec.LookPath(o.Rpm); err != nil {
		return nil, cim.Errorf(wbem.NotAvailable, "there are neither packages of dpkg here nor the program rpm")
	}
	return nil, nil
}

func (o Options) all(ctx context.Context) iter.Seq2[*product, error] {
	return func(yield func(*product, error) bool) {
		db, err := o.database()
		var found []*product
		if err == nil && db == nil {
			found, err = o.rpm(ctx, "")
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if db != nil {
			for p := range db.all() {
				if !yield(p, nil) {
					return
				}
			}
		}
		for _, p := range found {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// byName returns the packages of a name: several, of different architectures or
// versions.
func (o Options) byName(ctx context.Context, v cim.Value) ([]*product, error) {
	db, err := o.database()
	switch {
	case err != nil:
		return nil, err
	case db != nil:
		return db.find(v.Text()), nil
	}
	return o.rpm(ctx, v.Text())
}

// byNumber looks a package up by its name, which stands before the architecture in
// its number, or alone there.
func (o Options) byNumber(ctx context.Context, v cim.Value) ([]*product, error) {
	name, _, ok := strings.Cut(v.Text(), ":")
	if i := strings.LastIndexByte(name, '.'); !ok && i > 0 { // of rpm, or without architecture
		if found, err := o.byName(ctx, cim.StringValue(name[:i])); len(found) > 0 || err != nil {
			return found, err
		}
	}
	return o.byName(ctx, cim.StringValue(name))
}
