package vbscript

import "strconv"

// An Array is an array of values. Elements are stored with the first index running
// fastest, so that ReDim Preserve, which changes the last bound, keeps their places.
type Array struct {
	dims  []Bound // nil for an array without bounds: Dim a()
	elems []Value
	fixed bool // declared with bounds: ReDim is an error
	mark  uint32
}

// A Bound is one dimension.
type Bound struct {
	Lower int // 0 for arrays of scripts
	Len   int
}

// maxDims is the number of dimensions that VBScript allows.
const maxDims = 60

// NewArray returns an array of one dimension with the elements, which it keeps.
func NewArray(elems ...Value) *Array {
	return &Array{dims: []Bound{{0, len(elems)}}, elems: elems}
}

// Strings returns an array of strings.
func Strings(list []string) *Array {
	elems := make([]Value, len(list))
	for i, s := range list {
		elems[i] = String(s)
	}
	return NewArray(elems...)
}

// Dims returns the dimensions; the caller must not change them.
func (a *Array) Dims() []Bound { return a.dims }

// Elems returns the elements, the first index running fastest. They are those of the array.
func (a *Array) Elems() []Value { return a.elems }

func (a *Array) copy() *Array {
	c := &Array{dims: a.dims, elems: make([]Value, len(a.elems))}
	for i, v := range a.elems {
		if v.kind == TypeArray {
			v.ref = v.ref.(*Array).copy()
		}
		c.elems[i] = v
	}
	return c
}

// size is about how many bytes a takes, without the arrays in it.
func (a *Array) size() int64 { return int64(len(a.elems))*valueSize + 64 }

// total is the size of a with the arrays in it, which a copy has again. It stops counting
// beyond the limit.
func (a *Array) total(limit int64) int64 {
	n := a.size()
	for _, v := range a.elems {
		if n > limit {
			break
		}
		if v.kind == TypeArray {
			n += v.ref.(*Array).total(limit - n)
		}
	}
	return n
}

// copyArray returns a copy of a, which it accounts.
func (in *Interp) copyArray(a *Array) *Array {
	in.charge(a.total(in.memory))
	return a.copy()
}

// copied returns v with an array of its own.
func (in *Interp) copied(v Value) Value {
	if v.kind == TypeArray {
		v.ref = in.copyArray(v.ref.(*Array))
	}
	return v
}

// at returns the element with the indexes, or raises error 9.
func (a *Array) at(index []Value, in *Interp) *Value {
	if len(index) != len(a.dims) {
		raise(errSubscript)
	}
	off, stride := 0, 1
	for i, d := range a.dims {
		n := 0
		if v := index[i]; v.kind == TypeInteger || v.kind == TypeLong {
			n = int(v.int())
		} else {
			n = int(in.toLong(v))
		}
		n -= d.Lower
		if n < 0 || n >= d.Len {
			raiseSubscript(n + d.Lower)
		}
		off += n * stride
		stride *= d.Len
	}
	return &a.elems[off]
}

// raiseSubscript raises error 9 about the index.
func raiseSubscript(n int) { raiseName(errSubscript, "[number: "+strconv.Itoa(n)+"]") }

// makeArray makes an array with the upper bounds; -1 is allowed and means no elements.
func (in *Interp) makeArray(uppers []int64) *Array {
	if len(uppers) > maxDims {
		raise(errSubscript)
	}
	a := &Array{dims: make([]Bound, len(uppers))}
	n := int64(1)
	for i, u := range uppers {
		if u < -1 {
			raise(errSubscript)
		}
		a.dims[i].Len = int(u + 1)
		n *= u + 1
		if n > in.memory/valueSize {
			in.charge(in.memory + 1)
		}
	}
	in.charge(n * valueSize)
	a.elems = make([]Value, n)
	return a
}

// redim gives the variable an array with other bounds.
func (in *Interp) redim(p *Value, uppers []int64, preserve bool) {
	old := p.Array()
	if old == nil && preserve && p.kind != TypeEmpty {
		raise(errTypeMismatch)
	}
	if old != nil && old.fixed {
		raise(errFixedArray)
	}
	if !preserve || old == nil || old.dims == nil {
		in.store(p, FromArray(in.makeArray(uppers)))
		return
	}
	if len(old.dims) != len(uppers) {
		raise(errSubscript)
	}
	last := len(uppers) - 1
	stride := int64(1)
	for i, u := range uppers[:last] {
		if int64(old.dims[i].Len) != u+1 {
			raise(errSubscript)
		}
		stride *= u + 1
	}
	if uppers[last] < -1 {
		raise(errSubscript)
	}
	if stride > 0 && uppers[last]+1 > in.memory/valueSize/stride {
		in.charge(in.memory + 1)
	}
	n := int(stride * (uppers[last] + 1))
	if n > len(old.elems) {
		if n > cap(old.elems) {
			// Scripts add one element at a time; append grows by a factor.
			in.charge(int64(n) * valueSize)
		}
		old.elems = append(old.elems, make([]Value, n-len(old.elems))...)
	} else {
		clear(old.elems[n:])
		old.elems = old.elems[:n]
	}
	dims := append([]Bound(nil), old.dims...)
	dims[last].Len = int(uppers[last] + 1)
	old.dims = dims
}
