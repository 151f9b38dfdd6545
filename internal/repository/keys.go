package repository

import (
	"bytes"
	"encoding/binary"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// formatVersion is the version of everything in the store: the keys below and
// the values in records, definitions and lists. A store of a newer version is
// refused, one of an older version is changed when it is opened (upgrade.go):
//
//	1  without the tables index and link
//	2
const formatVersion = 2

// The keys of the store. Numbers are big-endian, so that what belongs together
// stands together. A namespace and a class are the four bytes of their ids.
//
//	table       key                             value
//	meta        name                            depends on the name
//	namespace   namespace                       parent, flags, name, who may use it (spaces.go)
//	class       namespace class                 flags, name, superclass
//	definition  namespace class                 own definition (definition.go)
//	instance    namespace class keys            record (record.go)
//	identity    namespace domain keys           class
//	qualifier   namespace name                  declaration (definition.go)
//	index       (indexkey.go)                   nothing: instances by a property
//	link        (indexkey.go)                   nothing: instances by what they refer to
//	queue       queue                           number of items and bytes (queue.go)
//	item        queue number                    data of an item
//	state       key                             value (state.go)
//
// A class id names one structure of one class: a structural change gives the
// class another one. Ids are never used again, so whatever carries one, a
// record or something cached, is either current or unreachable.
//
// The class table is what has to be read when a namespace is opened; it is
// apart from the definitions because those are a hundred times as large.
//
// keys are the values of the key properties by name (see appendKeyValue); a
// singleton has none. The instances of a class are clustered by them. The
// domain is the class that the identity of instances is relative to (put.md
// 5.1). An instance of the domain itself is its own identity; only instances of
// classes derived from it are in the identity table, so that most puts read and
// write one key. Together the two tables make the path of a superclass find an
// instance of a subclass, and show that a sibling has the same keys already.
//
// The tables queue, item and state belong to no namespace. In the table item,
// the name of the queue has 0x00 as 0x00 0xFF, and 0x00 0x01 at its end; the
// number has eight bytes.
const (
	tableMeta       = 0x01
	tableNamespace  = 0x02
	tableClass      = 0x03
	tableDefinition = 0x04
	tableInstance   = 0x05
	tableIdentity   = 0x06
	tableQualifier  = 0x07
	tableIndex      = 0x08
	tableQueue      = 0x09
	tableItem       = 0x0A
	tableState      = 0x0B
	tableLink       = 0x0C
)

// Names in the meta table.
var (
	metaFormat = metaKey("format") // formatVersion, 4 bytes
	metaIDs    = metaKey("ids")    // no id from this one on is in use, 4 bytes
	metaNames  = metaKey("names")  // what the computer is called (names.go)

	metaNumbers = metaKey("numbers") // no item has a number from this one on, 8 bytes
)

func metaKey(name string) []byte { return append([]byte{tableMeta}, name...) }

func namespaceKey(id uint32) []byte { return id32([]byte{tableNamespace}, id) }

// spacePrefix begins all keys of one namespace in a table.
func spacePrefix(table byte, ns uint32) []byte {
	return id32(append(make([]byte, 0, 9), table), ns)
}

// classPrefix begins all keys of one class in a table. In the tables class and
// definition it is the whole key.
func classPrefix(table byte, ns, class uint32) []byte {
	return appendClassPrefix(make([]byte, 0, 64), table, ns, class)
}

func appendClassPrefix(b []byte, table byte, ns, class uint32) []byte {
	return id32(id32(append(b, table), ns), class)
}

// The lengths of the prefixes.
const (
	spaceKeySize = 5
	classKeySize = 9
)

func id32(b []byte, id uint32) []byte { return binary.BigEndian.AppendUint32(b, id) }

// after returns the first key behind all that begin with prefix, which does not
// consist of 0xFF.
func after(prefix []byte) []byte {
	hi := append([]byte(nil), prefix...)
	for i := len(hi) - 1; ; i-- {
		hi[i]++
		if hi[i] != 0 {
			return hi[:i+1]
		}
	}
}

func qualifierKey(ns uint32, name string) []byte {
	return append(spacePrefix(tableQualifier, ns), cim.Fold(name)...)
}

func queueKey(queue []byte) []byte { return append([]byte{tableQueue}, queue...) }

func stateKey(key []byte) []byte { return append([]byte{tableState}, key...) }

// itemPrefix begins the keys of all items of a queue.
func itemPrefix(queue []byte) []byte {
	b := append(make([]byte, 0, 16+len(queue)), tableItem)
	return appendEnded(b, view(queue))
}

func itemKey(queue []byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64(itemPrefix(queue), number)
}

// splitItemKey returns what itemKey has put together.
func splitItemKey(key []byte) (queue []byte, number uint64, ok bool) {
	at := len(key) - 8
	if at < 3 || key[at-2] != 0 || key[at-1] != 1 {
		return nil, 0, false
	}
	queue = bytes.ReplaceAll(key[1:at-2], []byte{0, 0xFF}, []byte{0})
	return queue, binary.BigEndian.Uint64(key[at:]), bytes.Equal(itemPrefix(queue), key[:at])
}

// splitClassKey returns the ids in a key that begins with a namespace and a
// class, and the rest.
func splitClassKey(key []byte) (ns, class uint32, rest []byte, ok bool) {
	if len(key) < classKeySize {
		return 0, 0, nil, false
	}
	return binary.BigEndian.Uint32(key[1:]), binary.BigEndian.Uint32(key[5:]), key[classKeySize:], true
}

// appendKeyValue appends the value of a key property so that the bytes order as
// the values do, and values which are equal as keys have equal bytes (model.md
// 9.2): integers with the sign bit turned over, in the size of the type; texts
// folded, with 0x00 as 0x00 0xFF, and 0x00 0x01 at the end. ns is where a
// reference without namespace points to.
func appendKeyValue(b []byte, v cim.Value, ns *Namespace) []byte {
	switch t := v.Type(); {
	case t == cim.TypeReference:
		return appendKeyText(b, referenceKey(v.Text(), ns))
	case t.IsText():
		return appendKeyText(b, v.Text())
	case t.IsSigned():
		return appendBits(b, v.Bits()^1<<(t.Bits()-1), t.Bits())
	default:
		return appendBits(b, v.Bits(), t.Bits())
	}
}

func appendBits(b []byte, bits uint64, size int) []byte {
	for shift := size - 8; shift > 0; shift -= 8 {
		b = append(b, byte(bits>>shift))
	}
	return append(b, byte(bits))
}

func appendKeyText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 {
			return appendEnded(b, cim.Fold(s[i:]))
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
		if c == 0 {
			b = append(b, 0xFF)
		}
	}
	return append(b, 0, 1)
}

