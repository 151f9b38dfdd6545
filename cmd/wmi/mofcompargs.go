package main

import (
	"fmt"
	"strings"

	"openwmi/wbem"
)

// mofcompArgs is the command line of mofcomp (mof.md 7). A switch begins with -
// or /, has its name in any case, and its value behind a colon.
type mofcompArgs struct {
	file string

	help        bool
	check       bool
	autorecover bool
	wdm         bool // -WMI: check for the needs of drivers, with -B only
	dmtf        bool

	namespace string
	user      string
	password  string
	authority string

	class    wbem.Flags // of puts of classes
	instance wbem.Flags // of puts of instances

	amendment string // locale of the texts
	neutral   string // -MOF: file for what has no language
	localized string // -MFL: file for the texts

	binary         string // -B: file for binary MOF
	resource       string // -ER
	resourceLocale string // -L
	statusFile     string // --exit-hresult-file
	include        []string
}

// A mofcompSwitch is a switch of mofcomp.
type mofcompSwitch struct {
	name string
	set  func(a *mofcompArgs)                 // of a switch without a value
	put  func(a *mofcompArgs, v string) error // of one with a value
	// apart says that a blank may separate the value as well.
	apart bool
}

func text(field func(*mofcompArgs) *string) func(*mofcompArgs, string) error {
	return func(a *mofcompArgs, v string) error {
		*field(a) = v
		return nil
	}
}

var mofcompSwitches = []mofcompSwitch{
	{name: "?", set: func(a *mofcompArgs) { a.help = true }},
	{name: "help", set: func(a *mofcompArgs) { a.help = true }},
	{name: "check", set: func(a *mofcompArgs) { a.check = true }},
	{name: "autorecover", set: func(a *mofcompArgs) { a.autorecover = true }},
	{name: "wmi", set: func(a *mofcompArgs) { a.wdm = true }},
	{name: "dmtf", set: func(a *mofcompArgs) { a.dmtf = true }},
	{name: "n", put: text(func(a *mofcompArgs) *string { return &a.namespace })},
	{name: "u", put: text(func(a *mofcompArgs) *string { return &a.user })},
	{name: "p", put: text(func(a *mofcompArgs) *string { return &a.password })},
	{name: "a", put: text(func(a *mofcompArgs) *string { return &a.authority })},
	{name: "class", put: func(a *mofcompArgs, v string) error { return addFlags(&a.class, v, classWords) }},
	{name: "instance", put: func(a *mofcompArgs, v string) error { return addFlags(&a.instance, v, instanceWords) }},
	{name: "amendment", put: text(func(a *mofcompArgs) *string { return &a.amendment })},
	{name: "mof", put: text(func(a *mofcompArgs) *string { return &a.neutral })},
	{name: "mfl", put: text(func(a *mofcompArgs) *string { return &a.localized })},
	{name: "b", put: text(func(a *mofcompArgs) *string { return &a.binary })},
	{name: "er", apart: true, put: text(func(a *mofcompArgs) *string { return &a.resource })},
	{name: "l", apart: true, put: text(func(a *mofcompArgs) *string { return &a.resourceLocale })},
	{name: "i", put: func(a *mofcompArgs, v string) error { a.include = append(a.include, v); return nil }},
	{name: "-exit-hresult-file", put: text(func(a *mofcompArgs) *string { return &a.statusFile })},
}

var classWords = map[string]wbem.Flags{
	"createonly":  wbem.CreateOnly,
	"updateonly":  wbem.UpdateOnly,
	"safeupdate":  wbem.UpdateSafeMode,
	"forceupdate": wbem.UpdateForceMode,
}

var instanceWords = map[string]wbem.Flags{
	"createonly": wbem.CreateOnly,
	"updateonly": wbem.UpdateOnly,
}

func addFlags(flags *wbem.Flags, value string, words map[string]wbem.Flags) error {
	for word := range strings.SplitSeq(value, ",") {
		f, ok := words[strings.ToLower(strings.TrimSpace(word))]
		if !ok {
			return fmt.Errorf("%q is not one of its values", word)
		}
		*flags |= f
	}
	return nil
}

