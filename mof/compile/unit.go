package compile

import (
	"fmt"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/wbem"
)

// A unit is a file with what it includes. mof.md 4.4
type unit struct {
	tree *mof.File
	info *mof.Info
	path string // of the file, "" for a text in memory

	items       []item
	objects     int              // items that count as objects
	where       map[mof.Decl]int // items of declarations with an alias
	amendment   *mof.Pragma
	autorecover bool

	dialect mof.Dialect
	typed   bool // qualifiers are declared as in DMTF files
}

// isDMTF reports whether undeclared qualifiers have the default flavor of DSP0004.
func (u *unit) isDMTF() bool { return u.dialect == mof.DMTF || u.typed }

// isLenient reports whether what the Windows compiler refuses is taken as DSP0004
// has it.
func (u *unit) isLenient() bool { return u.dialect != mof.WMI }

// An item is a declaration or directive in the order in which they take effect,
// with what was in effect then.
type item struct {
	decl      mof.Decl
	file      *source.File
	namespace string
	flags     wbem.Flags // of directives
	number    int        // of the object, from 1; 0 for a declaration of a qualifier
}

// newUnit lists what is in the tree of a file, and reports what is wrong with it
// beyond what mof.Check finds.
//
// With a typed declaration of a qualifier a unit is in the dialect of DMTF, also
// where that of the Windows compiler is asked for. mof.md 1
func newUnit(p *Program, tree *mof.File, path string) *unit {
	u := &unit{tree: tree, path: path, dialect: p.opts.Dialect, where: make(map[mof.Decl]int)}
	c := collector{unit: u, opts: &p.opts, list: p.list, namespace: p.opts.Namespace}
	c.tree(tree)
	if u.typed && u.dialect == mof.WMI {
		u.dialect = mof.DMTF
	}
	return u
}

type collector struct {
	*unit
	opts      *Options
	list      *source.List
	file      *source.File
	namespace string
	class     wbem.Flags
	instance  wbem.Flags
}

func (c *collector) tree(f *mof.File) {
	outer := c.file
	defer func() { c.file = outer }()
	c.file = f.Source
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *mof.Pragma:
			c.pragma(d)
		case *mof.QualifierDecl:
			c.typed = c.typed || d.IsTyped()
			c.items = append(c.items, item{decl: d, file: c.file, namespace: c.namespace})
		case *mof.ClassDecl:
			c.object(d, c.class, d.Alias)
		case *mof.InstanceDecl:
			c.object(d, c.instance, d.Alias)
		}
	}
}

func (c *collector) object(d mof.Decl, flags wbem.Flags, alias mof.Ident) {
	if alias.Name != "" {
		c.where[d] = len(c.items)
	}
	c.objects++
	c.items = append(c.items, item{d, c.file, c.namespace, flags, c.objects})
}

func (c *collector) pragma(p *mof.Pragma) {
	switch p.Kind {
	case mof.IncludePragma:
		if p.File != nil {
			c.tree(p.File)
		}
	case mof.NamespacePragma:
		server, path, ok := p.Namespace()
		switch {
		case !ok:
		case !c.isHere(server):
			c.errorf(p.Span, cim.MOFInvalidNamespaceSpecification, "%s is another computer; the namespaces of this compile are on %s",
				server, c.opts.Server)
		default:
			c.namespace = path
		}
	case mof.ClassFlagsPragma:
		bits, _ := p.Flags()
		c.class = wbem.Flags(bits)
	case mof.InstanceFlagsPragma:
		bits, _ := p.Flags()
		c.instance = wbem.Flags(bits)
	case mof.DeleteClassPragma, mof.DeleteInstancePragma:
		c.object(p, 0, mof.Ident{})
	case mof.AmendmentPragma:
		c.amendment = p
	case mof.AutorecoverPragma:
		c.autorecover = true
	}
}

func (c *collector) isHere(server string) bool {
	return server == "" || server == "." || cim.EqualNames(server, "localhost") || cim.EqualNames(server, c.opts.Server)
}

func (c *collector) errorf(at source.Span, code wbem.Status, format string, args ...any) {
	c.list.Add(source.Diagnostic{File: c.file, Span: at, Code: uint32(code), Msg: fmt.Sprintf(format, args...)})
}
