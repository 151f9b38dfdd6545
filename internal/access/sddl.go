package access

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// The text of a descriptor, [MS-DTYP] 2.5.1.1:
//
//	Descriptor = { "O:" Sid | "G:" Sid | "D:" ACL | "S:" ACL } .   each once
//	ACL        = { "P" | "AR" | "AI" | "NO_ACCESS_CONTROL" } { ACE } .
//	ACE        = "(" Type ";" { AceFlag } ";" Rights ";" [ GUID ] ";" [ GUID ] ";" Sid ")" .
//	Rights     = { Right } | number .
//	Sid        = two letters | "S-1-" number { "-" number } .

// MaxSDDL is the length in bytes of the longest text that ParseSDDL reads, some
// times that of the longest list in binary form.
const MaxSDDL = 1 << 19

// A word is a name of SDDL for a bit or several.
type word[T any] struct {
	name string
	bits T
}

// sddlRights are in the order in which they are printed, without repeating what
// the names that come first say already.
var sddlRights = []word[Rights]{
	{"CC", 0x1}, {"DC", 0x2}, {"LC", 0x4}, {"SW", 0x8}, {"RP", 0x10}, {"WP", 0x20}, {"DT", 0x40}, {"LO", 0x80}, {"CR", 0x100},
	{"SD", 0x10000}, {"RC", 0x20000}, {"WD", 0x40000}, {"WO", 0x80000},
	{"GA", GenericAll}, {"GX", GenericExecute}, {"GW", GenericWrite}, {"GR", GenericRead},

	// Of files, keys and integrity labels: read, but not printed.
	{"FA", 0x1F01FF}, {"FR", 0x120089}, {"FW", 0x120116}, {"FX", 0x1200A0},
	{"KA", 0xF003F}, {"KR", 0x20019}, {"KW", 0x20006}, {"KX", 0x20019},
	{"NW", 0x1}, {"NR", 0x2}, {"NX", 0x4},
}

// printedRights is how many of sddlRights are printed.
const printedRights = 17

var sddlFlags = []word[ACEFlags]{
	{"OI", ObjectInherit}, {"CI", ContainerInherit}, {"NP", NoPropagateInherit}, {"IO", InheritOnly},
	{"ID", Inherited}, {"CR", Critical}, {"SA", SuccessfulAccess}, {"FA", FailedAccess},
}

// sddlControl are the flags of the two lists, those of the DACL first.
var sddlControl = [2][]word[Control]{
	{{"P", DACLProtected}, {"AR", DACLAutoInheritReq}, {"AI", DACLAutoInherited}},
	{{"P", SACLProtected}, {"AR", SACLAutoInheritReq}, {"AI", SACLAutoInherited}},
}

// noList stands for a DACL that is present and NULL.
const noList = "NO_ACCESS_CONTROL"

// ParseSDDL returns the descriptor with a text such as O:BAG:BAD:(A;CI;0x13;;;AU).
// Names are case-sensitive (async-and-security.md 8.5). The error is
// InvalidParameter, with the place; also for conditional entries, and for
// abbreviations of SIDs that depend on a domain, which must be written out.
func ParseSDDL(text string) (*Descriptor, error) { return ParseSDDLNames(text, nil) }

// ParseSDDLNames is ParseSDDL for a text in which entries may name people as well,
// as in (A;;CC;;;alice): what is neither a SID nor an abbreviation is a name up to
// the parenthesis, for which lookup has the SID.
func ParseSDDLNames(text string, lookup func(name string) (SID, error)) (*Descriptor, error) {
	if len(text) > MaxSDDL {
		return nil, invalid("its text has more than %d bytes", MaxSDDL)
	}
	p := &sddlParser{text: text, rest: text, lookup: lookup}
	d, err := p.descriptor()
	if err == nil {
		// What cannot be said in binary is no descriptor either.
		_, err = d.Bytes()
	}
	return d, err
}

type sddlParser struct {
	text, rest string
	lookup     func(name string) (SID, error) // nil if there are no names
}

// fail says what is wrong at the place up to which the text is read.
func (p *sddlParser) fail(format string, args ...any) error {
	args = append([]any{len(p.text) - len(p.rest) + 1}, args...)
	return cim.Errorf(wbem.InvalidParameter, "security descriptor, character %d: "+format, args...)
}

