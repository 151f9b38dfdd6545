package repository

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// A model is what a repository should hold, kept as plainly as possible: the
// oracle for random operations.
type model struct {
	spaces map[string]*modelSpace // by path
}

type modelSpace struct {
	classes   map[string]*modelClass
	instances map[string]modelInstance // by class and key
}

type modelClass struct {
	super    string
	text     string          // a qualifier
	abstract bool            // only of classes without superclass
	props    map[string]bool // own ones; every top-level class has the key Id
}

// Of the own properties of a class X, X0 is a string, X1 an indexed string with
// a default, and X2 a reference.

func isIndexed(prop string) bool { return strings.HasSuffix(prop, "1") }
func isRef(prop string) bool     { return strings.HasSuffix(prop, "2") }

const modelDefault = "5~"

type modelInstance struct {
	class, key string
	values     map[string]string
}

func newModel() *model { return &model{map[string]*modelSpace{}} }

func newModelSpace() *modelSpace {
	return &modelSpace{map[string]*modelClass{}, map[string]modelInstance{}}
}

func (m *model) clone() *model {
	c := newModel()
	for path, s := range m.spaces {
		d := newModelSpace()
		for name, k := range s.classes {
			e := *k
			e.props = maps.Clone(k.props)
			d.classes[name] = &e
		}
		maps.Copy(d.instances, s.instances)
		c.spaces[path] = d
	}
	return c
}

func (s *modelSpace) isA(class, base string) bool {
	for ; class != ""; class = s.classes[class].super {
		if class == base {
			return true
		}
	}
	return false
}

func (s *modelSpace) top(class string) string {
	for s.classes[class].super != "" {
		class = s.classes[class].super
	}
	return class
}

// find returns the instance with a key of a class or one derived from it.
func (s *modelSpace) find(base, key string) (modelInstance, bool) {
	for _, i := range s.instances {
		if i.key == strings.ToUpper(key) && s.isA(i.class, base) {
			return i, true
		}
	}
	return modelInstance{}, false
}

func (s *modelSpace) hasProp(class, name string) bool {
	for ; class != ""; class = s.classes[class].super {
		if s.classes[class].props[name] {
			return true
		}
	}
	return false
}

func (s *modelSpace) count(class string) (own, below, children int) {
	for name := range s.classes {
		if name != class && s.isA(name, class) {
			children++
		}
	}
	for _, i := range s.instances {
		switch {
		case i.class == class:
			own++
		case s.isA(i.class, class):
			below++
		}
	}
	return own, below, children
}

func (s *modelSpace) putInstance(class, key string, values map[string]string, flags wbem.Flags) cim.Status {
	c, ok := s.classes[class]
	switch {
	case !ok:
		return wbem.InvalidClass
	case c.abstract:
		return wbem.InvalidOperation
	}
	other, exists := s.find(s.top(class), key)
	switch {
	case exists && other.class != class && flags&wbem.UpdateOnly == 0:
		return wbem.AlreadyExists
	case (!exists || other.class != class) && flags&wbem.UpdateOnly != 0:
		return wbem.NotFound
	case exists && flags&wbem.CreateOnly != 0:
		return wbem.AlreadyExists
	}
	s.instances[class+"="+strings.ToUpper(key)] = modelInstance{class, strings.ToUpper(key), values}
	return wbem.OK
}

func (s *modelSpace) deleteInstance(base, key string) cim.Status {
	if s.classes[base] == nil {
		return wbem.InvalidClass
	}
	i, ok := s.find(base, key)
	if !ok {
		return wbem.NotFound
	}
	delete(s.instances, i.class+"="+i.key)
	return wbem.OK
}

func (s *modelSpace) deleteClass(name string) cim.Status {
	if s.classes[name] == nil {
		return wbem.NotFound
	}
	for k, i := range s.instances {
		if s.isA(i.class, name) {
			delete(s.instances, k)
		}
	}
	var doomed []string
	for c := range s.classes {
		if s.isA(c, name) {
			doomed = append(doomed, c)
		}
	}
	for _, c := range doomed {
		delete(s.classes, c)
	}
	return wbem.OK
}

