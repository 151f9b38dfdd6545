package host

import (
	"fmt"
	"strings"
)

// usage is what the element <runtime> of a .wsf file says of its arguments. ("<runtime>
// Element" and those in it)
type usage struct {
	described   bool
	description string
	own         string // of an element <usage>, which takes the place of all else
	examples    string
	options     []option
}

// option is an argument, named or not.
type option struct {
	name, help, kind string
	named            bool
	required         int
	many             bool
}

// text is what ShowUsage writes for a script.
func (u *usage) text(script string) string {
	if u.own != "" {
		return u.own
	}
	var b strings.Builder
	if u.description != "" {
		b.WriteString(u.description + "\n")
	}
	b.WriteString("Usage: " + script)
	width := 0
	for _, o := range u.options {
		b.WriteString(o.form())
		width = max(width, len(o.name))
	}
	b.WriteByte('\n')
	if len(u.options) > 0 {
		b.WriteString("\nOptions:\n\n")
	}
	for _, o := range u.options {
		fmt.Fprintf(&b, "%-*s : %s\n", width, o.name, o.help)
	}
	if u.examples != "" {
		b.WriteString("\n" + u.examples + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// maxRequired bounds how often an argument is shown that has to be there several times.
const maxRequired = 20

// form is how an argument is written: those that may be missing in brackets.
func (o *option) form() string {
	if o.named {
		s := "/" + o.name
		switch o.kind {
		case "string":
			s += ":value"
		case "boolean":
			s += "[+|-]"
		}
		if o.required == 0 {
			s = "[" + s + "]"
		}
		return " " + s
	}
	var b strings.Builder
	n := min(o.required, maxRequired)
	for i := range n {
		fmt.Fprintf(&b, " %s", o.numbered(i+1))
	}
	switch {
	case o.many:
		fmt.Fprintf(&b, " [%s...]", o.numbered(n+1))
	case n == 0:
		fmt.Fprintf(&b, " [%s]", o.name)
	}
	return b.String()
}

// numbered is the name of one of several arguments.
func (o *option) numbered(i int) string {
	if o.required <= 1 && !o.many {
		return o.name
	}
	return fmt.Sprint(o.name, i)
}
