package cimxml

import (
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// Arguments are the parameters of an intrinsic operation while it takes them.
// The first that is wrong is kept in err: InvalidParameter.
type arguments struct {
	params []param
	taken  []bool
	err    error
}

func newArguments(c *call) *arguments {
	a := &arguments{params: c.params, taken: make([]bool, len(c.params)), err: c.err}
	for i := range c.params { // at most maxOwn
		for j := range i {
			if cim.EqualNames(c.params[i].name, c.params[j].name) {
				a.fail("parameter %s stands there twice", c.params[i].name)
			}
		}
	}
	return a
}

func (a *arguments) fail(format string, args ...any) {
	if a.err == nil {
		a.err = cim.Errorf(wbem.InvalidParameter, format, args...)
	}
}

// take returns the parameter of that name, nil if it is absent or NULL. One that
// is another element than those wanted is an error.
func (a *arguments) take(name string, tags ...string) *param {
	for i := range a.params {
		p := &a.params[i]
		if !cim.EqualNames(p.name, name) {
			continue
		}
		a.taken[i] = true
		if p.tag == "" {
			return nil
		}
		if !slices.Contains(tags, p.tag) {
			a.fail("parameter %s is %s where %s is expected", name, p.tag, strings.Join(tags, " or "))
			return nil
		}
		return p
	}
	return nil
}

// finish returns what is wrong: one of those that were taken, or one that the
// operation does not have.
func (a *arguments) finish() error {
	for i, p := range a.params {
		if !a.taken[i] {
			a.fail("the operation has no parameter %.60q", p.name)
		}
	}
	return a.err
}

// required complains about a parameter that must be there and is not.
func (a *arguments) required(name string, there bool) {
	if !there {
		a.fail("parameter %s is missing", name)
	}
}

func (a *arguments) text(name string) (string, bool) {
	p := a.take(name, "VALUE")
	if p == nil {
		return "", false
	}
	return p.texts[0], true
}

func (a *arguments) boolean(name string, usual bool) bool {
	text, ok := a.text(name)
	switch {
	case !ok:
		return usual
	case strings.EqualFold(strings.TrimSpace(text), "true"):
		return true
	case strings.EqualFold(strings.TrimSpace(text), "false"):
		return false
	}
	a.fail("parameter %s is %.40q, neither TRUE nor FALSE", name, text)
	return usual
}

func (a *arguments) uint32(name string) (n uint32, ok bool) {
	text, ok := a.text(name)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		a.fail("parameter %s is %.40q, not a number of 32 bits", name, text)
	}
	return uint32(v), true
}

// list returns an array of strings; nil for NULL. Clients write one element
// without VALUE.ARRAY.
func (a *arguments) list(name string) []string {
	p := a.take(name, "VALUE.ARRAY", "VALUE")
	if p == nil {
		return nil
	}
	return p.texts
}

// className returns the name of a class, "" if it is absent.
func (a *arguments) className(name string) string {
	p := a.take(name, "CLASSNAME")
	if p == nil {
		return ""
	}
	return p.path.Class
}

// mustClassName is className of a parameter that must be there.
func (a *arguments) mustClassName(name string) string {
	class := a.className(name)
	a.required(name, class != "")
	return class
}

// instanceName returns the path of an instance.
func (a *arguments) instanceName(name string) cim.Path {
	p := a.take(name, "INSTANCENAME")
	a.required(name, p != nil)
	if p == nil {
		return cim.Path{}
	}
	return p.path
}

// objectName returns the path of an instance or a class.
func (a *arguments) objectName(name string) cim.Path {
	p := a.take(name, "INSTANCENAME", "CLASSNAME")
	a.required(name, p != nil)
	if p == nil {
		return cim.Path{}
	}
	return p.path
}
