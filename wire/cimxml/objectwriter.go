package cimxml

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
)

// The elements of native operations, in which objects travel as they are: with
// their classes, each of which is sent once.
//
//	WMI.CLASS     ID, SUPER, SERVER, NAMESPACE   the own definition of a class: CLASS
//	WMI.VIEW      ID, OF, KEEP, ...              what a query shows of a class: CLASS
//	WMI.INSTANCE  CLASS, EMBEDS, SERVER, ...     INSTANCE
//	WMI.OBJECT    CLASS                          a class that is a result
//	WMI.PROGRESS  TOTAL, DONE                    text
//	WMI.ERROR     STATUS, ...                    what ends a result, see nativeCall.appendError
const (
	tagClass    = "WMI.CLASS"
	tagView     = "WMI.VIEW"
	tagInstance = "WMI.INSTANCE"
	tagObject   = "WMI.OBJECT"
	tagProgress = "WMI.PROGRESS"
	tagError    = "WMI.ERROR"
)

// maxClasses is how many classes either side remembers.
const maxClasses = 8192

// A classTable has classes by what identifies their definitions, on both sides. A
// class that it does not have is sent again.
type classTable struct {
	mu     sync.Mutex // guards what follows
	ids    map[*cim.Class]string
	byID   map[string]*cim.Class
	byName map[string][]string // of a class and those derived from it, by folded name

	received map[*cim.Class]bool // from the other side, which has them
	kept     weighed             // all of them
	max      int                 // that they may weigh
}

func newClassTable() *classTable {
	t := &classTable{max: MaxClasses}
	t.reset()
	return t
}

func (t *classTable) reset() {
	t.ids, t.byID, t.byName = map[*cim.Class]string{}, map[string]*cim.Class{}, map[string][]string{}
	t.received, t.kept = map[*cim.Class]bool{}, weighed{}
}

// id returns what identifies the definition of a class, with all that it
// inherits and where it is stored.
func (t *classTable) id(c *cim.Class) string {
	t.mu.Lock()
	id := t.ids[c]
	t.mu.Unlock()
	if id != "" {
		return id
	}
	h := sha256.New()
	h.Write(t.define(nil, c, "", nil))
	id = hex.EncodeToString(h.Sum(nil)[:12])
	t.add(id, c, false)
	return id
}

// has reports whether the other side has a class, because it came from there.
func (t *classTable) has(c *cim.Class) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.received[c]
}

// add remembers a class, unless that alone is too large.
func (t *classTable) add(id string, c *cim.Class, received bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ids) >= maxClasses || !t.kept.add(c, t.max) {
		t.reset()
		if !t.kept.add(c, t.max) {
			t.reset()
			return
		}
	}
	t.ids[c] = id
	if received {
		t.received[c] = true
	}
	if t.byID[id] != nil {
		return
	}
	t.byID[id] = c
	if of, _ := c.Projected(); of != nil {
		return // nobody asks for it by name
	}
	for s := c; s != nil; s = s.Super() {
		name := cim.Fold(s.Name())
		t.byName[name] = append(t.byName[name], id)
	}
}

func (t *classTable) get(id string) *cim.Class {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}

// maxKnown is how many classes a request says that the client has.
const maxKnown = 64

// known returns what identifies the classes that may be in an answer about a
// class, as far as the table has them; the latest.
func (t *classTable) known(class string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := t.byName[cim.Fold(class)]
	return append([]string(nil), ids[max(0, len(ids)-maxKnown):]...)
}

