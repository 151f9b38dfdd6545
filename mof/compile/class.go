package compile

import (
	"slices"

	"openwmi/cim"
	"openwmi/mof"
)

// A lowerer makes declarations and objects of the object model from syntax, as
// they are to be stored in one namespace.
type lowerer struct {
	rules     *rules
	lenient   bool // DMTF's ways are allowed
	world     world
	aliases   *aliases
	namespace string
	bare      bool // defaults are left out: world and aliases are not asked then
	listing   bool // the class is marked Amendment, see classDecl
}

// A world knows classes: NotFound for one that is not there, errUnseen for one
// of which nothing can be said.
type world interface {
	class(namespace, name string) (*cim.Class, error)
}

// classDecl returns the declaration of a class.
//
// In a class that is marked Amendment a declaration that the namespace keeps
// makes no text of a qualifier. The listings in documentation are marked so, and
// are no merged views: localization.md 9.
//
// The qualifiers, properties, methods and parameters of a class are each cut from
// one slice: a schema has some ten of them in a class.
func (l *lowerer) classDecl(d *mof.ClassDecl) (*cim.ClassDecl, error) {
	c := &cim.ClassDecl{Name: d.Name.Name, Super: d.Super.Name}
	var err error
	outer := l.listing
	defer func() { l.listing = outer }()
	l.listing = slices.ContainsFunc(d.Qualifiers, func(q mof.Qualifier) bool { return cim.EqualNames(q.Name.Name, "Amendment") })
	m := newClassMemory(d)
	if c.Qualifiers, err = l.cut(m, d.Qualifiers, nil); err != nil {
		return nil, err
	}
	if err := l.terminal(d, c); err != nil {
		return nil, err
	}
	c.Properties = m.properties
	c.Methods = m.methods
	for _, f := range d.Features {
		switch f := f.(type) {
		case *mof.Property:
			p, err := l.property(m, f)
			if err != nil {
				return nil, err
			}
			c.Properties = append(c.Properties, p)
		case *mof.Method:
			method, err := l.method(m, f)
			if err != nil {
				return nil, err
			}
			c.Methods = append(c.Methods, method)
		}
	}
	return c, nil
}

// classMemory is what the parts of one class are cut from.
type classMemory struct {
	qualifiers cim.Qualifiers
	properties []cim.PropertyDecl
	methods    []cim.MethodDecl
	parameters []cim.ParameterDecl
}

func newClassMemory(d *mof.ClassDecl) *classMemory {
	quals, props, methods, params := len(d.Qualifiers), 0, 0, 0
	for _, f := range d.Features {
		switch f := f.(type) {
		case *mof.Property:
			props++
			quals += len(f.Qualifiers)
			if f.Dim != nil && f.Dim.Bound != nil {
				quals++
			}
		case *mof.Method:
			methods++
			params += len(f.Params)
			quals += len(f.Qualifiers)
			for i := range f.Params {
				quals += len(f.Params[i].Qualifiers) + 2 // In, and MaxLen
			}
		}
	}
	m := &classMemory{}
	if quals > 0 {
		m.qualifiers = make(cim.Qualifiers, 0, quals)
	}
	if props > 0 {
		m.properties = make([]cim.PropertyDecl, 0, props)
	}
	if methods > 0 {
		m.methods = make([]cim.MethodDecl, 0, methods)
	}
	if params > 0 {
		m.parameters = make([]cim.ParameterDecl, 0, params)
	}
	return m
}

// cut returns the qualifiers of an element whose array has a bound, or nil. A
// bound is MaxLen, unless that is there (mof.md 4.1).
func (l *lowerer) cut(m *classMemory, quals []mof.Qualifier, dim *mof.Dim) (cim.Qualifiers, error) {
	start := len(m.qualifiers)
	all, err := l.qualifiers(m.qualifiers, quals)
	if err != nil {
		return nil, err
	}
	if dim != nil && dim.Bound != nil && all[start:].Index("MaxLen") < 0 {
		v, err := mof.Literal(dim.Bound, cim.TypeSint32)
		if err != nil {
			return nil, at(dim.Bound, err)
		}
		all = append(all, cim.Qualifier{Name: "MaxLen", Value: v, Flavor: l.rules.of("MaxLen").flavor})
	}
	m.qualifiers = all
	if start == len(all) {
		return nil, nil
	}
	return all[start:len(all):len(all)], nil
}

