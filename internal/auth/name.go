package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"openwmi/cim"
	"openwmi/wbem"
)

// MaxName is how many characters the name of a user or group has at most.
const MaxName = 64

// administrators is the group that every store has, BUILTIN\Administrators.
const administrators = "Administrators"

func builtinGroup(name string) (sid string, ok bool) {
	return "S-1-5-32-544", cim.EqualNames(name, administrators)
}

// reserved are names that mean somebody in a descriptor already.
var reserved = []string{
	"Everyone", "Owner Rights", "Network", "Anonymous", "Authenticated Users", "System", "Local Service",
	"Network Service", "Administrators", "Users",
}

// checkName returns what forbids a name of a user or group: it consists of
// letters, digits and . _ - $, with single spaces inside, is in normal form C,
// and does not mean anybody else.
func checkName(what, name string) error {
	bad := func(format string, args ...any) error {
		return cim.Errorf(wbem.InvalidParameter, "%.100q is no name of a %s: "+format, append([]any{name, what}, args...)...)
	}
	switch {
	case name == "":
		return cim.Errorf(wbem.InvalidParameter, "a %s needs a name", what)
	case !utf8.ValidString(name) || !norm.NFC.IsNormalString(name):
		return bad("it is not UTF-8 in normal form C")
	case utf8.RuneCountInString(name) > MaxName:
		return bad("it has more than %d characters", MaxName)
	case strings.Trim(name, " .") != name || strings.Contains(name, "  ") || name[0] == '-':
		return bad("spaces and periods stand inside, and - is not the first")
	case strings.HasPrefix(name, "S-1-"):
		return bad("it looks like a SID")
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) && !strings.ContainsRune("._-$ ", c) {
			return bad("it may have letters, digits and . _ - $, not %q", c)
		}
	}
	for _, r := range reserved {
		if cim.EqualNames(name, r) {
			return bad("it means somebody else")
		}
	}
	return nil
}
