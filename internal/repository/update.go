package repository

import (
	"math"
	"slices"

	"openwmi/cim"
	"openwmi/wbem"
)

// A tree is what planning an update has to know about the stored classes.
type tree interface {
	// Children returns the immediate subclasses of the named class.
	Children(name string) []*cim.Class
	// InstanceCount returns how many instances of exactly the named class are
	// stored, and at most limit. Those that only a provider has do not count.
	InstanceCount(name string, limit int) (own int, err error)
}

// A change says how deep an update of a class goes (put.md 4.2).
type change int

const (
	changeNone        change = iota // the definition is the same
	changeUnimportant               // only qualifiers on which no data and no calls depend, or spelling
	changeStructural
)

// An update is what a put over an existing class does. It is a plan: nothing
// has been changed when it is returned.
type update struct {
	change change
	// class replaces the old class. With changeNone it is the old class.
	class *cim.Class
	// children are all classes derived from it, at any depth, as they are
	// after the update, a superclass before its subclasses. There are none
	// with changeNone.
	children []childEdit
	// deleteInstances says that the own instances of the class must be
	// deleted; instances is their number.
	deleteInstances bool
	instances       int
}

// A childEdit is what an update does to one class below the updated one.
type childEdit struct {
	old   *cim.Class // before
	class *cim.Class // after
	// decl is the own definition if force mode has changed it, nil if only
	// inherited parts are new. It is the one of class.
	decl *cim.ClassDecl
	// removed are the elements that force mode deletes from the own
	// definition, in the words of wbem.ClassEdit.
	removed []string
}

// edits returns the children whose own or inherited definition changes.
func (u *update) edits() []wbem.ClassEdit {
	var out []wbem.ClassEdit
	for _, c := range u.children {
		if !cim.CompareObjects(c.old, c.class, 0) {
			out = append(out, wbem.ClassEdit{Class: c.class.Name(), Removed: c.removed})
		}
	}
	return out
}

// planUpdate returns what a put of decl over the stored class old does, or the
// error with which it fails (put.md 4.1 to 4.4). super is the superclass that
// decl names, nil for none. Of flags only the update mode counts. decl belongs
// to the update afterwards.
func planUpdate(old, super *cim.Class, decl *cim.ClassDecl, flags wbem.Flags, t tree) (*update, error) {
	class, err := cim.Derive(super, decl)
	if err != nil {
		return nil, err
	}
	p := &planner{old: old, class: class.At(old.Origin()), tree: t}
	p.safe, p.force = flags&wbem.UpdateSafeMode != 0, flags&wbem.UpdateForceMode != 0
	u := &update{change: classify(old, class), class: p.class}
	switch u.change {
	case changeNone:
		u.class = old
		return u, nil
	case changeStructural:
		if u.instances, err = p.checkStructural(); err != nil {
			return nil, err
		}
		u.deleteInstances = u.instances > 0
	}
	u.children, err = p.rederive(nil, old, p.class)
	if err != nil {
		return nil, err
	}
	return u, nil
}

// A planner holds what the steps of planUpdate share.
type planner struct {
	old, class  *cim.Class
	tree        tree
	safe, force bool
}