// terminal reports a class that can have neither instances nor subclasses.
// mof.md 4.3, Decision
func (l *lowerer) terminal(d *mof.ClassDecl, c *cim.ClassDecl) error {
	if len(c.Qualifiers) > 1 && c.Qualifiers.True("Terminal") && c.Qualifiers.True("Abstract") {
		return faultf(d.Name, cim.InvalidQualifier, "class %s cannot be both Terminal and Abstract", c.Name)
	}
	return nil
}

func (l *lowerer) property(m *classMemory, p *mof.Property) (cim.PropertyDecl, error) {
	out := cim.PropertyDecl{Name: p.Name.Name, Type: typeOf(p), Class: p.Type.Class}
	var err error
	if out.Qualifiers, err = l.cut(m, p.Qualifiers, p.Dim); err != nil {
		return out, err
	}
	if p.Default != nil && !l.bare {
		out.HasDefault = true
		out.Default, err = l.value(p.Default, out.Type)
	}
	return out, err
}

func typeOf(p *mof.Property) cim.Type {
	if p.Dim != nil {
		return p.Type.Type.ArrayOf()
	}
	return p.Type.Type
}

func (l *lowerer) method(m *classMemory, d *mof.Method) (cim.MethodDecl, error) {
	out := cim.MethodDecl{Name: d.Name.Name, Return: d.Type.Type, ReturnClass: d.Type.Class}
	var err error
	if out.Qualifiers, err = l.cut(m, d.Qualifiers, nil); err != nil {
		return out, err
	}
	start := len(m.parameters)
	for i := range d.Params {
		p, err := l.parameter(m, &d.Params[i])
		if err != nil {
			return out, err
		}
		if first := find(m.parameters[start:], p.Name); first != nil {
			mergeParameter(first, &p)
			continue
		}
		m.parameters = append(m.parameters, p)
	}
	if end := len(m.parameters); end > start {
		out.Parameters = m.parameters[start:end:end]
	}
	return out, nil
}

func (l *lowerer) parameter(m *classMemory, p *mof.Property) (cim.ParameterDecl, error) {
	out := cim.ParameterDecl{Name: p.Name.Name, Type: typeOf(p), Class: p.Type.Class}
	start := len(m.qualifiers)
	var err error
	if out.Qualifiers, err = l.cut(m, p.Qualifiers, p.Dim); err != nil {
		return out, err
	}
	// One that does not say its direction is In; where that must not be, Check
	// has said so. To the object model it would be both.
	if !out.Qualifiers.True("Out") && out.Qualifiers.Index("In") < 0 {
		m.qualifiers = append(m.qualifiers, cim.Qualifier{Name: "In", Value: cim.BoolValue(true), Flavor: l.rules.of("In").flavor})
		end := len(m.qualifiers)
		out.Qualifiers = m.qualifiers[start:end:end]
	}
	if p.Default != nil && !l.bare {
		out.HasDefault = true
		out.Default, err = l.value(p.Default, out.Type)
	}
	return out, err
}

func find(params []cim.ParameterDecl, name string) *cim.ParameterDecl {
	for i := range params {
		if cim.EqualNames(params[i].Name, name) {
			return &params[i]
		}
	}
	return nil
}

// mergeParameter makes one parameter of those that the text lists once as In and
// once as Out. Check has seen that they agree. mof.md 4.2
func mergeParameter(p, again *cim.ParameterDecl) {
	for _, q := range again.Qualifiers {
		if i := p.Qualifiers.Index(q.Name); i < 0 || q.Value.Bool() {
			p.Qualifiers.Set(q)
		}
	}
	if !p.HasDefault {
		p.Default, p.HasDefault = again.Default, again.HasDefault
	}
}
