package mof

// A slab cuts slices from larger ones, so that the many small lists of a tree
// cost few allocations.
type slab[T any] struct {
	free []T
	size int // of the last allocation, in elements
}

const maxSlab = 256

// clone returns a copy of items.
func (s *slab[T]) clone(items []T) []T {
	n := len(items)
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		s.size = min(max(2*s.size, 8), maxSlab)
		if n > s.size/4 && n > 8 {
			return append([]T(nil), items...)
		}
		s.free = make([]T, s.size)
	}
	list := s.free[:n:n]
	s.free = s.free[n:]
	copy(list, items)
	return list
}

// new returns a pointer to a copy of item.
func (s *slab[T]) new(item T) *T {
	if len(s.free) == 0 {
		s.size = min(max(2*s.size, 8), maxSlab)
		s.free = make([]T, s.size)
	}
	p := &s.free[0]
	s.free = s.free[1:]
	*p = item
	return p
}

// A stack holds the lists under construction, inner ones behind outer ones.
type stack[T any] struct {
	items []T
	slab  slab[T]
}

func (s *stack[T]) push(item T) { s.items = append(s.items, item) }

// len returns where the next list begins; pop wants it.
func (s *stack[T]) len() int { return len(s.items) }

// pop removes and returns the list which begins at start.
func (s *stack[T]) pop(start int) []T {
	list := s.slab.clone(s.items[start:])
	clear(s.items[start:])
	s.items = s.items[:start]
	return list
}