// putClass is put.md 4.2 for classes that differ in properties and one
// qualifier, without conflicts: each property name belongs to one class.
func (s *modelSpace) putClass(name string, c *modelClass, flags wbem.Flags) cim.Status {
	old := s.classes[name]
	if c.super != "" && s.classes[c.super] == nil {
		return wbem.InvalidSuperclass
	}
	if old == nil {
		if flags&wbem.UpdateOnly != 0 {
			return wbem.NotFound
		}
		s.classes[name] = c
		return wbem.OK
	}
	if c.super != "" && s.isA(c.super, name) {
		return wbem.CircularReference
	}
	if flags&wbem.CreateOnly != 0 {
		return wbem.AlreadyExists
	}
	own, below, children := s.count(name)
	structural := !maps.Equal(old.props, c.props) || old.super != c.super || old.abstract != c.abstract
	force := flags&wbem.UpdateForceMode != 0
	switch {
	case !structural:
	case children > 0 && flags&(wbem.UpdateSafeMode|wbem.UpdateForceMode) == 0:
		return wbem.ClassHasChildren
	case below > 0, own > 0 && !force:
		return wbem.ClassHasInstances
	case old.super != c.super && children > 0:
		return wbem.ClassHasChildren
	case old.super != c.super && own > 0:
		return wbem.ClassHasInstances
	case children > 0 && old.props[name+"1"] != c.props[name+"1"]:
		return wbem.CannotChangeIndexInheritance
	}
	if structural {
		for k, i := range s.instances {
			if i.class == name {
				delete(s.instances, k)
			}
		}
	}
	s.classes[name] = c
	return wbem.OK
}

func (m *model) createSpace(path string) cim.Status {
	parent := path[:strings.LastIndexByte(path, '\\')]
	switch {
	case m.spaces[parent] == nil && parent != "root":
		return wbem.InvalidNamespace
	case m.spaces[path] != nil:
		return wbem.AlreadyExists
	}
	m.spaces[path] = newModelSpace()
	return wbem.OK
}

