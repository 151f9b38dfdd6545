package host

import (
	"iter"
	"slices"
	"strings"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// arguments are those of a script, or the unnamed among them. ("WshArguments Object",
// "WshUnnamed Object")
type arguments struct {
	s       *Session
	list    []string
	unnamed bool
}

func classArguments() *automation.Class {
	return &automation.Class{
		Name: "WshArguments", Type: (*arguments)(nil), Default: "Item", Each: (*arguments).all,
		Members: []automation.Member{
			m("Item(index)", (*arguments).item),
			m("Count", (*arguments).count),
			m("length", (*arguments).count),
			m("Named", (*arguments).named),
			m("Unnamed", (*arguments).unnamedOnes),
			m("ShowUsage()", (*arguments).showUsage),
		},
	}
}

func (w *wscript) arguments() *arguments { return &arguments{s: w.s, list: w.s.opts.Args} }

func (a *arguments) item(i int) (string, error) {
	if i < 0 || i >= len(a.list) {
		return "", vbscript.NewError(9, "")
	}
	return a.list[i], nil
}

func (a *arguments) count() int { return len(a.list) }

func (a *arguments) all() iter.Seq[string] { return slices.Values(a.list) }

// unnamedOnes are the arguments that do not begin with a slash.
func (a *arguments) unnamedOnes() *arguments {
	u := &arguments{s: a.s, unnamed: true}
	for _, s := range a.list {
		if !strings.HasPrefix(s, "/") {
			u.list = append(u.list, s)
		}
	}
	return u
}

// showUsage writes what a .wsf file says of its arguments.
func (a *arguments) showUsage() error {
	return a.s.showUsage()
}

func (s *Session) showUsage() error {
	var u usage
	if s.program != nil {
		u = s.program.usage
	}
	return s.streams.writeLine(u.text(s.wscript.scriptName()))
}

// named are the arguments of the form /name:value, /name+ and /name-.
// ("WshNamed Object")
type named struct {
	names  []string // as they were written
	values map[string]vbscript.Value
}

func classNamed() *automation.Class {
	return &automation.Class{
		Name: "WshNamed", Type: (*named)(nil), Default: "Item", Each: (*named).all,
		Members: []automation.Member{
			m("Item(name)", (*named).item),
			m("Exists(name)", (*named).exists),
			m("Count", (*named).count),
			m("length", (*named).count),
		},
	}
}

func (a *arguments) named() *named {
	n := &named{values: map[string]vbscript.Value{}}
	for _, s := range a.list {
		s, ok := strings.CutPrefix(s, "/")
		if !ok || s == "" {
			continue
		}
		name, text, hasText := strings.Cut(s, ":")
		value := vbscript.Empty
		switch {
		case hasText:
			value = vbscript.String(text)
		case strings.HasSuffix(name, "+"):
			name, value = name[:len(name)-1], vbscript.True
		case strings.HasSuffix(name, "-"):
			name, value = name[:len(name)-1], vbscript.False
		}
		key := strings.ToLower(name)
		if _, again := n.values[key]; again {
			continue // the first counts
		}
		n.names = append(n.names, name)
		n.values[key] = value
	}
	return n
}

// item returns the value of a name, Empty when there is none.
func (n *named) item(name string) vbscript.Value { return n.values[strings.ToLower(name)] }

func (n *named) exists(name string) bool {
	_, ok := n.values[strings.ToLower(name)]
	return ok
}

func (n *named) count() int { return len(n.names) }

func (n *named) all() iter.Seq[string] { return slices.Values(n.names) }
