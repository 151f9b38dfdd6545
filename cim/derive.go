package cim

import (
	"cmp"
	"slices"
)

// Derive returns the class that decl defines below super, which is nil for a
// top-level class. The declaration now belongs to the class and must not be
// changed any more; where its spelling is not canonical Derive changes it (the
// flavors of Key, Singleton and ID; the order of parameters by ID).
//
// It applies every rule of put.md 4.1 and model.md 6 to 11 that concerns one
// class and its ancestors, and returns the status named there. It does not look
// at the name of the class, see CheckClassName, so that the object manager can
// define system classes.
func Derive(super *Class, decl *ClassDecl) (*Class, error) {
	c := &Class{decl: decl, super: super}
	if super != nil {
		c.origin = super.origin
		if c.depth = super.depth + 1; c.depth >= MaxDerivation {
			return nil, Errorf(QuotaViolation, "class %s has more than %d superclasses", decl.Name, MaxDerivation-1)
		}
		if super.IsA(decl.Name) {
			return nil, Errorf(CircularReference, "class %s would be its own ancestor", decl.Name)
		}
	}
	return derive(c)
}

// Restore is Derive for a definition that it has accepted before, and that was
// kept since: it is not judged again, so that no rule which becomes stricter
// makes anybody lose what is stored. What the other functions of the package
// rely on is checked nevertheless.
func Restore(super *Class, decl *ClassDecl) (*Class, error) {
	c := &Class{decl: decl, super: super, lenient: true}
	if super != nil {
		c.origin = super.origin
		c.depth = super.depth + 1
	}
	return derive(c)
}

