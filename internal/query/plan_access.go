package query

import (
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// An access is how instances are looked for in the repository.
type access struct {
	kind    accessKind
	classes []*cim.Class // in which they are looked for; of get, the one that the paths name
	paths   []cim.Path   // of get
	step    int
}

type accessKind uint8

const (
	scan accessKind = iota // all instances of the classes
	get                    // those with some paths
)

// accesses returns how to look for instances of some classes.
func (d *dataPlan) accesses(p *Plan, v *repository.View, classes []*cim.Class) []*access {
	var list []*access
	for len(classes) > 0 {
		// Only classes with the same key can be asked for keys together.
		key := classes[0].KeyClass()
		other := slices.IndexFunc(classes, func(c *cim.Class) bool { return c.KeyClass() != key })
		if other < 0 {
			other = len(classes)
		}
		list = append(list, d.access(v, classes[:other]))
		classes = classes[other:]
	}
	list = mergeScans(list)
	for _, a := range list {
		a.step = p.newStep()
	}
	return list
}

// access returns how to look for instances of classes that have the same keys.
func (d *dataPlan) access(v *repository.View, classes []*cim.Class) *access {
	top := classes[0].KeyClass()
	if !top.IsA(d.class.Name()) {
		top = d.class
	}
	if paths := d.keyPaths(top); paths != nil {
		return &access{kind: get, classes: []*cim.Class{top}, paths: paths}
	}
	return &access{kind: scan, classes: classes}
}

// mergeScans makes one of scans that follow each other.
func mergeScans(list []*access) []*access {
	var out []*access
	for _, a := range list {
		if n := len(out); n > 0 && a.kind == scan && out[n-1].kind == scan {
			out[n-1].classes = append(out[n-1].classes[:len(out[n-1].classes):len(out[n-1].classes)], a.classes...)
			continue
		}
		out = append(out, a)
	}
	return out
}

func (a *access) explain(counts []Actual) *Explanation {
	if a.kind == get {
		e := newExplanation("get", pathNames(a.paths), a.step, counts)
		e.Estimate = int64(len(a.paths))
		return e
	}
	return newExplanation("scan", classNames(a.classes), a.step, counts)
}
