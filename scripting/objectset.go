package scripting

import (
	"context"
	"iter"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// An ObjectSet is what an enumeration delivers (SWbemObjectSet). Unless it is
// forward-only it can be enumerated any number of times and keeps what it has
// read; every object that it returns is a copy. The errors of a semisynchronous
// call appear where the set is used first. Close releases it; a set that nobody
// refers to is released too.
//
// It may be used by several goroutines.
type ObjectSet struct {
	services    *Services
	security    Security
	forwardOnly bool

	mu      sync.Mutex       // guards the rest
	results *wbem.Enumerator // replaced by a Refresher only
	entered bool             // an enumeration of a forward-only set has begun
	read    int              // objects of a forward-only set that were read
}

func newObjectSet(s *Services, e *wbem.Enumerator, flags Flags) *ObjectSet {
	return &ObjectSet{services: s, security: s.security, results: e, forwardOnly: flags&FlagForwardOnly != 0}
}

// Security returns the settings of the set (SWbemObjectSet.Security_).
func (s *ObjectSet) Security() *Security { return &s.security }

// Close releases the set and ends the call behind it.
func (s *ObjectSet) Close() error { return newError("SWbemObjectSet", s.enumerator().Close()) }

func (s *ObjectSet) enumerator() *wbem.Enumerator {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.results
}

// renew gives the set other objects.
func (s *ObjectSet) renew(e *wbem.Enumerator) {
	s.mu.Lock()
	old := s.results
	s.results = e
	s.mu.Unlock()
	old.Close()
}

func (s *ObjectSet) object(o cim.Object) *Object { return newObject(s.services, s.security, o) }

func (s *ObjectSet) ctx() context.Context { return s.services.ctx }

// rewound returns an enumerator at the first object; the caller closes it. Of a
// forward-only set it is the one of the set, which fails where the set would
// have to go back: ErrFailed.
func (s *ObjectSet) rewound() (*wbem.Enumerator, error) {
	e, err := s.enumerator().Clone()
	if err != nil {
		return nil, err
	}
	return e, e.Reset()
}

// All yields the objects; an error ends the loop. A forward-only set can be
// enumerated once: ErrFailed (scripting-api.md, Decision S-20).
func (s *ObjectSet) All() iter.Seq2[*Object, error] {
	const source = "SWbemObjectSet._NewEnum"
	return func(yield func(*Object, error) bool) {
		e := s.enumerator()
		if s.forwardOnly {
			if err := s.enter(source); err != nil {
				yield(nil, err)
				return
			}
		} else {
			var err error
			if e, err = s.rewound(); err != nil {
				yield(nil, s.services.fail(source, err))
				return
			}
			defer e.Close()
		}
		for o, err := range e.All(s.ctx()) {
			if err != nil {
				yield(nil, s.services.fail(source, err))
				return
			}
			s.passed()
			if !yield(s.object(o), nil) {
				return
			}
		}
	}
}

// passed counts an object that was read.
func (s *ObjectSet) passed() {
	s.mu.Lock()
	s.read++
	s.mu.Unlock()
}

// enter begins the one enumeration of a forward-only set.
func (s *ObjectSet) enter(source string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entered {
		return fail(source, ErrFailed, "the set goes forward only and was enumerated already")
	}
	s.entered = true
	return nil
}

// Count returns the number of objects and waits until all have been read:
// ErrFailed for a forward-only set.
func (s *ObjectSet) Count() (int, error) {
	const source = "SWbemObjectSet.Count"
	if s.forwardOnly {
		return 0, fail(source, ErrFailed, "the set goes forward only and cannot be counted")
	}
	n, err := s.enumerator().Count(s.ctx())
	if err != nil {
		return 0, s.services.fail(source, err)
	}
	return n, nil
}

// Item returns the object with a relative path; the case of letters does not
// matter. Flags are 0. The error is ErrNotFound if it is not in the set,
// ErrInvalidParameter for a malformed path. A forward-only set looks for it from
// where it is and loses what it passes; ErrFailed when it is at the end.
func (s *ObjectSet) Item(path string, flags Flags) (*Object, error) {
	const source = "SWbemObjectSet.Item"
	if err := noFlags(source, flags); err != nil {
		return nil, err
	}
	want, err := cim.ParsePath(path)
	if err == nil && want.Class == "" {
		err = cim.Errorf(ErrInvalidParameter, "%.60q names a namespace", path)
	}
	if err != nil {
		return nil, fail(source, ErrInvalidParameter, "%v", err)
	}
	status := ErrNotFound
	e := s.enumerator()
	if s.forwardOnly {
		status = ErrFailed // it might have passed before
	} else if e, err = s.rewound(); err != nil {
		return nil, s.services.fail(source, err)
	} else {
		defer e.Close()
	}
	for o, err := range e.All(s.ctx()) {
		if err != nil {
			return nil, s.services.fail(source, err)
		}
		s.passed()
		if p, ok := cim.RelPath(o); ok && samePath(p, want) {
			return s.object(o), nil
		}
	}
	return nil, fail(source, status, "%.60q is not in the set", path)
}

// samePath compares the path of an object with one that somebody wrote.
func samePath(p, want cim.Path) bool {
	if len(want.Keys) == 1 && want.Keys[0].Name == "" && len(p.Keys) == 1 {
		want.Keys = []cim.Key{{Name: p.Keys[0].Name, Text: want.Keys[0].Text, Quoted: want.Keys[0].Quoted}}
	}
	return cim.EqualNames(p.RelPath(), want.RelPath())
}

// ItemIndex returns the object at a position, from 0 on: ErrInvalidParameter if
// that is negative, ErrNotFound beyond the end. A forward-only set fails with
// ErrFailed where it would have to go back.
func (s *ObjectSet) ItemIndex(index int) (*Object, error) {
	const source = "SWbemObjectSet.ItemIndex"
	if index < 0 {
		return nil, fail(source, ErrInvalidParameter, "position %d is negative", index)
	}
	e, skip, err := s.at(index)
	if err != nil {
		return nil, newError(source, err)
	}
	if !s.forwardOnly {
		defer e.Close()
	}
	status, err := e.Skip(s.ctx(), wbem.Infinite, skip)
	var objects []cim.Object
	if status == wbem.OK {
		objects, _, err = e.Next(s.ctx(), wbem.Infinite, 1)
	}
	switch {
	case err != nil:
		return nil, s.services.fail(source, err)
	case len(objects) == 0:
		return nil, fail(source, ErrNotFound, "the set ends before position %d", index)
	}
	return s.object(objects[0]), nil
}

// at returns an enumerator and how many objects of it come before a position.
func (s *ObjectSet) at(index int) (e *wbem.Enumerator, skip int, err error) {
	if !s.forwardOnly {
		e, err = s.rewound()
		return e, index, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	skip = index - s.read
	if skip < 0 {
		return nil, 0, cim.Errorf(ErrFailed, "the set goes forward only and is past position %d", index)
	}
	s.read = index + 1
	return s.results, skip, nil
}