// derive fills in a class of which decl, super, origin, depth, neutral and
// lenient are known.
func derive(c *Class) (*Class, error) {
	for _, step := range []func() error{
		c.deriveQualifiers, c.deriveProperties, c.deriveMethods, c.deriveKeys, c.checkTraits,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if c.super != nil {
		c.objects = c.super.objects
	}
	c.objects = c.decl.objectDefaults(c.objects)
	return c, nil
}

// overlay is the function of that name with the status of a class put. In a
// lenient class everything may be overridden.
func (c *Class) overlay(inherited, local Qualifiers, where string) (Qualifiers, error) {
	if c.lenient {
		return overlay(inherited, local, where, OK)
	}
	return overlay(inherited, local, where, UpdateOverrideNotAllowed)
}

// normalize checks qualifiers as they were written and forces the flavor of the
// structural ones. It writes only what is not there yet, because a definition
// is derived again when its superclass changes and may be shared by then.
func normalize(qs Qualifiers, where string) error {
	if len(qs) > MaxQualifiers {
		return tooManyQualifiers(where)
	}
	for i := range qs {
		q := &qs[i]
		if err := CheckQualifier(*q); err != nil {
			return Errorf(StatusOf(err), "%s: %v", where, err)
		}
		f, forced := forcedFlavor(q.Name)
		if !forced {
			f = q.Flavor & WritableFlavors
		}
		if f != q.Flavor {
			q.Flavor = f
		}
	}
	f := qs.finder()
	for i := range qs {
		if f.index(qs[i].Name) != i {
			return Errorf(InvalidQualifier, "%s: qualifier %s stands there twice", where, qs[i].Name)
		}
	}
	return nil
}

func tooManyQualifiers(where string) error {
	return Errorf(QuotaViolation, "%s has more than %d qualifiers", where, MaxQualifiers)
}

// propertyOnly are qualifiers that make no sense on anything but a property.
var propertyOnly = []string{"Key", "Indexed", "Not_Null"}

func checkPropertyOnly(qs Qualifiers, where string) error {
	for _, name := range propertyOnly {
		if qs.Index(name) >= 0 {
			return Errorf(InvalidQualifier, "%s: qualifier %s belongs on a property", where, name)
		}
	}
	return nil
}

func (c *Class) deriveQualifiers() error {
	where := "class " + c.decl.Name
	if !c.lenient {
		if err := normalize(c.decl.Qualifiers, where); err != nil {
			return err
		}
		if err := checkPropertyOnly(c.decl.Qualifiers, where); err != nil {
			return err
		}
	}
	var inherited Qualifiers
	if c.super != nil {
		inherited = c.super.quals.toSubclass()
	}
	var err error
	c.quals, err = c.overlay(inherited, c.decl.Qualifiers, where)
	if err != nil {
		return err
	}
	c.abstract = c.quals.True("Abstract")
	c.dynamic = c.quals.True("Dynamic")
	c.dynProps = c.quals.True("DynProps")
	// These two describe structure that cannot be undone, so the nearest class
	// that has them decides, whatever their flavors (model.md 11.5).
	c.singleton = c.quals.nearest("Singleton", c.super != nil && c.super.singleton)
	c.association = c.quals.nearest("Association", c.super != nil && c.super.association)
	return nil
}

// nearest reports whether the named qualifier is TRUE or, if it is not there,
// what holds above.
func (qs Qualifiers) nearest(name string, above bool) bool {
	if i := qs.Index(name); i >= 0 {
		return qs[i].Value.Bool()
	}
	return above
}

func (c *Class) deriveProperties() error {
	var inherited []*Property
	if c.super != nil {
		inherited = c.super.props
	}
	if len(c.decl.Properties) == 0 && !slices.ContainsFunc(inherited, (*Property).IsLocal) {
		c.props = inherited // already as subclasses see them
		return nil
	}
	if !c.lenient && len(c.decl.Properties) > MaxProperties {
		return Errorf(TooManyProperties, "class %s has %d properties, more than %d", c.Name(), len(c.decl.Properties), MaxProperties)
	}
	own := make([]*Property, 0, len(c.decl.Properties))
	block := make([]Property, 2*len(c.decl.Properties))
	for i := range c.decl.Properties {
		p := &block[2*i]
		if err := c.deriveProperty(p, &block[2*i+1], &c.decl.Properties[i]); err != nil {
			return err
		}
		own = append(own, p)
	}
	slices.SortFunc(own, func(a, b *Property) int { return CompareNames(a.decl.Name, b.decl.Name) })
	for i := 1; i < len(own); i++ {
		if EqualNames(own[i-1].decl.Name, own[i].decl.Name) {
			return Errorf(InvalidObject, "class %s declares property %s twice", c.Name(), own[i].decl.Name)
		}
	}
	c.props = mergeByName(inherited, own,
		func(p *Property) string { return p.decl.Name },
		func(p *Property) *Property { return p.inherited })
	if len(c.props) > MaxProperties && !c.lenient {
		return Errorf(TooManyProperties, "class %s has %d properties, more than %d", c.Name(), len(c.props), MaxProperties)
	}
	return nil
}

// mergeByName merges the members of the superclass, as subclasses see them,
// with the own ones, which win. Both lists are ordered by name.
func mergeByName[M any](inherited, own []M, name func(M) string, seen func(M) M) []M {
	out := make([]M, 0, len(inherited)+len(own))
	for len(inherited) > 0 || len(own) > 0 {
		order := -1
		if len(inherited) == 0 {
			order = 1
		} else if len(own) > 0 {
			order = CompareNames(name(inherited[0]), name(own[0]))
		}
		switch {
		case order < 0:
			out = append(out, seen(inherited[0]))
			inherited = inherited[1:]
		case order == 0:
			inherited = inherited[1:]
			fallthrough
		default:
			out = append(out, own[0])
			own = own[1:]
		}
	}
	return out
}

func (c *Class) deriveProperty(p, inherited *Property, d *PropertyDecl) error {
	where := "property " + c.Name() + "." + d.Name
	if err := checkType(d.Type, d.Class, where); err != nil {
		return err
	}
	if !c.lenient {
		if err := checkProperty(d, where); err != nil {
			return err
		}
	}
	*p = Property{decl: d, class: c.Name(), origin: c.Name(), refClass: d.Class, local: true, inherited: inherited}
	var above Qualifiers
	var indexed, notNull bool // above
	if c.super != nil {
		if s := c.super.Property(d.Name); s != nil {
			if s.Type() != d.Type {
				return Errorf(UpdateTypeMismatch, "%s: type %v, but superclass %s has it as %v", where, d.Type, s.class, s.Type())
			}
			p.origin = s.origin
			p.def = s.def
			if p.refClass == "" {
				p.refClass = s.refClass
			}
			above = s.inherited.quals
			indexed, notNull = s.indexed, s.notNull
		}
	}
	var err error
	if p.quals, err = c.overlay(above, d.Qualifiers, where); err != nil {
		return err
	}
	p.key = p.quals.True("Key")
	// These two hold below too, whatever their flavors, until an override says
	// otherwise (model.md 11.2).
	p.indexed = p.quals.nearest("Indexed", indexed)
	p.notNull = p.quals.nearest("Not_Null", notNull)
	if err := c.checkKeyType(p, where); err != nil {
		return err
	}
	if d.HasDefault {
		if err := c.checkDefault(d.Default, d.Type, p.refClass); err != nil {
			return Errorf(StatusOf(err), "%s: default: %v", where, err)
		}
		p.def = d.Default
	}
	*inherited = *p
	inherited.local = false
	inherited.quals = p.quals.toSubclass()
	inherited.inherited = inherited
	return nil
}

// checkProperty checks what a declaration says beside its type.
func checkProperty(d *PropertyDecl, where string) error {
	if err := CheckMemberName("property", d.Name); err != nil {
		return err
	}
	if err := normalize(d.Qualifiers, where); err != nil {
		return err
	}
	if q, ok := d.Qualifiers.Get("Key"); ok && !q.Value.Bool() {
		return Errorf(InvalidQualifier, "%s: Key is TRUE or absent, not %.60s", where, q.Value) // model.md 11.4
	}
	return nil
}

// checkDefault is CheckValue or, for a lenient class, the part of it without
// which a value could not be used.
func (c *Class) checkDefault(v Value, t Type, class string) error {
	if c.lenient && (v.IsNull() || v.Type() == t) {
		return nil
	}
	return CheckValue(v, t, class)
}

// checkType checks a type and the class of its references or objects.
func checkType(t Type, class, where string) error {
	switch {
	case !t.IsValid():
		return Errorf(InvalidCIMType, "%s: type %d is not a CIM type", where, uint16(t))
	case class == "":
		return nil
	case t.Elem() != TypeReference && t.Elem() != TypeObject:
		return Errorf(InvalidCIMType, "%s: a %v has no class", where, t)
	case TooLong(class, MaxIdentifier):
		return Errorf(QuotaViolation, "%s: the class name %.40q... has more than %d characters", where, class, MaxIdentifier)
	case !IsIdentifier(class):
		return Errorf(InvalidCIMType, "%s: %.60q is not the name of a class", where, class)
	}
	return nil
}

// checkKeyType applies "Key Qualifier": no arrays, reals or embedded objects.
func (c *Class) checkKeyType(p *Property, where string) error {
	if p.key && (p.Type().IsArray() || p.Type().IsReal() || p.Type() == TypeObject) {
		return Errorf(CannotBeKey, "%s: a %v cannot be a key", where, p.Type())
	}
	return nil
}

func (c *Class) deriveMethods() error {
	var inherited []*Method
	if c.super != nil {
		inherited = c.super.methods
	}
	if len(c.decl.Methods) == 0 && !slices.ContainsFunc(inherited, (*Method).IsLocal) {
		c.methods = inherited
		return nil
	}
	if !c.lenient && len(c.decl.Methods) > MaxMethods {
		return tooManyMethods(c)
	}
	own := make([]*Method, 0, len(c.decl.Methods))
	for i := range c.decl.Methods {
		m, err := c.deriveMethod(&c.decl.Methods[i])
		if err != nil {
			return err
		}
		own = append(own, m)
	}
	slices.SortFunc(own, func(a, b *Method) int { return CompareNames(a.decl.Name, b.decl.Name) })
	for i := 1; i < len(own); i++ {
		if EqualNames(own[i-1].decl.Name, own[i].decl.Name) {
			return Errorf(InvalidObject, "class %s declares method %s twice", c.Name(), own[i].decl.Name)
		}
	}
	c.methods = mergeByName(inherited, own,
		func(m *Method) string { return m.decl.Name },
		func(m *Method) *Method { return m.inherited })
	if !c.lenient && len(c.methods) > MaxMethods {
		return tooManyMethods(c)
	}
	return nil
}

func tooManyMethods(c *Class) error {
	return Errorf(QuotaViolation, "class %s has more than %d methods", c.Name(), MaxMethods)
}

func (c *Class) deriveMethod(d *MethodDecl) (*Method, error) {
	where := "method " + c.Name() + "." + d.Name
	if !c.lenient {
		if err := checkMethod(d, where); err != nil {
			return nil, err
		}
	}
	m := &Method{decl: d, class: c.Name(), origin: c.Name(), local: true}
	var above *Method
	var inherited Qualifiers
	if c.super != nil {
		if above = c.super.Method(d.Name); above != nil {
			if why := signatureDifference(above.decl, d); why != "" {
				return nil, Errorf(UpdatePropagatedMethod, "%s: %s than in superclass %s", where, why, above.class)
			}
			m.origin = above.origin
			inherited = above.inherited.quals
		}
	}
	var err error
	if m.quals, err = c.overlay(inherited, d.Qualifiers, where); err != nil {
		return nil, err
	}
	m.params = make([]Parameter, len(d.Parameters))
	for i := range d.Parameters {
		p := Parameter{decl: &d.Parameters[i]}
		var from Qualifiers
		if above != nil {
			from = above.inherited.params[i].quals
		}
		if p.quals, err = c.overlay(from, p.decl.Qualifiers, where+", parameter "+p.decl.Name); err != nil {
			return nil, err
		}
		if p.quals.Index("ID") < 0 {
			p.quals = append(slices.Clip(p.quals), Qualifier{"ID", Sint32Value(int32(i)), ToInstance | DisableOverride})
			if len(p.quals) > MaxQualifiers && !c.lenient {
				return nil, tooManyQualifiers(where + ", parameter " + p.decl.Name)
			}
		}
		m.params[i] = p
	}
	in := *m
	in.local = false
	in.quals = m.quals.toSubclass()
	in.params = slices.Clone(m.params)
	for i := range in.params {
		in.params[i].quals = in.params[i].quals.parameterToSubclass()
	}
	in.inherited = &in
	m.inherited = &in
	return m, nil
}

func checkMethod(d *MethodDecl, where string) error {
	if err := CheckMemberName("method", d.Name); err != nil {
		return err
	}
	if err := normalize(d.Qualifiers, where); err != nil {
		return err
	}
	if err := checkPropertyOnly(d.Qualifiers, where); err != nil {
		return err
	}
	if d.Return != 0 {
		if err := checkType(d.Return, d.ReturnClass, where+", return value"); err != nil {
			return err
		}
		if d.Return.IsArray() {
			return Errorf(InvalidCIMType, "%s: a method cannot return a %v", where, d.Return)
		}
	} else if d.ReturnClass != "" {
		return Errorf(InvalidCIMType, "%s: it returns nothing, which has no class", where)
	}
	return checkParameters(d, where)
}

// parameterToSubclass is toSubclass with the direction and the ID, which belong
// to the signature and cannot get lost.
func (qs Qualifiers) parameterToSubclass() Qualifiers {
	return qs.propagated(func(q *Qualifier) bool { return q.Flavor&ToSubclass != 0 || isSignature(q.Name) })
}

func isSignature(name string) bool {
	return EqualNames(name, "In") || EqualNames(name, "Out") || EqualNames(name, "ID")
}

// checkParameters checks the parameters of one declaration and brings them into
// the order of their IDs (model.md 7.1).
func checkParameters(d *MethodDecl, where string) error {
	if len(d.Parameters) > MaxParameters {
		return Errorf(TooManyProperties, "%s has %d parameters, more than %d", where, len(d.Parameters), MaxParameters)
	}
	f := newFinder(d.Parameters, func(p *ParameterDecl) string { return p.Name })
	explicit := 0
	for i := range d.Parameters {
		p := &d.Parameters[i]
		if err := checkParameter(p, where); err != nil {
			return err
		}
		if f.index(p.Name) != i {
			return Errorf(InvalidDuplicateParameter, "%s: parameter %s stands there twice", where, p.Name)
		}
		if p.Qualifiers.Index("ID") >= 0 {
			explicit++
		}
	}
	if explicit == 0 {
		return nil
	}
	if explicit < len(d.Parameters) {
		return Errorf(MissingParameterID, "%s: some parameters have an ID and some have none", where)
	}
	byID := func(a, b ParameterDecl) int {
		return cmp.Compare(a.Qualifiers.Value("ID").Int(), b.Qualifiers.Value("ID").Int())
	}
	if !slices.IsSortedFunc(d.Parameters, byID) {
		slices.SortStableFunc(d.Parameters, byID)
	}
	for i := range d.Parameters {
		if i > 0 && byID(d.Parameters[i-1], d.Parameters[i]) == 0 {
			return Errorf(InvalidDuplicateParameter, "%s: parameters %s and %s have the same ID",
				where, d.Parameters[i-1].Name, d.Parameters[i].Name)
		}
		if d.Parameters[i].Qualifiers.Value("ID").Int() != int64(i) {
			return Errorf(NonconsecutiveParameterIDs, "%s: the IDs of the parameters are not 0 to %d", where, len(d.Parameters)-1)
		}
	}
	return nil
}

func checkParameter(p *ParameterDecl, where string) error {
	if EqualNames(p.Name, "ReturnValue") {
		if p.Qualifiers.Index("ID") >= 0 {
			return Errorf(ParameterIDOnRetval, "%s: the return value has no ID", where)
		}
		return Errorf(InvalidMethodParameters, "%s: no parameter can have the name of the return value", where)
	}
	if err := CheckMemberName("parameter", p.Name); err != nil {
		return Errorf(InvalidMethodParameters, "%s: %v", where, err)
	}
	where += ", parameter " + p.Name
	if err := checkType(p.Type, p.Class, where); err != nil {
		return err
	}
	if err := normalize(p.Qualifiers, where); err != nil {
		return err
	}
	if err := checkPropertyOnly(p.Qualifiers, where); err != nil {
		return err
	}
	if q, ok := p.Qualifiers.Get("ID"); ok && (!q.Value.Type().IsInteger() || q.Value.Int() < 0) {
		return Errorf(InvalidParameterID, "%s: ID %.60s is not a number from 0 on", where, q.Value)
	}
	if p.HasDefault {
		if err := CheckValue(p.Default, p.Type, p.Class); err != nil {
			return Errorf(StatusOf(err), "%s: default: %v", where, err)
		}
	}
	return nil
}

// signatureDifference says in what b differs from a, "" if in nothing that
// matters to a caller.
func signatureDifference(a, b *MethodDecl) string {
	switch {
	case a.Return != b.Return:
		return "another type is returned"
	case len(a.Parameters) != len(b.Parameters):
		return "it has another number of parameters"
	}
	for i := range a.Parameters {
		p, q := &a.Parameters[i], &b.Parameters[i]
		if !EqualNames(p.Name, q.Name) || p.Type != q.Type || p.In() != q.In() || p.Out() != q.Out() {
			return "parameter " + q.Name + " is another one"
		}
	}
	return ""
}

func (c *Class) deriveKeys() error {
	var count int
	for i, p := range c.props {
		if p.key {
			count++
			if c.keys == nil {
				c.keys = make([]int, 0, 4)
			}
			c.keys = append(c.keys, i)
		}
	}
	superKeys := 0
	if c.super != nil {
		superKeys = len(c.super.keys)
	}
	switch {
	case superKeys > 0:
		if count != superKeys {
			return Errorf(CannotChangeKeyInheritance, "class %s changes the keys that it inherits from %s", c.Name(), c.super.Name())
		}
		c.keyClass = c.super.keyClass
	default:
		c.keyClass = c
	}
	return nil
}

func (c *Class) checkTraits() error {
	name := c.Name()
	s := c.super
	if c.lenient {
		return nil
	}
	if c.singleton {
		if len(c.keys) > 0 {
			return Errorf(CannotBeSingleton, "class %s is a singleton and has the key %s", name, c.props[c.keys[0]].Name())
		}
		if s != nil && !s.singleton && !s.abstract {
			return Errorf(CannotBeSingleton, "class %s is a singleton but its superclass %s is not", name, s.Name())
		}
	}
	if s == nil {
		return nil
	}
	// DMTF's schema has an abstract association below a concrete one
	// (CIM_PolicyInSystem), so associations are let off.
	if c.abstract && !s.abstract && !c.association {
		return Errorf(CannotBeAbstract, "class %s is abstract but its superclass %s is not", name, s.Name())
	}
	if s.dynamic && !c.dynamic {
		return Errorf(InvalidOperation, "class %s is static but its superclass %s is dynamic", name, s.Name())
	}
	return nil
}