// checkStructural applies the rows of the matrix in put.md 4.2 for a structural
// change, and the conflicts of 4.3 that no mode resolves and that show in the
// updated class alone. It returns how many instances force mode deletes.
func (p *planner) checkStructural() (deleted int, err error) {
	name := p.old.Name()
	children := p.tree.Children(name)
	limit := 1
	if p.force {
		limit = math.MaxInt // as many as are deleted
	}
	own, err := p.tree.InstanceCount(name, limit)
	if err != nil {
		return 0, err
	}
	// Children come first where both stand in the way (Decision P-11).
	if !p.safe && !p.force && len(children) > 0 {
		return 0, cim.Errorf(cim.ClassHasChildren, "class %s has subclasses, such as %s", name, children[0].Name())
	}
	if p.force {
		// Decision P-9: forcing deletes the instances of the class itself,
		// never those of another class.
		deleted = own
	} else if own > 0 {
		return 0, cim.Errorf(cim.ClassHasInstances, "class %s has instances", name)
	}
	if err := p.checkChildInstances(children); err != nil {
		return 0, err
	}
	if !cim.EqualNames(p.old.SuperName(), p.class.SuperName()) {
		// put.md 4.4: only without children and without instances, in any mode.
		if len(children) > 0 {
			return 0, cim.Errorf(cim.ClassHasChildren, "class %s has subclasses, so its superclass cannot change", name)
		}
		if own > 0 {
			return 0, cim.Errorf(cim.ClassHasInstances, "class %s has instances, so its superclass cannot change", name)
		}
	}
	if len(children) == 0 {
		return deleted, nil // Decision P-12a: keys and indexes are free then
	}
	return deleted, p.checkFixed(children)
}

func (p *planner) checkChildInstances(children []*cim.Class) error {
	for _, c := range children {
		n, err := p.tree.InstanceCount(c.Name(), 1)
		if err != nil {
			return err
		}
		if n > 0 {
			return cim.Errorf(cim.ClassHasInstances, "subclass %s has instances", c.Name())
		}
		if err := p.checkChildInstances(p.tree.Children(c.Name())); err != nil {
			return err
		}
	}
	return nil
}

// checkFixed returns the error for what cannot change while there are children.
func (p *planner) checkFixed(children []*cim.Class) error {
	name := p.old.Name()
	if !sameMarked(p.old, p.class, (*cim.Property).IsKey) {
		return cim.Errorf(cim.CannotChangeKeyInheritance, "class %s has subclasses, so its keys cannot change", name)
	}
	if !sameMarked(p.old, p.class, (*cim.Property).IsIndexed) {
		return cim.Errorf(cim.CannotChangeIndexInheritance, "class %s has subclasses, so its indexes cannot change", name)
	}
	if p.class.IsSingleton() {
		for _, c := range children {
			if !c.IsSingleton() {
				return cim.Errorf(cim.CannotBeSingleton, "class %s becomes a singleton but its subclass %s is none", name, c.Name())
			}
		}
	}
	return nil
}

// sameMarked reports whether the same properties are marked in both classes.
func sameMarked(a, b *cim.Class, marked func(*cim.Property) bool) bool {
	names := func(c *cim.Class) []string {
		var out []string
		for _, p := range c.Properties() {
			if marked(p) {
				out = append(out, p.Name())
			}
		}
		return out
	}
	return slices.EqualFunc(names(a), names(b), cim.EqualNames)
}

// rederive appends the children of a class, which was was and is is, in the
// form that they get.
func (p *planner) rederive(out []childEdit, was, is *cim.Class) ([]childEdit, error) {
	for _, old := range p.tree.Children(was.Name()) {
		edit, err := p.rederiveChild(old, was, is)
		if err != nil {
			return nil, err
		}
		out = append(out, edit)
		if out, err = p.rederive(out, old, edit.class); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *planner) rederiveChild(old, was, is *cim.Class) (childEdit, error) {
	edit := childEdit{old: old}
	decl := old.Decl()
	if cs := conflicts(decl, was, is); len(cs) > 0 {
		if !p.force {
			status := cs[0].status
			if !p.safe {
				// A change that a child contradicts is not harmless, however
				// unimportant the qualifier is.
				status = cim.ClassHasChildren
			}
			return edit, cim.Errorf(status, "subclass %s has its own %s", old.Name(), cs[0])
		}
		decl = decl.Clone()
		for _, c := range cs {
			c.remove(decl)
			edit.removed = append(edit.removed, c.String())
		}
		edit.decl = decl
	}
	class, err := cim.Derive(is, decl)
	if err != nil {
		return edit, cim.Errorf(cim.StatusOf(err), "subclass %s: %v", old.Name(), err)
	}
	edit.class = class
	return edit, nil
}
