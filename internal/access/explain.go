package access

import "fmt"

// A Verdict says whether somebody has a right, and because of what.
type Verdict struct {
	Right   string
	Granted bool
	Why     string
}

// Explain returns for each right that operations in a namespace need whether the
// caller has it, as Granted decides it, and because of which entry. name says what
// somebody is called.
func (d *Descriptor) Explain(t *Token, name func(SID) string) []Verdict {
	var all []Verdict
	for _, n := range rightNames {
		if n.bits&(Subscribe|Publish) != 0 {
			continue // of events only
		}
		all = append(all, Verdict{n.name, d.granted(t, n.bits) != 0, d.why(t, n.bits, name)})
	}
	return all
}

// why returns what decides about one right.
func (d *Descriptor) why(t *Token, right Rights, name func(SID) string) string {
	owner := t.Has(d.Owner)
	switch {
	case d.DACL == nil:
		return "there is no list of entries, so everyone may do everything"
	case right&implicit != 0 && owner && !d.DACL.names(OwnerRights):
		return "the owner always has it"
	}
	for i := range d.DACL {
		ace := &d.DACL[i]
		if ace.Flags&InheritOnly != 0 {
			continue
		}
		text := string(ACL{*ace}.appendText(nil))
		if !ace.isPlain() {
			return fmt.Sprintf("entry %d %s cannot be evaluated", i+1, text)
		}
		if ace.Mask.Specific()&right != 0 && (t.Has(ace.SID) || owner && ace.SID == OwnerRights) {
			what := "allows"
			if ace.Type == Deny {
				what = "denies"
			}
			return fmt.Sprintf("entry %d %s %s it to %s", i+1, text, what, name(ace.SID))
		}
	}
	return "no entry mentions it"
}
