package repository

import (
	"fmt"
	"hash/fnv"
	"testing"

	"openwmi/cim"
)

// TestSystemStructure notices when the structure of a system class changes.
// Records carry the id of the class that they were written with and cannot be
// read with another structure.
func TestSystemStructure(t *testing.T) {
	const want = 0x23d523a5a89fcd00
	h := fnv.New64a()
	ids := map[uint32]string{}
	classes := map[string]*cim.Class{}
	for _, row := range systemClasses() {
		name := row.decl.Name
		if other, ok := ids[row.id]; ok || row.id == 0 || row.id >= firstID {
			t.Errorf("class %s has id %d, as has %q", name, row.id, other)
		}
		ids[row.id] = name
		c, err := cim.Derive(classes[row.decl.Super], row.decl.Clone())
		if err != nil {
			t.Fatal(err)
		}
		classes[name] = c
		fmt.Fprintln(h, row.id, name)
		for _, p := range c.Properties() {
			fmt.Fprintln(h, p.Name(), p.Type(), p.IsKey())
		}
	}
	if got := h.Sum64(); got != want {
		t.Errorf("the structure of the system classes is %#x, not %#x. A class whose structure has changed needs a new id, "+
			"and Open must convert the records of the old one; a new class needs an id that was never used. "+
			"Then put the new number here", got, want)
	}
}