// define appends the element that defines a class, of which id is "" to
// identify it.
func (t *classTable) define(b []byte, c *cim.Class, id string, e *xml.Encoder) []byte {
	if e == nil {
		e = nativeEncoder()
	}
	of, view := c.Projected()
	tag := tagClass
	if of != nil {
		tag = tagView
	}
	b = append(append(b, '<'), tag...)
	b = xml.AppendAttr(b, "ID", id)
	if of != nil {
		b = xml.AppendAttr(b, "OF", t.id(of))
		b = xml.AppendAttr(b, "KEEP", strings.Trim(strings.ReplaceAll(fmt.Sprint(view.Keep), " ", ","), "[]"))
		b = xml.AppendAttr(b, "DERIVATION", strconv.FormatBool(view.Derivation))
		b = xml.AppendAttr(b, "COMPLETE", strconv.FormatBool(view.Complete))
	} else if c.Super() != nil {
		b = xml.AppendAttr(b, "SUPER", t.id(c.Super()))
	}
	b = appendOrigin(b, c.Origin())
	b = append(b, '>')
	if of == nil || view.Qualifiers != nil {
		decl := c.Decl()
		if of != nil {
			decl = &cim.ClassDecl{Name: c.Name()}
			for i, k := range view.Keep {
				p := of.Properties()[k]
				decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: p.Name(), Type: p.Type(), Class: p.Class(), Qualifiers: view.Qualifiers[i]})
			}
		}
		b = e.AppendClassDecl(b, decl)
	}
	b = append(append(b, "</"...), tag...)
	return append(b, '>')
}

func appendOrigin(b []byte, at *cim.Origin) []byte {
	if at == nil {
		return b
	}
	b = xml.AppendAttr(b, "SERVER", at.Server)
	return xml.AppendAttr(b, "NAMESPACE", at.Namespace)
}

// nativeEncoder returns an encoder that leaves out nothing.
func nativeEncoder() *xml.Encoder { return &xml.Encoder{DTD: xml.WMI, Qualifiers: true} }

// An objectWriter appends objects as they are. It belongs to one message.
type objectWriter struct {
	table *classTable
	e     *xml.Encoder
	known map[string]bool // classes that the reader has
}

func newObjectWriter(t *classTable, known []string) *objectWriter {
	w := &objectWriter{table: t, e: nativeEncoder(), known: map[string]bool{}}
	for _, id := range known {
		w.known[id] = true
	}
	return w
}

// class appends the definition of a class, and those that it needs, unless the
// reader has it. It returns what identifies it.
func (w *objectWriter) class(b []byte, c *cim.Class) ([]byte, string) {
	id := w.table.id(c)
	if w.known[id] {
		return b, id
	}
	w.known[id] = true
	if of, _ := c.Projected(); of != nil {
		b, _ = w.class(b, of)
	} else if c.Super() != nil {
		b, _ = w.class(b, c.Super())
	}
	return w.table.define(b, c, id, w.e), id
}

// object appends an object.
func (w *objectWriter) object(b []byte, o cim.Object) []byte {
	if inst, ok := o.(*cim.Instance); ok {
		return w.instance(b, inst)
	}
	b, id := w.class(b, o.Definition())
	b = append(b, "<"+tagObject...)
	b = xml.AppendAttr(b, "CLASS", id)
	return append(b, "/>"...)
}

func (w *objectWriter) instance(b []byte, inst *cim.Instance) []byte {
	b, id := w.class(b, inst.Class())
	var embeds []string
	b = w.embedded(b, inst, &embeds)
	b = append(b, "<"+tagInstance...)
	b = xml.AppendAttr(b, "CLASS", id)
	if len(embeds) > 0 {
		b = xml.AppendAttr(b, "EMBEDS", strings.Join(embeds, " "))
	}
	b = appendOrigin(b, inst.Origin())
	b = append(b, '>')
	b = w.e.AppendInstance(b, inst)
	return append(b, "</"+tagInstance+">"...)
}

// embedded appends the classes of the objects in an instance.
func (w *objectWriter) embedded(b []byte, inst *cim.Instance, ids *[]string) []byte {
	add := func(o cim.Object) {
		if o == nil {
			return
		}
		c := o.Definition()
		nested, isInstance := o.(*cim.Instance)
		if !isInstance {
			c = c.Super() // the definition itself is embedded
		}
		if c == nil || c.Name() == "" {
			return
		}
		var id string
		b, id = w.class(b, c)
		*ids = append(*ids, id)
		if isInstance {
			b = w.embedded(b, nested, ids)
		}
	}
	for k, p := range inst.Class().Properties() {
		if p.Type().Elem() != cim.TypeObject {
			continue
		}
		v := inst.At(k)
		if !v.Type().IsArray() {
			add(v.Object())
			continue
		}
		for i := range v.Len() {
			add(v.Index(i).Object())
		}
	}
	return b
}
