package vbscript

import "strings"

var arrayFunctions = []builtin{
	{name: "Array", min: 0, max: maxParams, fn: func(fr *frame, a []Value) Value {
		fr.in.charge(int64(len(a)) * valueSize)
		elems := make([]Value, len(a))
		for i, v := range a {
			elems[i] = fr.in.copied(v)
			if fr.in.counting {
				fr.in.retain(v)
			}
		}
		return FromArray(NewArray(elems...))
	}},
	{name: "UBound", min: 1, max: 2, fn: func(fr *frame, a []Value) Value {
		d := dimension(fr, a)
		return Long(int32(d.Lower + d.Len - 1))
	}},
	{name: "LBound", min: 1, max: 2, fn: func(fr *frame, a []Value) Value { return Long(int32(dimension(fr, a).Lower)) }},
	{name: "Split", min: 1, max: 4, fn: split},
	{name: "Join", min: 1, max: 2, fn: func(fr *frame, a []Value) Value {
		arr := oneDimension(a[0])
		sep := " "
		if given(a, 1) {
			sep = fr.in.toString(a[1])
		}
		parts := make([]string, len(arr.elems))
		size := int64(len(sep) * len(parts))
		for i, v := range arr.elems {
			parts[i] = fr.in.toString(v)
			size += int64(len(parts[i]))
		}
		fr.in.makeText(size)
		return String(strings.Join(parts, sep))
	}},
	{name: "Filter", min: 2, max: 4, fn: filter},
}

func dimension(fr *frame, a []Value) Bound {
	arr := a[0].Array()
	if arr == nil {
		raise(errTypeMismatch)
	}
	n := fr.in.toInt(opt(a, 1, Integer(1)))
	if n < 1 || n > len(arr.dims) {
		raise(errSubscript)
	}
	return arr.dims[n-1]
}

func oneDimension(v Value) *Array {
	a := v.Array()
	if a == nil || len(a.dims) > 1 {
		raise(errTypeMismatch)
	}
	return a
}

func split(fr *frame, a []Value) Value {
	in := fr.in
	t := in.toText(a[0])
	s := t.s
	sep := " "
	if given(a, 1) {
		sep = in.toString(a[1])
	}
	limit := in.toInt(opt(a, 2, Integer(-1)))
	fold := textCompare(fr, a, 3)
	if limit < -1 {
		raise(errCallOrArgument)
	}
	if s == "" || limit == 0 {
		return FromArray(NewArray())
	}
	if sep == "" {
		return FromArray(NewArray(Value{kind: TypeString, ref: t}))
	}
	hay, needle := search(s, sep, fold)
	n := strings.Count(hay, needle) + 1
	if limit > 0 {
		n = min(n, limit)
	}
	in.charge(int64(n)*valueSize + int64(len(s)))
	elems := make([]Value, 0, n)
	for len(elems) < n-1 {
		i := strings.Index(hay, needle)
		elems = append(elems, in.piece(t, s[:i]))
		s, hay = s[i+len(sep):], hay[i+len(needle):]
	}
	return FromArray(NewArray(append(elems, in.piece(t, s))...))
}

func filter(fr *frame, a []Value) Value {
	in := fr.in
	arr := oneDimension(a[0])
	what := in.toString(a[1])
	include := in.toBool(opt(a, 2, True))
	fold := textCompare(fr, a, 3)
	var elems []Value
	for _, v := range arr.elems {
		s, w := search(in.toString(v), what, fold)
		if strings.Contains(s, w) == include {
			elems = append(elems, v)
		}
	}
	in.charge(int64(len(elems)) * valueSize)
	return FromArray(NewArray(elems...))
}
