package repository

import (
	"encoding/binary"
	"slices"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// names are what the computer of a store is called: every name under which
// something was written, up to a limit. References with one of them point into
// the store, so that what is stored stays where it is when the computer gets
// another name, or the store another computer.
type names []string

// keptNames is how many are kept of the first and of the last names.
const keptNames = 16

// with returns the names with one more, and whether it is a new one.
func (n names) with(name string) (names, bool) {
	if slices.ContainsFunc(n, func(s string) bool { return cim.EqualNames(s, name) }) {
		return n, false
	}
	n = slices.Clone(n)
	if len(n) == 2*keptNames {
		n = slices.Delete(n, keptNames, keptNames+1)
	}
	return append(n, name), true
}

// local reports whether the server of a path is the computer of the store.
func (n names) local(server string) bool {
	return server == "" || server == "." || cim.EqualNames(server, "localhost") ||
		slices.ContainsFunc(n, func(s string) bool { return cim.EqualNames(s, server) })
}

// Holds reports whether a path, or a reference that is stored in the namespace,
// leads to an object in it.
func (ns *Namespace) Holds(p cim.Path) bool {
	return ns.named.local(p.Server) && (p.Namespace == "" || cim.EqualNames(p.Namespace, ns.Path()))
}

// In the meta table stand a count, a varint, and the names, texts.

func (n names) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(n)))
	for _, s := range n {
		b = appendText(b, s)
	}
	return b
}

func readNames(from kv.Reader) (names, error) {
	value, ok, err := from.Get(metaNames)
	if err != nil || !ok {
		return nil, err
	}
	d := decode(value)
	n := make(names, d.count(1))
	for i := range n {
		n[i] = d.text()
	}
	return n, d.end()
}
