package mof

import (
	"fmt"

	"openwmi/cim"
	"openwmi/internal/source"
)

// An Info is what Check learns about the files of a compilation together.
type Info struct {
	aliases map[string]aliasDecl // by folded name

	// Undefined has an error for each use of an alias that is nowhere declared.
	// They are not in the list given to Check, because the objects before the
	// first such use can be stored. mof.md 4.4
	Undefined []source.Diagnostic
}

type aliasDecl struct {
	file *source.File
	name Ident
	decl Decl
}

// Alias returns the *ClassDecl or *InstanceDecl with an alias, which is given
// without its dollar sign, or nil. An alias may be used before it is declared,
// and in other files. mof.md 4.4
func (i *Info) Alias(name string) Decl { return i.aliases[cim.Fold(name)].decl }

// Check reports what is wrong in a tree and the trees of its includes, as far as
// this can be known without the classes of a namespace: everything that mof.md 4
// says about qualifiers and their declarations, about the values of the
// properties of a class, and about methods, aliases and directives. It doesn't
// change the tree. Parts which Parse could not read are not checked.
//
// Left to those who know the classes are: whether names exist; values of
// instances; what a datetime and an object path may look like; which qualifiers
// and names an object may have.
func Check(f *File, dialect Dialect, list *source.List) *Info {
	c := &checker{
		dialect:    dialect,
		list:       list,
		info:       &Info{aliases: make(map[string]aliasDecl)},
		declared:   make(map[string]*QualifierDecl),
		bySpelling: make(map[string]*QualifierDecl),
	}
	c.typed = hasTypedQualifiers(f)
	c.tree(f)
	for _, use := range c.aliasUses {
		if c.info.Alias(use.ref.Name) == nil {
			c.info.Undefined = append(c.info.Undefined, source.Diagnostic{
				File: use.file, Span: use.ref.Span, Code: uint32(cim.NotFound),
				Msg: fmt.Sprintf("nothing has the alias $%s", use.ref.Name)})
		}
	}
	return c.info
}

// hasTypedQualifiers reports whether qualifiers are declared as in DMTF files.
func hasTypedQualifiers(f *File) bool {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *QualifierDecl:
			if d.IsTyped() {
				return true
			}
		case *Pragma:
			if d.File != nil && hasTypedQualifiers(d.File) {
				return true
			}
		}
	}
	return false
}

// A checker goes over the declarations in the order in which they take effect.
type checker struct {
	dialect Dialect
	typed   bool // the files look like DMTF's: mof.md 1
	list    *source.List
	info    *Info
	file    *source.File // in which the checker is

	declared   map[string]*QualifierDecl // by folded name, so far
	bySpelling map[string]*QualifierDecl // the same by names in use, nil for undeclared ones
	amendment  bool                      // there was such a pragma
	aliasUses  []aliasUse
}

type aliasUse struct {
	file *source.File
	ref  *AliasRef
}

func (c *checker) tree(f *File) {
	outer := c.file
	c.file = f.Source
	for _, d := range f.Decls {
		if c.list.Full() {
			break
		}
		switch d := d.(type) {
		case *Pragma:
			c.pragma(d)
			if d.File != nil {
				c.tree(d.File)
			}
		case *QualifierDecl:
			c.qualifierDecl(d)
		case *ClassDecl:
			c.alias(d.Alias, d)
			c.class(d)
		case *InstanceDecl:
			c.alias(d.Alias, d)
			c.instance(d)
		}
	}
	c.file = outer
}

// alias notes the alias of a declaration. mof.md 4.4
func (c *checker) alias(name Ident, d Decl) {
	if name.Name == "" {
		return
	}
	key := cim.Fold(name.Name)
	if first, dup := c.info.aliases[key]; dup {
		c.errorf(name.Range(), cim.MOFMultipleAliases, "the alias $%s is already given to something else in %s",
			name.Name, first.file.Position(first.name.Pos))
		return
	}
	c.info.aliases[key] = aliasDecl{c.file, name, d}
}

func (c *checker) instance(d *InstanceDecl) {
	c.qualifiers(d.Qualifiers, cim.ScopeInstance|cim.ScopeClass)
	for i := range d.Properties {
		p := &d.Properties[i]
		c.qualifiers(p.Qualifiers, cim.ScopeProperty|cim.ScopeReference)
		c.untyped(p.Value)
	}
	duplicates(len(d.Properties), func(i int) string { return d.Properties[i].Name.Name }, func(i, _ int) {
		name := d.Properties[i].Name
		c.errorf(name.Range(), cim.MOFDuplicateProperty, "property %s has a value already", name.Name)
	})
}

// embedded checks an object that is a value.
func (c *checker) embedded(v Value) {
	var alias Ident
	switch d := v.(type) {
	case *InstanceDecl:
		alias = d.Alias
		c.instance(d)
	case *ClassDecl:
		alias = d.Alias
		c.class(d)
	}
	if alias.Name != "" {
		c.errorf(alias.Range(), cim.MOFAliasesInEmbedded, "an embedded object has no path for which the alias $%s could stand", alias.Name)
	}
}

func (c *checker) errorf(at source.Span, code cim.Status, format string, args ...any) {
	report(c.list, c.file, at, code, source.Error, format, args)
}

func (c *checker) warnf(at source.Span, code cim.Status, format string, args ...any) {
	report(c.list, c.file, at, code, source.Warning, format, args)
}

// duplicates calls found for each of n names that equals an earlier one, with
// the indexes of both.
func duplicates(n int, name func(int) string, found func(i, first int)) {
	if n <= 16 {
	next:
		for i := 1; i < n; i++ {
			for j := range i {
				if cim.EqualNames(name(i), name(j)) {
					found(i, j)
					continue next
				}
			}
		}
		return
	}
	seen := make(map[string]int, n)
	for i := range n {
		key := cim.Fold(name(i))
		if first, dup := seen[key]; dup {
			found(i, first)
		} else {
			seen[key] = i
		}
	}
}