// appendEnded appends s with 0x00 as 0x00 0xFF, and 0x00 0x01 at the end.
func appendEnded(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		b = append(b, s[i])
		if s[i] == 0 {
			b = append(b, 0xFF)
		}
	}
	return append(b, 0, 1)
}

// referenceKey returns the form in which references are compared: every part
// that is left out or local is filled in, keys are by name, and what may be
// written in two ways is written in one (model.md 9.2, rule 12). A text that is
// no path stands for itself.
func referenceKey(text string, ns *Namespace) string {
	p, err := cim.ParsePath(text)
	if err != nil {
		return text
	}
	if ns.named.local(p.Server) {
		p.Server = ""
		if p.Namespace == "" {
			p.Namespace = ns.Path()
		}
	}
	for i := range p.Keys {
		p.Keys[i] = p.Keys[i].Normal()
	}
	if len(p.Keys) == 1 {
		p.Keys[0].Name = ""
	}
	return p.String()
}

// scan calls fn with each pair whose key begins with prefix, until it returns
// an error. The bytes are valid during the call.
func scan(r kv.Reader, prefix []byte, fn func(key, value []byte) error) error {
	return scanRange(r, prefix, after(prefix), fn)
}

func scanRange(r kv.Reader, lo, hi []byte, fn func(key, value []byte) error) error {
	it, err := r.Scan(lo, hi)
	if err != nil {
		return err
	}
	for it.Next() {
		if err := fn(it.Key(), it.Value()); err != nil {
			it.Close()
			return err
		}
	}
	return it.Close()
}