// parseMofcomp reads the command line of mofcomp.
func parseMofcomp(args []string) (*mofcompArgs, error) {
	a := &mofcompArgs{}
	var given []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		s, value, hasValue := findSwitch(arg)
		switch {
		case s == nil && strings.HasPrefix(arg, "-"):
			return nil, fmt.Errorf("%s is not a switch", arg)
		case s == nil && a.file != "":
			return nil, fmt.Errorf("only one MOF file can be compiled, %s is the second", arg)
		case s == nil:
			a.file = arg
			continue
		}
		given = append(given, s.name)
		if s.set != nil {
			if hasValue {
				return nil, fmt.Errorf("%s takes no value", arg)
			}
			s.set(a)
			continue
		}
		if !hasValue && s.apart && len(args) > 0 {
			value, hasValue, args = args[0], true, args[1:]
		}
		if !hasValue || value == "" {
			return nil, fmt.Errorf("%s has no value", arg)
		}
		if err := s.put(a, value); err != nil {
			return nil, fmt.Errorf("%s: %w", arg, err)
		}
	}
	return a, a.verify(given)
}

// findSwitch returns the switch that arg is, nil if it is none. A slash begins
// paths as well: then only the name of a switch makes it one.
func findSwitch(arg string) (s *mofcompSwitch, value string, hasValue bool) {
	if len(arg) < 2 || arg[0] != '-' && arg[0] != '/' {
		return nil, "", false
	}
	sep := ":"
	if strings.HasPrefix(arg, "--") {
		sep = "="
	}
	name, value, hasValue := strings.Cut(arg[1:], sep)
	for i := range mofcompSwitches {
		if strings.EqualFold(mofcompSwitches[i].name, name) {
			return &mofcompSwitches[i], value, hasValue
		}
	}
	return nil, "", false
}

// verify checks which switches go together.
func (a *mofcompArgs) verify(given []string) error {
	has := func(names ...string) bool {
		for _, g := range given {
			for _, n := range names {
				if g == n {
					return true
				}
			}
		}
		return false
	}
	both := func(flags, x, y wbem.Flags) bool { return flags&x != 0 && flags&y != 0 }
	switch {
	case a.help:
		return nil
	case a.check && len(given) > 1:
		return fmt.Errorf("-check goes with no other switch")
	case a.autorecover && has("n", "class", "instance"):
		return fmt.Errorf("-autorecover does not go with -N, -class or -instance")
	case both(a.class, wbem.CreateOnly, wbem.UpdateOnly|wbem.UpdateSafeMode|wbem.UpdateForceMode),
		both(a.class, wbem.UpdateSafeMode, wbem.UpdateForceMode):
		return fmt.Errorf("these values of -class exclude each other")
	case both(a.instance, wbem.CreateOnly, wbem.UpdateOnly):
		return fmt.Errorf("these values of -instance exclude each other")
	case a.wdm && a.binary == "":
		return fmt.Errorf("-WMI goes with -B only")
	case a.amendment != "" && a.neutral == "":
		return fmt.Errorf("-AMENDMENT needs -MOF as well")
	case a.amendment != "" && a.localized == "":
		return fmt.Errorf("-AMENDMENT needs -MFL as well")
	case (a.neutral == "") != (a.localized == ""):
		return fmt.Errorf("-MOF and -MFL go together")
	case a.file == "" && a.resource == "":
		return fmt.Errorf("no MOF file is named")
	}
	return nil
}

const mofcompUsage = `usage: mofcomp [switches] FILE

  -check                    check the syntax, store nothing; goes with no other switch
  -N:NAMESPACE              where to store what no #pragma namespace directs (root\default)
  -class:WORD               updateonly, createonly, safeupdate, forceupdate
  -instance:WORD            updateonly, createonly
  -autorecover              add the file to the list of those that rebuild a store
  -AMENDMENT:MS_xxx         split the file into what has no language and its texts:
  -MOF:FILE -MFL:FILE       where to write the two; nothing is stored
  -I:DIR                    look for included files in DIR too
  -dmtf                     take undeclared qualifiers and parameters as DSP0004 does
  -U:USER -P:PASSWORD -A:AUTHORITY
                            credentials for another computer
  -B:FILE [-WMI]            write binary MOF, store nothing
  -ER:RESOURCE [-L:LOCALE]  take binary MOF from a resource
  --exit-hresult-file=FILE  write the result code to FILE

/ works as well as -. Exit status: 0 done, 1 storing failed, 2 wrong switches, 3 wrong syntax.
`
