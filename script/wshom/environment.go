package wshom

import (
	"context"
	"iter"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// Variables are the environment of a script: that of the process, with its changes. Names
// are the same without regard to case, as Windows has it.
type variables struct {
	r       *Runtime
	changed map[string]variable // by name in lower case
}

// A variable is what a script has set or removed.
type variable struct {
	name, value string
	removed     bool
}

// maxEnvironment bounds what a script sets, in bytes, as Windows did.
const maxEnvironment = 32767

// maxExpanded bounds a text in which variables are replaced, in bytes.
const maxExpanded = 16 << 20

// known returns a variable that may be told without permission.
func (v *variables) known(name string) (string, bool) {
	o, box := v.r.opts, v.r.box
	user := box.Path(home())
	switch strings.ToUpper(name) {
	case "COMPUTERNAME", "USERDOMAIN":
		return o.Computer, true
	case "USERNAME":
		return o.User, true
	case "TEMP", "TMP":
		return box.Temp(), true
	case "USERPROFILE":
		return user, true
	case "HOMEDRIVE":
		return user[:min(2, len(user))], true
	case "HOMEPATH":
		return user[min(2, len(user)):], true
	case "WINDIR", "SYSTEMROOT":
		return box.System(), true
	case "SYSTEMDRIVE":
		return box.System()[:min(2, len(box.System()))], true
	case "COMSPEC":
		return box.System() + `\System32\cmd.exe`, true
	case "OS":
		return "Windows_NT", true
	case "NUMBER_OF_PROCESSORS":
		return strconv.Itoa(runtime.NumCPU()), true
	case "PROCESSOR_ARCHITECTURE":
		switch runtime.GOARCH {
		case "386":
			return "x86", true
		}
		return strings.ToUpper(runtime.GOARCH), true
	}
	return "", false
}

// get returns a variable and whether there is one: error 70 says that it may not be
// known. Trusted is for commands, which know the environment anyway.
func (v *variables) get(name string, trusted bool) (string, bool, error) {
	if c, ok := v.changed[strings.ToLower(name)]; ok {
		return c.value, !c.removed, nil
	}
	if s, ok := v.known(name); ok {
		return s, true, nil
	}
	if !trusted {
		if err := v.r.box.CheckEnv(self, name); err != nil {
			return "", false, err
		}
	}
	if s, ok := os.LookupEnv(name); ok {
		return s, true, nil
	}
	for _, e := range os.Environ() {
		if n, s, ok := strings.Cut(e, "="); ok && n != "" && strings.EqualFold(n, name) {
			return s, true, nil
		}
	}
	return "", false, nil
}

// spelled returns the name as the process has it, so that a script that sets Path sets
// PATH.
func (v *variables) spelled(name string) string {
	for _, e := range os.Environ() {
		if n, _, _ := strings.Cut(e, "="); strings.EqualFold(n, name) {
			return n
		}
	}
	return name
}

// expand replaces %NAME% by its value. What names no variable stays. Error 7 says that the
// text becomes too long.
func (v *variables) expand(ctx context.Context, text string, trusted bool) (string, error) {
	var out strings.Builder
	for {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		start := strings.IndexByte(text, '%')
		n := strings.IndexByte(text[start+1:], '%')
		if start < 0 || n < 0 {
			out.WriteString(text)
			return out.String(), nil
		}
		end := start + 1 + n
		name := text[start+1 : end]
		value, found := "", false
		if name != "" && name == strings.TrimSpace(name) && !strings.ContainsAny(name, "=\x00") {
			var err error
			if value, found, err = v.get(name, trusted); err != nil {
				return "", err
			}
		}
		if !found {
			out.WriteString(text[:end])
			text = text[end:] // whose % may begin the next name
			continue
		}
		out.WriteString(text[:start])
		out.WriteString(value)
		if out.Len() > maxExpanded {
			return "", vbscript.NewError(7, "")
		}
		text = text[end+1:]
	}
}

// all returns the environment of a command: that of the process with the script's
// changes.
func (v *variables) all() []string {
	out := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		_, changed := v.changed[strings.ToLower(name)]
		return changed
	})
	for _, c := range v.changed {
		if !c.removed {
			out = append(out, c.name+"="+c.value)
		}
	}
	slices.Sort(out)
	return out
}

func (s *shell) expand(ctx context.Context, text string) (string, error) {
	return s.r.env.expand(ctx, text, false)
}

// An environment is a WshEnvironment. All four of Windows tell the variables of the
// process here; only those of the process can be changed, since nothing keeps the others.
// "WshEnvironment Object"
type environment struct {
	v    *variables
	kind string
}

var environmentClass = &automation.Class{
	Name: "IWshEnvironment", Type: (*environment)(nil), Default: "Item", Each: (*environment).each,
	Members: []automation.Member{
		{Signature: "Count()", Get: (*environment).count},
		{Signature: "Item(name)", Get: (*environment).item, Put: (*environment).set},
		{Signature: "Length", Get: (*environment).count},
		{Signature: "Remove(name)", Get: (*environment).remove},
	},
}

// environment returns an environment: error 5 for other types than PROCESS, SYSTEM, USER
// and VOLATILE. "Environment Property"
func (s *shell) environment(kind string) (*environment, error) {
	kind = strings.ToUpper(kind)
	switch kind {
	case "PROCESS", "SYSTEM", "USER", "VOLATILE":
		return &environment{s.r.env, kind}, nil
	}
	return nil, vbscript.NewError(errArgument, kind)
}

func (e *environment) list() ([]string, error) {
	if err := e.v.r.box.CheckEnv(self, "*"); err != nil {
		return nil, err
	}
	return e.v.all(), nil
}

func (e *environment) count() (int, error) {
	list, err := e.list()
	return len(list), err
}

// each yields NAME=value.
func (e *environment) each() (iter.Seq[string], error) {
	list, err := e.list()
	return slices.Values(list), err
}

// item returns a variable, "" if there is none. Variables in it are expanded already.
func (e *environment) item(name string) (string, error) {
	value, _, err := e.v.get(name, false)
	return value, err
}

func (e *environment) set(name, value string) error {
	if err := e.writable(name); err != nil {
		return err
	}
	if strings.ContainsRune(value, 0) {
		return vbscript.NewError(errArgument, name)
	}
	sum := len(name) + len(value)
	for key, c := range e.v.changed {
		if key != strings.ToLower(name) {
			sum += len(c.name) + len(c.value)
		}
	}
	if sum > maxEnvironment {
		return vbscript.NewError(7, name)
	}
	e.v.changed[strings.ToLower(name)] = variable{name: e.v.spelled(name), value: value}
	return nil
}

// remove removes a variable. What was removed counts for the bound too, and is noted
// even if the process has no such variable, which not every script may know.
func (e *environment) remove(name string) error {
	if err := e.set(name, ""); err != nil {
		return err
	}
	key := strings.ToLower(name)
	e.v.changed[key] = variable{name: e.v.changed[key].name, removed: true}
	return nil
}

func (e *environment) writable(name string) error {
	if name == "" || strings.ContainsAny(name, "=\x00") {
		return vbscript.NewError(errArgument, name)
	}
	if e.kind != "PROCESS" {
		return refuse("Environment", "only the variables of the process can be changed")
	}
	return nil
}
