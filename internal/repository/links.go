package repository

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A Link is the record of an instance that refers to an object.
type Link struct {
	*Record
	Properties []int // the references that do, by their position in the class; ascending
}

// Links yields the instances of all classes that refer to the object with that
// path, an instance or a class, each once: class by class. It takes as long as
// there are such instances, however many others there are. A link is valid until
// the next one is asked for.
//
// The object need not exist. How the references are written does not matter,
// nor whether they name a superclass of its class; so there may be others among
// them, to objects with the same keys in classes that are not related, and the
// caller looks at each again. A path without namespace leads into that of the
// view; servers are not looked at.
func (v *View) Links(ctx context.Context, path cim.Path) iter.Seq2[*Link, error] {
	return func(yield func(*Link, error) bool) {
		walk := v.links
		if v.ns.r.unindexed {
			walk = v.scanLinks
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		to := linkTarget(path.String(), v.ns)
		left := false
		err := walk(ctx, to, func(l *Link) bool {
			left = !yield(l, nil)
			return !left
		})
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// links calls fn with the links that are in the table, until it returns false.
func (v *View) links(ctx context.Context, to target, fn func(*Link) bool) error {
	f := fetcher{view: v}
	var l Link
	var of []byte // the entries of one instance stand together and begin with this
	n := 0
	prefix := linkPrefix(v.ns, to)
	err := scanRange(v.snap, prefix, after(prefix), func(key, _ []byte) error {
		if n++; n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		x, ok := splitIndexKey(key)
		if !ok {
			return fmt.Errorf("%w: key %x in the table of links", kv.ErrCorrupt, key)
		}
		if instance := key[:len(key)-2]; !bytes.Equal(instance, of) {
			if l.Record != nil && !fn(&l) {
				l.Record = nil
				return errEnough
			}
			of = append(of[:0], instance...)
			l = Link{Properties: l.Properties[:0]}
			// Verify reports an entry that is wrong.
			if e, ok := v.schema.byID.Get(x.class); ok {
				var err error
				if l.Record, err = f.fetch(e, x.keys); err != nil {
					return err
				}
			}
		}
		l.Properties = append(l.Properties, int(x.at))
		return nil
	})
	if err == nil && l.Record != nil {
		fn(&l)
	}
	if err == errEnough {
		err = nil
	}
	if closed := f.close(); err == nil {
		err = closed
	}
	return err
}

// scanLinks finds the same in a store that has no table of links.
func (v *View) scanLinks(ctx context.Context, to target, fn func(*Link) bool) error {
	for c, err := range v.References() {
		if err != nil {
			return err
		}
		for r, err := range v.Records(ctx, c.Name(), false) {
			if err != nil {
				return err
			}
			l := Link{Record: r}
			for k, p := range c.Properties() {
				if p.Type().Elem() == cim.TypeReference && refersTo(r.At(k), to, v.ns) {
					l.Properties = append(l.Properties, k)
				}
			}
			if err := r.Err(); err != nil {
				return err
			}
			if len(l.Properties) > 0 && !fn(&l) {
				return nil
			}
		}
	}
	return nil
}

// refersTo reports whether a reference, or one in an array, has a target.
func refersTo(v cim.Value, to target, ns *Namespace) bool {
	switch {
	case v.IsNull():
		return false
	case !v.Type().IsArray():
		return linkTarget(v.Text(), ns) == to
	}
	for _, text := range v.Texts() {
		if linkTarget(text, ns) == to {
			return true
		}
	}
	return false
}
