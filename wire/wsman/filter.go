package wsman

import (
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
	"openwmi/wql"
)

// selected returns the instances of the class whose properties are as a set of
// selectors says. DSP0226 8.2.2: SelectorFilter
func (x *exchange) selected(f *xmltree.Node) (source, error) {
	c, err := x.class()
	if err != nil {
		return nil, err
	}
	selectors, err := readSelectors(f.Child(nsWSMan, "SelectorSet"), 0)
	if err != nil {
		return nil, err
	}
	var where []string
	var values []any
	for _, s := range selectors {
		p := c.Property(s.name)
		if p == nil {
			return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidProperty, "class %s has no property %.60s", c.Name(), s.name)
		}
		var v cim.Value
		if s.path != nil {
			v = cim.ReferenceValue(s.path.String())
		} else if v, err = readKey(p.Type(), s.text); err != nil {
			return nil, newFault(faultCannotProcessFilter, "", wbem.TypeMismatch, "%s: %v", p.Name(), err)
		}
		where = append(where, p.Name()+" = ?")
		values = append(values, v)
	}
	text := "SELECT * FROM " + c.Name()
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	return x.bound(text, values...)
}

// bound returns what a query finds in which values stand for its marks.
func (x *exchange) bound(text string, values ...any) (source, error) {
	query, err := wql.Bind(text, values...)
	if err != nil {
		return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidQuery, "%v", err)
	}
	return x.query(query), nil
}

// associated returns what is associated with an object, or the associations.
// DSP0227 8.2: association filters
func (x *exchange) associated(f *xmltree.Node, en *enumeration) (source, error) {
	n, verb, class := f.Child(nsBinding, "AssociatedInstances"), "ASSOCIATORS", "AssocClass"
	if n == nil {
		n, verb, class = f.Child(nsBinding, "AssociationInstances"), "REFERENCES", ""
	}
	object := n.Child(nsBinding, "Object")
	if object == nil {
		return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidQuery, "the filter names no object")
	}
	if epr := object.Child(nsAddressing, "EndpointReference"); epr != nil {
		object = epr
	}
	path, err := readEPR(object)
	if err != nil {
		return nil, err
	}
	if path, err = x.local(path); err != nil {
		return nil, err
	}
	var shown []string
	for _, p := range children(n, nsBinding, "IncludeResultProperty") {
		shown = append(shown, p.Value())
	}
	if shown != nil {
		en.only = func(name string) bool {
			return slices.ContainsFunc(shown, func(p string) bool { return cim.EqualNames(p, name) })
		}
	}
	var where []string
	for _, item := range []struct{ element, name string }{
		{"AssociationClassName", class}, {"Role", "Role"}, {"ResultClassName", "ResultClass"}, {"ResultRole", "ResultRole"},
	} {
		value := n.Child(nsBinding, item.element).Value()
		switch {
		case value == "":
		case item.name == "", verb == "REFERENCES" && item.name == "ResultRole", !isName(value):
			return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidQuery, "%s is %.60q", item.element, value)
		default:
			where = append(where, item.name+" = '"+value+"'")
		}
	}
	text := verb + " OF {?}"
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " ")
	}
	return x.bound(text, path)
}

// local returns the path of an object in the session's namespace, with its keys
// as their types are written. A request that names no namespace is in that of
// the object.
func (x *exchange) local(p cim.Path) (cim.Path, error) {
	if p.Namespace != "" && !cim.EqualNames(p.Namespace, x.svc.Namespace()) {
		if x.named() {
			return p, newFault(faultCannotProcessFilter, "", wbem.InvalidNamespace, "the object is in namespace %.200s", p.Namespace)
		}
		if err := x.connect(p.Namespace); err != nil {
			return p, err
		}
	}
	here := &exchange{request: &request{resource: resource{class: p.Class}}, server: x.server, ctx: x.ctx, svc: x.svc}
	c, err := here.class()
	if err != nil {
		return p, err
	}
	for _, k := range p.Keys {
		here.selectors = append(here.selectors, selector{name: k.Name, text: k.Text})
	}
	return here.path(c)
}
