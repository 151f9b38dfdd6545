package scrrun

import (
	"context"
	"iter"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"unicode/utf16"
	"weak"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A dictionary is a Scripting.Dictionary: items by key, in the order in which the keys
// were added. "Dictionary Object"
type dictionary struct {
	r       *Runtime
	places  map[key]int // in entries
	entries []entry
	gaps    int // entries that were removed
	mode    int
	size    int64
}

type entry struct {
	key  vbscript.Value
	item vbscript.Value
	size int64
	gone bool
}

// A key is what makes two values the same key: all numbers, Booleans and dates are the
// same if they are equal, texts only if they are texts, and objects if they are identical.
type key struct {
	kind byte // 't'ext, 'n'umber, 'x' for what is not a number, 'o'bject, 'e'mpty, nul'l'
	text string
	num  float64
	obj  vbscript.Object
}

var dictionaryClass = &automation.Class{
	Name: "Dictionary", Type: (*dictionary)(nil), Default: "Item", Each: (*dictionary).each,
	Members: []automation.Member{
		{Signature: "Add(key, item)", Get: (*dictionary).add},
		{Signature: "CompareMode", Get: (*dictionary).getMode, Put: (*dictionary).setMode},
		{Signature: "Count", Get: (*dictionary).count},
		{Signature: "Exists(key)", Get: (*dictionary).exists},
		{Signature: "HashVal(key)", Get: (*dictionary).hash},
		{Signature: "Item(key)", Get: (*dictionary).item, Put: (*dictionary).setItem},
		{Signature: "Items()", Get: (*dictionary).items},
		{Signature: "Key(key)", Put: (*dictionary).setKey},
		{Signature: "Keys()", Get: (*dictionary).keys},
		{Signature: "Remove(key)", Get: (*dictionary).remove},
		{Signature: "RemoveAll()", Get: (*dictionary).removeAll},
	},
}

// Numbers of errors.
const (
	errArgument   = 5
	errMemory     = 7
	errMismatch   = 13
	errDuplicate  = 457
	errNoSuchItem = 32811
)

// Sizes for the bound of memory, about.
const (
	dictionarySize = 256
	entrySize      = 192
	valueSize      = 32
	arraySize      = 96
)

func (r *Runtime) newDictionary() (*dictionary, error) {
	if err := r.charge(dictionarySize); err != nil {
		return nil, err
	}
	d := &dictionary{r: r, places: map[key]int{}}
	r.dicts = append(r.dicts, weak.Make(d))
	return d, nil
}

// charge accounts n bytes. When the sum reaches the limit, what is still there is counted
// anew.
func (r *Runtime) charge(n int64) error {
	if r.used += n; r.used <= r.opts.Memory {
		return nil
	}
	runtime.GC()
	live := r.dicts[:0]
	r.used = 0
	for _, w := range r.dicts {
		if d := w.Value(); d != nil {
			live = append(live, w)
			r.used += d.size + dictionarySize
		}
	}
	clear(r.dicts[len(live):])
	r.dicts = live
	if r.used+n > r.opts.Memory {
		return vbscript.NewError(errMemory, "")
	}
	r.used += n
	return nil
}

// sizeOf returns about how many bytes a value holds.
func sizeOf(v vbscript.Value) int64 {
	n := int64(valueSize)
	if a := v.Array(); a != nil {
		n += arraySize
		for _, e := range a.Elems() {
			n += sizeOf(e)
		}
	} else if v.Type() == vbscript.TypeString {
		s, _ := v.Text()
		n += int64(len(s))
	}
	return n
}

// keyOf returns the key of a value: error 5 for an array, 13 for an object without
// identity.
func (d *dictionary) keyOf(ctx context.Context, v vbscript.Value) (key, error) {
	switch v.Type() {
	case vbscript.TypeEmpty:
		return key{kind: 'e'}, nil
	case vbscript.TypeNull:
		return key{kind: 'l'}, nil
	case vbscript.TypeString:
		s, _ := v.Text()
		if d.mode != 0 {
			s = strings.ToLower(s)
		}
		return key{kind: 't', text: s}, nil
	case vbscript.TypeObject:
		o := v.Object()
		if o != nil && !reflect.ValueOf(o).Comparable() {
			return key{}, vbscript.NewError(errMismatch, "")
		}
		return key{kind: 'o', obj: o}, nil
	case vbscript.TypeInteger, vbscript.TypeLong, vbscript.TypeSingle, vbscript.TypeDouble, vbscript.TypeCurrency,
		vbscript.TypeDate, vbscript.TypeBoolean, vbscript.TypeByte, vbscript.TypeDecimal:
		n, err := vbscript.ToDouble(ctx, v)
		if n != n { // no map would find it again
			return key{kind: 'x'}, err
		}
		return key{kind: 'n', num: n}, err
	}
	return key{}, vbscript.NewError(errArgument, "")
}

// owned returns v with arrays of its own, as assigning does.
func owned(v vbscript.Value) vbscript.Value {
	a := v.Array()
	if a == nil || len(a.Dims()) != 1 {
		return v
	}
	elems := slices.Clone(a.Elems())
	for i, e := range elems {
		elems[i] = owned(e)
	}
	return vbscript.FromArray(vbscript.NewArray(elems...))
}

func (d *dictionary) add(ctx context.Context, k, item vbscript.Value) error {
	id, err := d.keyOf(ctx, k)
	if err != nil {
		return err
	}
	if _, ok := d.places[id]; ok {
		return vbscript.NewError(errDuplicate, "")
	}
	return d.append(id, k, owned(item))
}

func (d *dictionary) append(id key, k, item vbscript.Value) error {
	n := entrySize + sizeOf(k) + sizeOf(item)
	if err := d.r.charge(n); err != nil {
		return err
	}
	d.places[id] = len(d.entries)
	d.entries = append(d.entries, entry{key: k, item: item, size: n})
	d.size += n
	return nil
}

// item returns an item. Reading one that is not there adds it. "Item Property"
func (d *dictionary) item(ctx context.Context, k vbscript.Value) (vbscript.Value, error) {
	id, err := d.keyOf(ctx, k)
	if err != nil {
		return vbscript.Empty, err
	}
	if i, ok := d.places[id]; ok {
		return d.entries[i].item, nil
	}
	return vbscript.Empty, d.append(id, k, vbscript.Empty)
}

func (d *dictionary) setItem(ctx context.Context, k, item vbscript.Value) error {
	id, err := d.keyOf(ctx, k)
	if err != nil {
		return err
	}
	item = owned(item)
	i, ok := d.places[id]
	if !ok {
		return d.append(id, k, item)
	}
	e := &d.entries[i]
	grown := sizeOf(item) - sizeOf(e.item)
	if err := d.r.charge(grown); err != nil {
		return err
	}
	e.item, e.size, d.size = item, e.size+grown, d.size+grown
	return nil
}

func (d *dictionary) exists(ctx context.Context, k vbscript.Value) (bool, error) {
	id, err := d.keyOf(ctx, k)
	_, ok := d.places[id]
	return ok && err == nil, err
}

// place finds the entry of a key: error 32811 when there is none.
func (d *dictionary) place(ctx context.Context, k vbscript.Value) (key, int, error) {
	id, err := d.keyOf(ctx, k)
	if err != nil {
		return id, 0, err
	}
	i, ok := d.places[id]
	if !ok {
		return id, 0, vbscript.NewError(errNoSuchItem, "")
	}
	return id, i, nil
}

func (d *dictionary) setKey(ctx context.Context, old, k vbscript.Value) error {
	from, i, err := d.place(ctx, old)
	if err != nil {
		return err
	}
	to, err := d.keyOf(ctx, k)
	if err != nil {
		return err
	}
	if _, ok := d.places[to]; ok {
		return vbscript.NewError(errDuplicate, "")
	}
	e := &d.entries[i]
	grown := sizeOf(k) - sizeOf(e.key)
	if err := d.r.charge(grown); err != nil {
		return err
	}
	delete(d.places, from)
	d.places[to] = i
	e.key, e.size, d.size = k, e.size+grown, d.size+grown
	return nil
}

func (d *dictionary) remove(ctx context.Context, k vbscript.Value) error {
	id, i, err := d.place(ctx, k)
	if err != nil {
		return err
	}
	d.size -= d.entries[i].size
	d.r.used -= d.entries[i].size
	delete(d.places, id)
	d.entries[i] = entry{gone: true}
	if d.gaps++; d.gaps*2 > len(d.entries) {
		d.close()
	}
	return nil
}

// close closes the gaps.
func (d *dictionary) close() {
	at, n := make([]int, len(d.entries)), 0
	for i, e := range d.entries {
		at[i] = n
		if !e.gone {
			d.entries[n] = e
			n++
		}
	}
	clear(d.entries[n:])
	d.entries, d.gaps = d.entries[:n], 0
	for id, i := range d.places {
		d.places[id] = at[i]
	}
}

func (d *dictionary) removeAll() {
	d.r.used -= d.size
	d.places, d.entries, d.gaps, d.size = map[key]int{}, nil, 0, 0
}

func (d *dictionary) count() int { return len(d.places) }

func (d *dictionary) getMode() int { return d.mode }

// setMode sets how texts are compared: 0 binary, 1 and 2 without regard to case. Error 5
// says that there are keys, or that there is no such mode.
func (d *dictionary) setMode(mode int) error {
	if len(d.places) > 0 || mode < 0 || mode > 2 {
		return vbscript.NewError(errArgument, "")
	}
	d.mode = mode
	return nil
}

func (d *dictionary) keys() []vbscript.Value {
	return d.list(func(e entry) vbscript.Value { return e.key })
}

func (d *dictionary) items() []vbscript.Value {
	return d.list(func(e entry) vbscript.Value { return owned(e.item) })
}

func (d *dictionary) list(f func(entry) vbscript.Value) []vbscript.Value {
	out := make([]vbscript.Value, 0, len(d.places))
	for _, e := range d.entries {
		if !e.gone {
			out = append(out, f(e))
		}
	}
	return out
}

// each yields the keys that there are at the beginning, whatever the loop does.
func (d *dictionary) each() iter.Seq[vbscript.Value] { return slices.Values(d.keys()) }

// hash returns the number by which Windows finds a key in its table of 1201 lists. No
// page describes it; scripts can't do anything with it but print it.
func (d *dictionary) hash(ctx context.Context, k vbscript.Value) (int, error) {
	const lists = 1201
	id, err := d.keyOf(ctx, k)
	switch {
	case err != nil:
		return 0, err
	case id.kind == 't':
		var h uint32
		for _, unit := range utf16.Encode([]rune(id.text)) {
			h += h<<4 + uint32(unit)
		}
		return int(h % lists), nil
	case id.kind == 'n':
		return int(math.Float32bits(float32(id.num)) % lists), nil
	}
	return 0, nil
}