func (m *model) deleteSpace(path string) {
	maps.DeleteFunc(m.spaces, func(p string, _ *modelSpace) bool { return p == path || strings.HasPrefix(p, path+`\`) })
}

// dump returns the contents in one form for both sides.
func (m *model) dump() []string {
	var out []string
	for path, s := range m.spaces {
		out = append(out, path)
		for name, c := range s.classes {
			out = append(out, fmt.Sprintf("%s:%s : %s %q abstract %v %v", path, name, c.super, c.text, c.abstract, slices.Sorted(maps.Keys(c.props))))
		}
		for _, i := range s.instances {
			out = append(out, fmt.Sprintf("%s:%s=%s %v", path, i.class, i.key, i.values))
		}
	}
	slices.Sort(out)
	return out
}

func (f *fixture) dump() []string {
	var out []string
	var walk func(ns *Namespace)
	walk = func(ns *Namespace) {
		if strings.HasPrefix(ns.Path(), `root\m`) {
			out = append(out, ns.Path())
			for c, err := range ns.Subclasses("", true) {
				if err != nil {
					f.Fatal(err)
				}
				if cim.IsSystemName(c.Name()) {
					continue
				}
				props := []string{}
				for _, p := range c.Properties() {
					if p.IsLocal() && !p.IsKey() {
						props = append(props, p.Name())
					}
				}
				text := c.Decl().Qualifiers.Value("Text").Text()
				out = append(out, fmt.Sprintf("%s:%s : %s %q abstract %v %v", ns.Path(), c.Name(), c.SuperName(), text, c.IsAbstract(), props))
				for inst, err := range ns.Instances(context.Background(), c.Name(), false) {
					if err != nil {
						f.Fatal(err)
					}
					id, _ := inst.Get("Id")
					values := map[string]string{}
					for k, p := range c.Properties() {
						if inst.IsSet(k) && !p.IsKey() {
							values[p.Name()] = inst.At(k).Text()
						}
					}
					out = append(out, fmt.Sprintf("%s:%s=%s %v", ns.Path(), c.Name(), strings.ToUpper(id.Text()), values))
				}
			}
		}
		children, err := ns.Children()
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range children {
			walk(c)
		}
	}
	walk(f.namespace("root"))
	slices.Sort(out)
	return out
}

// A player does random operations on both sides and compares the statuses.
type player struct {
	*fixture
	rand  *rand.Rand
	model *model
}

var (
	modelPaths   = []string{`root\ma`, `root\mb`, `root\ma\mc`}
	modelNames   = []string{"A", "B", "C", "D", "E", "F"}
	modelFlags   = []wbem.Flags{0, 0, 0, wbem.CreateOnly, wbem.UpdateOnly}
	modelModes   = []wbem.Flags{0, wbem.UpdateSafeMode, wbem.UpdateForceMode, wbem.UpdateForceMode}
	errGiveUp    = fmt.Errorf("given up: %w", wbem.Timeout)
	errUnplanned = fmt.Errorf("the two sides differ: %w", wbem.Failed)
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// name picks a class, most often one that exists.
func (p *player) name(s *modelSpace) string {
	if len(s.classes) > 0 && p.rand.IntN(4) > 0 {
		return pick(p.rand, slices.Sorted(maps.Keys(s.classes)))
	}
	return pick(p.rand, modelNames)
}

func (p *player) key() string { return pick(p.rand, []string{"a", "A", "b", "c", `"\`}) }

// transaction does a few operations, of which the last may be to give up.
func (p *player) transaction() {
	before := p.model.clone()
	log := ""
	err := p.Update(context.Background(), pick(p.rand, []kv.Durability{kv.Durable, kv.Buffered}), func(tx *Tx) error {
		for range 1 + p.rand.IntN(4) {
			what, want, got := p.operation(tx)
			log += fmt.Sprintf("%s: %v\n", what, got)
			if cim.StatusOf(got) != want {
				p.Errorf("%swant %v", log, want)
				return errUnplanned
			}
		}
		if p.rand.IntN(8) == 0 {
			return errGiveUp
		}
		return nil
	})
	if err != nil {
		p.model = before
	}
	if err != nil && err != errGiveUp {
		p.Fatal(err)
	}
}

func (p *player) operation(tx *Tx) (what string, want cim.Status, got error) {
	path := pick(p.rand, modelPaths)
	if p.rand.IntN(200) == 0 && p.model.spaces[path] != nil {
		i := strings.LastIndexByte(path, '\\')
		parent, err := tx.Namespace(path[:i])
		if err != nil {
			return "find " + path, wbem.OK, err
		}
		p.model.deleteSpace(path)
		err = tx.DeleteInstance(parent, cim.Path{Class: "__Namespace", Keys: []cim.Key{{Text: path[i+1:], Quoted: true}}})
		return "delete " + path, wbem.OK, err
	}
	if s := p.model.spaces[path]; s == nil || p.rand.IntN(100) == 0 {
		_, err := tx.CreateNamespace(path)
		return "create " + path, p.model.createSpace(path), err
	}
	ns, err := tx.Namespace(path)
	if err != nil {
		return "find " + path, wbem.OK, err
	}
	s := p.model.spaces[path]
	name := p.name(s)
	switch n := p.rand.IntN(20); {
	case n < 4:
		return p.putClass(tx, ns, s, name)
	case n == 4 && p.rand.IntN(3) == 0:
		return "delete class " + name, s.deleteClass(name), tx.DeleteClass(ns, name)
	case n < 7:
		key := p.key()
		path := cim.Path{Class: name, Keys: []cim.Key{{Text: key, Quoted: true}}}
		return "delete " + path.RelPath(), s.deleteInstance(name, key), tx.DeleteInstance(ns, path)
	case n < 10:
		return p.get(tx, ns, s, name)
	}
	return p.putInstance(tx, ns, s, name)
}

func (p *player) putClass(tx *Tx, ns *Namespace, s *modelSpace, name string) (string, cim.Status, error) {
	c := &modelClass{text: pick(p.rand, []string{"", "x", "y"}), props: map[string]bool{}}
	if p.rand.IntN(3) > 0 {
		c.super = p.name(s)
	} else {
		c.abstract = p.rand.IntN(4) == 0
	}
	if old := s.classes[name]; old != nil && p.rand.IntN(3) > 0 {
		c.super, c.abstract = old.super, old.abstract
	}
	for i := range 3 {
		if p.rand.IntN(2) == 0 {
			c.props[fmt.Sprintf("%s%d", name, i)] = true
		}
	}
	d := class(name)
	d.Super = c.super
	if c.text != "" {
		d.Qualifiers = append(d.Qualifiers, qual("Text", c.text))
	}
	if c.abstract {
		d.Qualifiers = append(d.Qualifiers, qual("Abstract"))
	}
	if c.super == "" {
		d.Properties = append(d.Properties, prop("string Id", key))
	}
	for _, name := range slices.Sorted(maps.Keys(c.props)) {
		switch {
		case isIndexed(name):
			d.Properties = append(d.Properties, prop("string "+name+" = "+modelDefault, indexed))
		case isRef(name):
			d.Properties = append(d.Properties, prop("ref "+name))
		default:
			d.Properties = append(d.Properties, prop("string "+name))
		}
	}
	flags := pick(p.rand, modelFlags) | pick(p.rand, modelModes)
	what := fmt.Sprintf("put class %s : %s %v abstract %v flags 0x%X", name, c.super, d.Properties, c.abstract, uint32(flags))
	if c.super == name && s.classes[name] == nil {
		_, err := tx.PutClass(ns, d, flags)
		return what, wbem.CircularReference, err
	}
	if old := s.classes[name]; old != nil && old.abstract && !c.abstract {
		for _, k := range s.classes {
			if k.super == name && k.abstract {
				return "skip", wbem.OK, nil
			}
		}
	}
	want := s.putClass(name, c, flags)
	_, err := tx.PutClass(ns, d, flags)
	return what, want, err
}

func (p *player) putInstance(tx *Tx, ns *Namespace, s *modelSpace, name string) (string, cim.Status, error) {
	key, flags := p.key(), pick(p.rand, modelFlags)
	what := fmt.Sprintf("put %s=%q flags %d", name, key, flags)
	c, err := tx.Class(ns, name)
	if s.classes[name] == nil {
		return what, wbem.NotFound, err
	}
	if err != nil {
		return what, wbem.OK, err
	}
	inst := cim.NewInstance(c)
	values := map[string]string{}
	for k, prop := range c.Properties() {
		if prop.IsKey() {
			inst.Put(k, cim.StringValue(key))
			continue
		}
		if !s.hasProp(name, prop.Name()) {
			return "class " + name + " has a property " + prop.Name(), wbem.OK, errUnplanned
		}
		if p.rand.IntN(2) == 0 {
			text := fmt.Sprint(p.rand.IntN(12))
			v := cim.StringValue(text)
			if isRef(prop.Name()) {
				text = cim.Path{Class: pick(p.rand, modelNames), Keys: []cim.Key{{Name: pick(p.rand, []string{"", "Id", "ID"}), Text: p.key(), Quoted: true}}}.String()
				v = cim.ReferenceValue(text)
			}
			values[prop.Name()] = text
			inst.Put(k, v)
		}
	}
	_, err = tx.PutInstance(ns, inst, flags, nil)
	return what, s.putInstance(name, key, values, flags), err
}

func (p *player) get(tx *Tx, ns *Namespace, s *modelSpace, name string) (string, cim.Status, error) {
	key := p.key()
	path := cim.Path{Class: name, Keys: []cim.Key{{Text: key, Quoted: true}}}
	inst, err := tx.Instance(ns, path, false)
	want, ok := s.find(name, key)
	if !ok {
		return "get " + path.RelPath(), wbem.NotFound, err
	}
	if err == nil && inst.ClassName() != want.class {
		err = errUnplanned
	}
	return "get " + path.RelPath(), wbem.OK, err
}

// gets compares reads outside of transactions, which the cache may answer.
func (p *player) gets() {
	for path, s := range p.model.spaces {
		ns := p.namespace(path)
		for _, name := range modelNames {
			for _, direct := range []bool{false, true} {
				key := p.key()
				inst, err := ns.Instance(cim.Path{Class: name, Keys: []cim.Key{{Text: key, Quoted: true}}}, direct)
				want, ok := s.find(name, key)
				ok = ok && (!direct || want.class == name)
				switch {
				case ok != (err == nil):
					p.Errorf("%s:%s=%q: %v, want %v", path, name, key, err, ok)
				case ok && inst.ClassName() != want.class:
					p.Errorf("%s:%s=%q is a %s, not a %s", path, name, key, inst.ClassName(), want.class)
				case ok:
					for k, prop := range inst.Class().Properties() {
						if v := want.value(prop.Name()); !prop.IsKey() && inst.At(k).Text() != v {
							p.Errorf("%s:%s=%q: %s is %v, want %q", path, name, key, prop.Name(), inst.At(k), v)
						}
					}
				}
			}
		}
	}
}

// value returns what a property shows.
func (i modelInstance) value(prop string) string {
	if v, ok := i.values[prop]; ok || !isIndexed(prop) {
		return v
	}
	return modelDefault
}

// seeks compares what is found by indexes.
func (p *player) seeks() {
	for path, s := range p.model.spaces {
		ns := p.namespace(path)
		v, err := ns.View()
		if err != nil {
			p.Fatal(err)
		}
		defer v.Close()
		name := pick(p.rand, modelNames)
		if s.classes[name] == nil {
			continue
		}
		c, err := v.Class(name)
		if err != nil {
			p.Fatal(err)
		}
		for k, prop := range c.Properties() {
			l := Lookup{Class: name, Deep: p.rand.IntN(2) == 0, Property: k, Range: &Range{}}
			var holds func(v string) bool
			switch {
			case isIndexed(prop.Name()) || prop.IsKey():
				low, high := fmt.Sprint(p.rand.IntN(12)), fmt.Sprint(p.rand.IntN(1000))
				if prop.IsKey() {
					low, high = p.key(), p.key()
				}
				l.Range = &Range{cim.StringValue(low), cim.StringValue(high)}
				holds = func(v string) bool { return cim.CompareNames(low, v) <= 0 && cim.CompareNames(v, high) <= 0 }
			case isRef(prop.Name()):
				key := p.key()
				l.Range = Equal(cim.ReferenceValue(cim.Path{Class: "Any", Keys: []cim.Key{{Text: key, Quoted: true}}}.String()))
				holds = func(v string) bool { return v != "" && cim.EqualNames(cim.MustParsePath(v).Keys[0].Text, key) }
			default:
				continue
			}
			var want, got []string
			for _, i := range s.instances {
				value := i.value(prop.Name())
				if prop.IsKey() {
					value = i.key
				}
				if (i.class == name || l.Deep && s.isA(i.class, name)) && holds(value) {
					want = append(want, i.class+"="+i.key)
				}
			}
			for r, err := range v.Seek(context.Background(), l) {
				if err != nil {
					p.Fatal(err)
				}
				got = append(got, r.Class().Name()+"="+cim.Fold(r.At(r.Class().PropertyIndex("Id")).Text()))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				p.Errorf("%s:%s.%s %+v: %q, want %q", path, name, prop.Name(), l, got, want)
			}
		}
		p.links(v, s)
	}
}

func (p *player) links(v *View, s *modelSpace) {
	key := p.key()
	var want, got []string
	for _, i := range s.instances {
		n := 0
		for name, text := range i.values {
			if isRef(name) && cim.EqualNames(cim.MustParsePath(text).Keys[0].Text, key) {
				n++
			}
		}
		if n > 0 {
			want = append(want, fmt.Sprint(i.class, "=", i.key, " ", n))
		}
	}
	for l, err := range v.Links(context.Background(), cim.Path{Class: "Any", Keys: []cim.Key{{Text: key, Quoted: true}}}) {
		if err != nil {
			p.Fatal(err)
		}
		got = append(got, fmt.Sprint(l.Class().Name(), "=", cim.Fold(l.At(l.Class().PropertyIndex("Id")).Text()), " ", len(l.Properties)))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		p.Errorf("links to %q in %s: %q, want %q", key, v.Namespace().Path(), got, want)
	}
}

func TestModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			store, err := kv.OpenMemory(kv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p := &player{useStore(t, store, Options{Server: "S", CacheBytes: 1 << 16}), rand.New(rand.NewPCG(seed, 1)), newModel()}
			defer p.Subscribe(func(c Change) { c.Before(); c.After() })()
			for round := range 60 {
				for range 8 {
					p.transaction()
					p.gets()
					p.seeks()
				}
				if diff := cmp.Diff(p.model.dump(), p.fixture.dump()); diff != "" {
					t.Fatalf("after round %d (-model +repository):\n%s", round, diff)
				}
				if round%10 == 0 {
					p.verify()
					// Another repository on the same store finds the same.
					r, err := Open(store, Options{Server: "S"})
					if err != nil {
						t.Fatal(err)
					}
					again := &fixture{TB: t, Repository: r}
					if diff := cmp.Diff(p.model.dump(), again.dump()); diff != "" {
						t.Fatalf("opened again (-model +repository):\n%s", diff)
					}
				}
			}
		})
	}
}