// eat reads s if it comes next.
func (p *sddlParser) eat(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *sddlParser) descriptor() (*Descriptor, error) {
	d := &Descriptor{}
	var seen string
	for p.rest != "" {
		// A sample of the WMI documentation writes o: and g:
		// ("Setting Namespace Security When the Namespace is Created").
		if len(p.rest) < 2 || p.rest[1] != ':' || !strings.Contains("OGDSogds", p.rest[:1]) {
			return nil, p.fail("O:, G:, D: or S: is expected")
		}
		part := strings.ToUpper(p.rest[:1])
		if strings.Contains(seen, part) {
			return nil, p.fail("there is a second %s:", part)
		}
		seen += part
		p.rest = p.rest[2:]
		var err error
		switch part {
		case "O":
			d.Owner, err = p.sid()
		case "G":
			d.Group, err = p.sid()
		case "D":
			d.DACL, err = p.acl(d, 0)
		case "S":
			d.SACL, err = p.acl(d, 1)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (p *sddlParser) sid() (SID, error) {
	if s, rest, ok := cutSID(p.rest); ok {
		p.rest = rest
		return s, nil
	}
	if len(p.rest) < 2 {
		return SID{}, p.fail("a SID is expected")
	}
	name := p.rest[:2]
	s, ok := sidNames[name]
	switch {
	case ok:
		p.rest = p.rest[2:]
		return s, nil
	case sidDomainNames[name]:
		return SID{}, p.fail("%s depends on a domain; write its SID", name)
	}
	return SID{}, p.fail("a SID is expected, not %.20q", p.rest)
}

// who reads for whom an entry is.
func (p *sddlParser) who() (SID, error) {
	name, rest, found := strings.Cut(p.rest, ")")
	_, abbreviated := sidNames[name]
	if p.lookup == nil || !found || name == "" || abbreviated || sidDomainNames[name] || strings.HasPrefix(name, "S-1-") {
		return p.sid()
	}
	s, err := p.lookup(name)
	if err != nil {
		return SID{}, p.fail("%v", err)
	}
	p.rest = ")" + rest
	return s, nil
}

// acl reads the DACL, 0, or SACL, 1.
func (p *sddlParser) acl(d *Descriptor, which int) (ACL, error) {
	null := false
flags:
	for {
		if which == 0 && p.eat(noList) {
			null = true
			continue
		}
		for _, w := range sddlControl[which] {
			if p.eat(w.name) {
				d.Control |= w.bits
				continue flags
			}
		}
		break
	}
	l := ACL{}
	for strings.HasPrefix(p.rest, "(") {
		ace, err := p.ace()
		if err != nil {
			return nil, err
		}
		l = append(l, ace)
	}
	switch {
	case !null:
		return l, nil
	case len(l) > 0:
		return nil, p.fail("%s has entries", noList)
	}
	return nil, nil
}

func (p *sddlParser) ace() (ACE, error) {
	p.eat("(")
	var ace ACE
	if err := p.aceType(&ace); err != nil {
		return ace, err
	}
	for !p.eat(";") {
		w, ok := nextWord(p, sddlFlags)
		if !ok {
			return ace, p.fail("a flag of an entry or ; is expected, not %.20q", p.rest)
		}
		ace.Flags |= w
	}
	if err := p.rights(&ace); err != nil {
		return ace, err
	}
	object := aceTypes[ace.Type].object
	for _, g := range []**GUID{&ace.Object, &ace.InheritedObject} {
		if p.eat(";") {
			continue
		}
		guid, ok := parseGUID(p.rest)
		if !ok || !object {
			return ace, p.fail("; is expected, not %.20q", p.rest)
		}
		*g = &guid
		p.rest = p.rest[guidText:]
		if !p.eat(";") {
			return ace, p.fail("; is expected, not %.20q", p.rest)
		}
	}
	var err error
	if ace.SID, err = p.who(); err != nil {
		return ace, err
	}
	if !p.eat(")") {
		return ace, p.fail(") is expected, not %.20q", p.rest)
	}
	return ace, nil
}

func (p *sddlParser) aceType(ace *ACE) error {
	name, rest, _ := strings.Cut(p.rest, ";")
	for t, form := range aceTypes {
		if form.sddl == name && name != "" {
			ace.Type, p.rest = t, rest
			return nil
		}
	}
	return p.fail("the type of an entry is expected, not %.20q", name)
}

func (p *sddlParser) rights(ace *ACE) error {
	if p.rest != "" && isDigit(p.rest[0], 10) {
		number, rest, _ := strings.Cut(p.rest, ";")
		// 0x begins a hexadecimal number, 0 an octal one.
		n, err := strconv.ParseUint(number, 0, 32)
		if err != nil || strings.Contains(number, "_") {
			return p.fail("%.20q is no mask of 32 bits", number)
		}
		ace.Mask, p.rest = Rights(n), rest
		return nil
	}
	for !p.eat(";") {
		w, ok := nextWord(p, sddlRights)
		if !ok {
			return p.fail("a right or ; is expected, not %.20q", p.rest)
		}
		ace.Mask |= w
	}
	return nil
}

// nextWord reads one of the words if one comes next.
func nextWord[T any](p *sddlParser, words []word[T]) (T, bool) {
	for _, w := range words {
		if p.eat(w.name) {
			return w.bits, true
		}
	}
	var none T
	return none, false
}

// String returns the text, from which ParseSDDL makes an equal descriptor but
// for what has no text there: the flags of Control about defaults and trust, and
// entries of callback and attribute types, which show the number of their type.
func (d *Descriptor) String() string {
	var b []byte
	if !d.Owner.IsZero() {
		b = appendSID(append(b, "O:"...), d.Owner)
	}
	if !d.Group.IsZero() {
		b = appendSID(append(b, "G:"...), d.Group)
	}
	if d.DACL == nil {
		b = append(appendWords(append(b, "D:"...), sddlControl[0], d.Control), noList...)
	} else {
		b = d.DACL.appendText(appendWords(append(b, "D:"...), sddlControl[0], d.Control))
	}
	if d.SACL != nil {
		b = d.SACL.appendText(appendWords(append(b, "S:"...), sddlControl[1], d.Control))
	}
	return string(b)
}

func (l ACL) appendText(b []byte) []byte {
	for i := range l {
		ace := &l[i]
		b = append(b, '(')
		if name := aceTypes[ace.Type].sddl; name != "" {
			b = append(b, name...)
		} else {
			b = strconv.AppendUint(b, uint64(ace.Type), 10)
		}
		b = appendWords(append(b, ';'), sddlFlags, ace.Flags)
		b = append(b, ';')
		if words := appendWords(nil, sddlRights[:printedRights], ace.Mask); ace.Mask&^namedRights == 0 {
			b = append(b, words...)
		} else {
			b = strconv.AppendUint(append(b, "0x"...), uint64(ace.Mask), 16)
		}
		b = appendGUID(append(b, ';'), ace.Object)
		b = appendGUID(append(b, ';'), ace.InheritedObject)
		b = append(appendSID(append(b, ';'), ace.SID), ')')
	}
	return b
}

// namedRights are those that can be printed by name.
var namedRights = func() (r Rights) {
	for _, w := range sddlRights[:printedRights] {
		r |= w.bits
	}
	return r
}()

func appendWords[T ~uint8 | ~uint16 | ~uint32](b []byte, words []word[T], bits T) []byte {
	for _, w := range words {
		if bits&w.bits != 0 {
			b = append(b, w.name...)
		}
	}
	return b
}

func appendSID(b []byte, s SID) []byte {
	if name, ok := sidAbbreviations[s]; ok {
		return append(b, name...)
	}
	return append(b, s.String()...)
}

// A GUID as text is 8-4-4-4-12 hexadecimal digits.
const guidText = 36

// parseGUID returns the GUID that a text begins with.
func parseGUID(text string) (g GUID, ok bool) {
	if len(text) < guidText {
		return g, false
	}
	text = text[:guidText]
	for i, c := range []byte(text) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') {
			return g, false
		}
	}
	if _, err := hex.Decode(g[:], []byte(strings.ReplaceAll(text, "-", ""))); err != nil {
		return g, false
	}
	return g.swapped(), true
}

// swapped returns g with the bytes of its first three parts the other way round.
func (g GUID) swapped() GUID {
	slices.Reverse(g[:4])
	slices.Reverse(g[4:6])
	slices.Reverse(g[6:8])
	return g
}

func appendGUID(b []byte, g *GUID) []byte {
	if g == nil {
		return b
	}
	return append(b, g.String()...)
}

// String returns the form 00000000-0000-0000-0000-000000000000.
func (g GUID) String() string {
	g = g.swapped()
	digits := hex.EncodeToString(g[:])
	return strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")
}
