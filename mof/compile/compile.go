// Package compile stores what MOF files say: it turns the syntax trees of
// package mof into classes and instances, and puts these into namespaces, as
// the Windows compiler does.
//
//	p, err := compile.Parse(ctx, compile.Options{}, "disk.mof")
//	...
//	result, err := p.Store(ctx, locator)
//
// Parse reads everything and reports all that a text alone can show; an error
// in it stops the compile before anything is stored. Store goes through the
// objects strictly in the order of the files. It stops at the first that
// cannot be stored; what was stored before stays. mof.md 6
//
// A Program belongs to one goroutine.
package compile

import (
	"context"
	"fmt"
	"io"
	"os"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/wbem"
)

// DefaultNamespace is where the Windows compiler stores what no directive
// places. mof.md 7
const DefaultNamespace = `root\default`

// Options say how files are compiled. The zero value is good.
type Options struct {
	// Dialect says where the compiler is strict.
	Dialect mof.Dialect

	// Namespace is where objects go which no #pragma namespace directs, with
	// or without a server. "" is DefaultNamespace.
	Namespace string

	// CreateNamespace creates Namespace if it is missing. A namespace which
	// a directive names must exist.
	CreateNamespace bool

	// ClassFlags and InstanceFlags go with every put of a class and of an
	// instance: UpdateOnly, CreateOnly and, for classes, UpdateSafeMode and
	// UpdateForceMode. Directives in the files add to them.
	ClassFlags, InstanceFlags wbem.Flags

	// Connect is who connects to the namespaces.
	Connect wbem.ConnectOptions

	// Server is the name of the computer that stores. A directive which names
	// another one is an error. "" is this computer.
	Server string

	// IncludeDirs are where to look for an included file that is not next to
	// the file which includes it.
	IncludeDirs []string

	// ReadFile reads a file; nil reads it from the file system, up to a byte
	// more than a MOF file may have. It may be called by two
	// goroutines at once.
	ReadFile func(name string) ([]byte, error)

	// Recovery, if not nil, gets the files that ask for it by #pragma
	// autorecover, after all was stored. With Autorecover it gets every file.
	Recovery    *Recovery
	Autorecover bool

	remote string // server of Namespace as a prefix, "" for this computer

	// Progress, if not nil, is called now and then while objects are stored.
	Progress func(done, total int)
}

// A Program is one or more files that were read and are free of errors as far as
// they show by themselves.
type Program struct {
	opts  Options
	units []*unit
	list  *source.List
}

// Parse reads the files and those that they include. Each is a compilation
// unit: aliases and declarations of flavors are valid in it only.
//
// The error is an *Error of the phase Parsing, from which errors.As gets the
// *source.List of all that is wrong, or of the phase Argument for a file that
// cannot be read or options that contradict each other.
func Parse(ctx context.Context, o Options, names ...string) (*Program, error) {
	p, err := newProgram(o)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		src, err := p.read(name)
		if err != nil {
			return nil, err
		}
		p.parse(ctx, src, name)
		if err := ctx.Err(); err != nil {
			return nil, &Error{Phase: Parsing, File: name, Err: wbem.NewError("", "", err)}
		}
	}
	return p.parsed()
}

// ParseText is Parse for a text that is in memory. Its name is for messages, and
// the directory in it is where included files are looked for.
func ParseText(ctx context.Context, o Options, name string, text []byte) (*Program, error) {
	p, err := newProgram(o)
	if err != nil {
		return nil, err
	}
	src, err := decode(name, text)
	if err != nil {
		return nil, err
	}
	p.parse(ctx, src, "")
	return p.parsed()
}

// readFile reads no more of a file than shows that it is too long.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, source.MaxFile+1))
}

func newProgram(o Options) (*Program, error) {
	if o.Namespace == "" {
		o.Namespace = DefaultNamespace
	}
	if o.ReadFile == nil {
		o.ReadFile = readFile
	}
	server, namespace, err := cim.ParseNamespace(o.Namespace)
	if err == nil && namespace == "" {
		err = cim.Errorf(wbem.InvalidNamespace, "%q names no namespace", o.Namespace)
	}
	if err != nil {
		return nil, &Error{Phase: Argument, Err: err}
	}
	o.Namespace = namespace
	if server != "" {
		o.remote = `\\` + server + `\`
	}
	if server != "" && o.Server == "" {
		o.Server = server
	}
	if o.Server == "" {
		// Without a name, "." is the only one that a directive can have.
		o.Server, _ = os.Hostname()
	}
	return &Program{opts: o, list: &source.List{}}, nil
}

func (p *Program) parsed() (*Program, error) {
	if err := p.list.Err(); err != nil {
		return nil, syntaxError(p.list)
	}
	return p, nil
}

func (p *Program) parse(ctx context.Context, src *source.File, path string) {
	in := newIncluder(ctx, &p.opts)
	defer in.close()
	tree := mof.Parse(src, mof.Options{Dialect: p.opts.Dialect, Include: in.include}, p.list)
	u := newUnit(p, tree, path)
	u.info = mof.Check(tree, u.dialect, p.list)
	p.units = append(p.units, u)
}

// Warnings returns what was found and is no error.
func (p *Program) Warnings() *source.List { return p.list }

// Objects returns the number of objects that Store goes through: classes,
// instances, and what is to be deleted.
func (p *Program) Objects() int {
	n := 0
	for _, u := range p.units {
		n += u.objects
	}
	return n
}

// Autorecover reports whether all files ask to be added to the list of those
// that rebuild a store. mof.md 5
func (p *Program) Autorecover() bool {
	for _, u := range p.units {
		if !u.autorecover {
			return false
		}
	}
	return true
}

// read reads and decodes a file that is named by the caller.
func (p *Program) read(name string) (*source.File, error) {
	data, err := p.opts.ReadFile(name)
	if err != nil {
		return nil, &Error{Phase: Argument, File: name, Err: err}
	}
	return decode(name, data)
}

func decode(name string, data []byte) (*source.File, error) {
	src, _, err := source.Decode(name, data)
	if err != nil {
		return nil, &Error{Phase: Parsing, File: name, Err: cim.Errorf(cim.MOFInvalidFile, "%v", err)}
	}
	return src, nil
}

// A Result says what a compile has stored, also when it failed later.
type Result struct {
	ClassesCreated   int
	ClassesUpdated   int
	ClassesUnchanged int // were there already just so
	Instances        int // namespaces that were created among them
	Deleted          int // classes and instances
	Qualifiers       int // declarations that were added or changed

	// Namespaces are those in which something was stored, in order.
	Namespaces []string
}

// String returns the numbers that are not zero, in words.
func (r Result) String() string {
	s := ""
	for _, part := range []struct {
		n    int
		one  string
		many string
	}{
		{r.ClassesCreated, "class created", "classes created"},
		{r.ClassesUpdated, "class updated", "classes updated"},
		{r.ClassesUnchanged, "class unchanged", "classes unchanged"},
		{r.Instances, "instance stored", "instances stored"},
		{r.Deleted, "object deleted", "objects deleted"},
		{r.Qualifiers, "qualifier declared", "qualifiers declared"},
	} {
		if part.n == 0 {
			continue
		}
		if s != "" {
			s += ", "
		}
		words := part.many
		if part.n == 1 {
			words = part.one
		}
		s += fmt.Sprintf("%d %s", part.n, words)
	}
	if s == "" {
		return "nothing to store"
	}
	return s
}
