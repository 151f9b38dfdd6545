package wsman

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// filter returns the element Filter of a query.
func (s *session) filter(query string) string {
	dialect := dialectWQLDMTF
	if s.microsoft {
		dialect = dialectWQLMicrosoft
	}
	b := xml.AppendText([]byte(`<w:Filter Dialect="`+dialect+`">`), query)
	return string(b) + "</w:Filter>"
}

// releaseTime is how long a client takes to end what it has left open.
const releaseTime = 5 * time.Second

// enumerate yields what an Enumerate with that in its body and the Pulls after it
// return.
func (s *session) enumerate(ctx context.Context, class, body string, o wbem.Options) iter.Seq2[cim.Object, error] {
	most := "<w:MaxElements>" + strconv.Itoa(batch) + "</w:MaxElements>"
	return func(yield func(cim.Object, error) bool) {
		answer, err := s.call(ctx, actionEnumerate, class, nil,
			[]byte("<n:Enumerate><w:OptimizeEnumeration/>"+most+body+"</n:Enumerate>"), o)
		if err != nil {
			yield(nil, err)
			return
		}
		if answer = answer.Child(nsEnumeration, "EnumerateResponse"); answer == nil {
			yield(nil, cim.Errorf(wbem.TransportFailure, "the answer is none to an Enumerate"))
			return
		}
		id, space := "", nsWSMan
		for {
			if next := answer.Child(nsEnumeration, "EnumerationContext").Value(); next != "" {
				id = next
			}
			over := answer.Child(nsWSMan, "EndOfSequence") != nil || answer.Child(nsEnumeration, "EndOfSequence") != nil
			if items := answer.Child(space, "Items"); items != nil {
				for _, item := range items.Children {
					inst, err := s.item(item)
					if !yield(inst, err) || err != nil {
						if !over {
							s.release(ctx, class, id)
						}
						return
					}
				}
			}
			if over {
				return
			}
			answer, err = s.call(ctx, actionPull, class, nil, []byte("<n:Pull>"+contextElement(id)+strings.ReplaceAll(most, "w:", "n:")+"</n:Pull>"), wbem.Options{})
			if err != nil {
				s.release(ctx, class, id)
				yield(nil, err)
				return
			}
			answer, space = answer.Child(nsEnumeration, "PullResponse"), nsEnumeration
			if answer == nil {
				yield(nil, cim.Errorf(wbem.TransportFailure, "the answer is none to a Pull"))
				return
			}
		}
	}
}

func contextElement(id string) string {
	b := append([]byte{}, "<n:EnumerationContext>"...)
	b = xml.AppendText(b, id)
	return string(b) + "</n:EnumerationContext>"
}

// release ends an enumeration or subscription that is open at the server, which
// ends it some time otherwise.
func (s *session) release(ctx context.Context, class, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	_, _ = s.call(ctx, actionRelease, class, nil, []byte("<n:Release>"+contextElement(id)+"</n:Release>"), wbem.Options{})
}

// item reads an object, or an object and its endpoint reference.
func (s *session) item(n *xmltree.Node) (*cim.Instance, error) {
	if n.Space != nsWSMan || n.Local != "Item" {
		return s.instance(n, nil)
	}
	var keys []cim.Key
	object := n
	for _, c := range n.Children {
		if c.Space == nsAddressing && c.Local == "EndpointReference" {
			p, err := readEPR(c)
			if err != nil {
				return nil, err
			}
			keys = p.Keys
		} else {
			object = c
		}
	}
	return s.instance(object, keys)
}

// instance reads an instance whose keys are known, or nil. An XmlFragment has no
// name of its own, but its properties stand in the namespace of their class.
func (s *session) instance(n *xmltree.Node, keys []cim.Key) (*cim.Instance, error) {
	if n == nil {
		return nil, cim.Errorf(wbem.TransportFailure, "the answer has no instance")
	}
	name := n.Local
	if n.Space == nsWSMan {
		name = "__Generic"
		if c := first(n); c != nil {
			name = c.Space[strings.LastIndexByte(c.Space, '/')+1:]
		}
	}
	inst, err := makeUp(name, n.Children, keys)
	if err == nil {
		inst.SetOrigin(&cim.Origin{Server: s.Server(), Namespace: s.namespace})
	}
	return inst, err
}

// makeUp returns an instance with the properties that elements have: strings, or
// arrays of strings for what stands there more than once. A property that is an
// object or a reference has an instance or path.
func makeUp(class string, elements []*xmltree.Node, keys []cim.Key) (*cim.Instance, error) {
	if !isName(class) {
		return nil, cim.Errorf(wbem.TransportFailure, "%.60q cannot be the name of a class", class)
	}
	decl := &cim.ClassDecl{Name: class}
	byName := map[string][]*xmltree.Node{}
	for _, n := range elements {
		if n.Space == nsCIM {
			continue
		}
		name := cim.Fold(n.Local)
		if byName[name] == nil {
			if !isName(n.Local) {
				return nil, cim.Errorf(wbem.TransportFailure, "%.60q cannot be the name of a property", n.Local)
			}
			decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: n.Local})
		}
		byName[name] = append(byName[name], n)
	}
	values := make([]cim.Value, len(decl.Properties))
	for k := range decl.Properties {
		p := &decl.Properties[k]
		var err error
		if p.Type, values[k], err = guess(byName[cim.Fold(p.Name)]); err != nil {
			return nil, err
		}
		for _, key := range keys {
			if cim.EqualNames(key.Name, p.Name) {
				p.Qualifiers = cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
			}
		}
	}
	c, err := cim.Restore(nil, decl)
	if err != nil {
		return nil, cim.Errorf(wbem.TransportFailure, "the answer has no class: %v", err)
	}
	inst := cim.NewInstance(c)
	for k, v := range values {
		inst.Put(c.PropertyIndex(decl.Properties[k].Name), v) // a class has an order of its own
	}
	return inst, nil
}

// guess returns the type and value that the elements of a property seem to have.
// NULL among the elements of an array, of which WMI knows nothing, is left out.
func guess(nodes []*xmltree.Node) (cim.Type, cim.Value, error) {
	var elems []cim.Value
	t := cim.TypeString
	for _, n := range nodes {
		if isNil(n) {
			continue
		}
		kind, v, err := guessOne(n)
		if err != nil {
			return 0, v, err
		}
		if len(elems) > 0 && kind != t {
			return 0, v, cim.Errorf(wbem.TransportFailure, "%.60s has elements of several types", n.Local)
		}
		if t = kind; !v.IsNull() {
			elems = append(elems, v)
		}
	}
	switch {
	case len(elems) == 0:
		return t, cim.Value{}, nil
	case len(nodes) == 1:
		return t, elems[0], nil
	}
	v, err := cim.ArrayValue(t, elems...)
	return t.ArrayOf(), v, err
}

func guessOne(n *xmltree.Node) (cim.Type, cim.Value, error) {
	c := first(n)
	switch {
	case c == nil:
		return cim.TypeString, cim.StringValue(n.Text), nil
	case c.Space == nsCIM:
		v, err := readDatetime(c.Value())
		return cim.TypeDatetime, v, err
	case c.Space == nsAddressing:
		v, err := readReference(n)
		return cim.TypeReference, v, err
	}
	name := typeOf(n)
	if name == "" {
		name = "__Generic"
	}
	inst, err := makeUp(name, n.Children, nil)
	return cim.TypeObject, cim.ObjectValue(inst), err
}
