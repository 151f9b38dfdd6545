package cimxml

import (
	"strconv"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// An objectReader reads what an objectWriter has written. It belongs to one
// message.
type objectReader struct {
	d     *xml.Decoder
	table *classTable
	// own are the classes of this message. They are not added to the table if
	// it is not to be trusted: then they are checked like those of a put.
	own   map[string]*cim.Class
	trust bool
	kept  weighed // own
	max   int     // that they may weigh
}

func newObjectReader(d *xml.Decoder, t *classTable, trust bool) *objectReader {
	d.DTD = xml.WMI
	return &objectReader{d: d, table: t, own: map[string]*cim.Class{}, trust: trust, max: MaxCollected}
}

// class returns the class that an attribute of the current element identifies,
// nil if there is no attribute. The error is errMissingClass for one that nobody knows.
func (r *objectReader) class(attr string) (*cim.Class, error) {
	id, ok := r.d.Attr(attr)
	if !ok {
		return nil, nil
	}
	return r.lookup(id)
}

func (r *objectReader) lookup(id string) (*cim.Class, error) {
	if c := r.own[id]; c != nil {
		return c, nil
	}
	if c := r.table.get(id); c != nil {
		return c, nil
	}
	return nil, errMissingClass
}

// errMissingClass says that a class was not sent which the reader has forgotten:
// it has to be sent with its definition.
var errMissingClass = cim.Errorf(wbem.MarshalVersionMismatch, "a class is not known any more")

// define reads the definition of a class.
func (r *objectReader) define() error {
	view := string(r.d.Name()) == tagView
	id, _ := r.d.Attr("ID")
	at := r.origin()
	super, err := r.class("SUPER")
	if view {
		super, err = r.class("OF")
	}
	keep, _ := r.d.Attr("KEEP")
	derivation, _ := r.d.Attr("DERIVATION")
	complete, _ := r.d.Attr("COMPLETE")
	if err != nil {
		return err
	}
	var decl *cim.ClassDecl
	for r.d.Next() {
		if string(r.d.Name()) != "CLASS" || decl != nil {
			r.d.Skip()
			continue
		}
		if decl, _, err = r.d.ClassDecl(); err != nil {
			return err
		}
	}
	if err := r.d.Err(); err != nil {
		return err
	}
	var c *cim.Class
	switch {
	case view:
		c, err = project(super, keep, derivation == "true", complete == "true", decl)
	case decl == nil:
		err = notValid("%s has no CLASS", tagClass)
	case r.trust:
		c, err = cim.Restore(super, decl)
	default:
		c, err = cim.Derive(super, decl)
	}
	if err != nil {
		return err
	}
	if at != nil {
		c = c.At(at)
	}
	if len(r.own) == maxListed || !r.kept.add(c, r.max) {
		return cim.Errorf(wbem.QuotaViolation, "there are more than %d classes, or they have more than %d bytes", maxListed, r.max)
	}
	r.own[id] = c
	if r.trust {
		r.table.add(id, c, true)
	}
	return nil
}

// project returns what a query shows of a class.
func project(of *cim.Class, keep string, derivation, complete bool, decl *cim.ClassDecl) (*cim.Class, error) {
	if of == nil {
		return nil, notValid("%s is of no class", tagView)
	}
	p := cim.Projection{Derivation: derivation, Complete: complete}
	last := -1
	for text := range strings.SplitSeq(keep, ",") {
		if text == "" {
			continue
		}
		k, err := strconv.Atoi(text)
		if err != nil || k <= last || k >= len(of.Properties()) {
			return nil, notValid("%s keeps %.20q", tagView, text)
		}
		last = k
		p.Keep = append(p.Keep, k)
	}
	if decl != nil {
		if len(decl.Properties) != len(p.Keep) {
			return nil, notValid("%s has other properties than it keeps", tagView)
		}
		for i := range decl.Properties {
			p.Qualifiers = append(p.Qualifiers, decl.Properties[i].Qualifiers)
		}
	}
	return cim.Project(of, p), nil
}

func (r *objectReader) origin() *cim.Origin {
	server, ok := r.d.Attr("SERVER")
	if !ok {
		return nil
	}
	namespace, _ := r.d.Attr("NAMESPACE")
	return &cim.Origin{Server: server, Namespace: namespace}
}

// instance reads an instance.
func (r *objectReader) instance() (*cim.Instance, error) {
	class, err := r.class("CLASS")
	if err != nil {
		return nil, err
	}
	if class == nil {
		return nil, notValid("%s has no class", tagInstance)
	}
	embeds, _ := r.d.Attr("EMBEDS")
	at := r.origin()
	inside := map[string]*cim.Class{}
	for id := range strings.FieldsSeq(embeds) {
		c, err := r.lookup(id)
		if err != nil {
			return nil, err
		}
		inside[cim.Fold(c.Name())] = c
	}
	outer := true
	before := r.d.Classes
	defer func() { r.d.Classes = before }()
	r.d.Classes = func(name string) (*cim.Class, error) {
		if outer {
			outer = false
			return class, nil
		}
		return inside[cim.Fold(name)], nil
	}
	var inst *cim.Instance
	for r.d.Next() {
		if string(r.d.Name()) != "INSTANCE" || inst != nil {
			r.d.Skip()
			continue
		}
		if inst, err = r.d.Instance(); err != nil {
			return nil, err
		}
	}
	switch {
	case r.d.Err() != nil:
		return nil, r.d.Err()
	case inst == nil:
		return nil, notValid("%s has no INSTANCE", tagInstance)
	case at != nil:
		inst.SetOrigin(at)
	}
	return inst, nil
}

// object reads the current element if it is part of an object: it returns nil if
// that is not complete.
func (r *objectReader) object() (cim.Object, error) {
	switch string(r.d.Name()) {
	case tagClass, tagView:
		return nil, r.define()
	case tagInstance:
		inst, err := r.instance()
		if err != nil {
			return nil, err
		}
		return inst, nil
	case tagObject:
		c, err := r.class("CLASS")
		r.d.Skip()
		if err == nil && c == nil {
			err = notValid("%s has no class", tagObject)
		}
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	return nil, notValid("%s stands where an object should", r.d.Name())
}
