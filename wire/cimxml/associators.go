package cimxml

import (
	"errors"
	"iter"
	"strings"
	"unicode"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wql"
)

// A traversal is what an association operation asks for.
type traversal struct {
	object cim.Path
	query  string // in WQL
	e      *xml.Encoder
}

// traverse reads the parameters of the four operations: from an object to those
// associated with it, or to the associations themselves; whole ones, or only
// their names. DSP0200 5.3.2.10-13
func (o *operation) traverse(verb, object string, names bool) traversal {
	t := traversal{object: o.objectName(object), e: o.encoder()}
	if t.object.Singleton && object == "ObjectName" {
		// SBLIM's client asks for the associators of a class in this way.
		if c, err := o.svc.GetClass(o.ctx, t.object.Class, wbem.Options{}); err == nil && !c.IsSingleton() {
			t.object.Singleton = false
		}
	}
	var where []string
	item := func(name, value string) {
		switch {
		case value == "":
		case strings.ContainsFunc(value, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }):
			o.fail("parameter %s is %.60q, which is not a name", name, value)
		default:
			where = append(where, name+" = '"+value+"'")
		}
	}
	role := func(name string) { text, _ := o.text(name); item(name, text) }
	item("ResultClass", o.className("ResultClass"))
	role("Role")
	if verb == "ASSOCIATORS" {
		item("AssocClass", o.className("AssocClass"))
		role("ResultRole")
	}
	switch {
	case t.object.IsClass():
		where = append(where, "SchemaOnly")
	case names:
		where = append(where, "KeysOnly")
	}
	if !names {
		t.e.Qualifiers = o.boolean("IncludeQualifiers", false)
		t.e.ClassOrigin = o.boolean("IncludeClassOrigin", false)
		t.e.Properties = o.list("PropertyList")
	}
	if o.err != nil {
		return t
	}
	text := verb + " OF {?}"
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " ")
	}
	if t.query, o.err = wql.Bind(text, t.object); o.err != nil {
		o.err = cim.Errorf(wbem.InvalidParameter, "%v", o.err)
	}
	return t
}

// results yields what a traversal finds: an unknown class is InvalidParameter,
// and an object that does not exist NotFound for an instance, InvalidParameter
// for a class. DSP0200 5.3.2.10
func (o *operation) results(t traversal) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		if err := o.exists(t.object.Class, InvalidParameter); err != nil {
			yield(nil, err)
			return
		}
		for obj, err := range o.svc.Query(o.ctx, "WQL", t.query, reads(t.e)) {
			switch {
			case errors.Is(err, wbem.SPartialResults):
				return
			case errors.Is(err, wbem.InvalidClass), errors.Is(err, wbem.InvalidQuery):
				err = &codedError{InvalidParameter, err}
			}
			if !yield(obj, err) || err != nil {
				return
			}
		}
	}
}

// traverseAs carries out one of the four operations.
func traverseAs(verb, object string, names bool) func(*operation) error {
	return func(o *operation) error {
		t := o.traverse(verb, object, names)
		if err := o.finish(); err != nil {
			return err
		}
		o.begin()
		for obj, err := range o.results(t) {
			if err != nil {
				return err
			}
			encode := func(b []byte) ([]byte, error) { return t.e.Append(b, obj, xml.WithPath) }
			if names {
				encode = func(b []byte) ([]byte, error) { return appendObjectPath(t.e, b, obj) }
			}
			if err := o.append(encode); err != nil {
				return err
			}
		}
		return nil
	}
}

// appendObjectPath appends OBJECTPATH with the whole path of an object.
func appendObjectPath(e *xml.Encoder, b []byte, obj cim.Object) ([]byte, error) {
	path, err := fullPath(obj)
	if err != nil {
		return b, err
	}
	b = append(b, "<OBJECTPATH>"...)
	b = e.AppendPath(b, path)
	return append(b, "</OBJECTPATH>"...), nil
}

// fullPath returns the path of an object with the server and namespace in which
// it is.
func fullPath(obj cim.Object) (cim.Path, error) {
	path, ok := cim.RelPath(obj)
	at := obj.Origin()
	if !ok || at == nil {
		return path, cim.Errorf(wbem.InvalidObjectPath, "an object of class %s has no path", obj.ClassName())
	}
	path.Server, path.Namespace = at.Server, at.Namespace
	return path, nil
}
