package event

import (
	"cmp"
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// A difference is what happened to an instance between two reads.
type difference struct {
	path             string
	kind             repository.Kind
	target, previous *cim.Instance
}

// differences compares two reads: what was created, what was deleted, what was
// modified, each by path.
func differences(last, now map[string]*cim.Instance) []difference {
	var out []difference
	for path, inst := range now {
		before := last[path]
		switch {
		case before == nil:
			out = append(out, difference{path, repository.InstanceCreated, inst, nil})
		case !sameValues(before, inst):
			out = append(out, difference{path, repository.InstanceModified, inst, before})
		}
	}
	for path, inst := range last {
		if now[path] == nil {
			out = append(out, difference{path, repository.InstanceDeleted, inst, nil})
		}
	}
	rank := [...]int{repository.InstanceCreated: 0, repository.InstanceDeleted: 1, repository.InstanceModified: 2}
	slices.SortFunc(out, func(a, b difference) int {
		return cmp.Or(cmp.Compare(rank[a.kind], rank[b.kind]), cmp.Compare(a.path, b.path))
	})
	return out
}

// sameValues reports whether all properties are equal, without regard to
// qualifiers (events.md 5, rule 1).
func sameValues(a, b *cim.Instance) bool {
	flags := cim.IgnoreQualifiers | cim.IgnoreObjectSource | cim.IgnoreFlavor
	if a.Class() == b.Class() {
		flags |= cim.IgnoreClass
	}
	return cim.CompareObjects(a, b, flags)
}

// orNil keeps a nil pointer from becoming an Object that is not nil.
func orNil(inst *cim.Instance) cim.Object {
	if inst == nil {
		return nil
	}
	return inst
}
