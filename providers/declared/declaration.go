package declared

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/wbem"
)

// A declaration is what the qualifiers of a class say.
type declaration struct {
	class   *cim.Class
	command []string // nil if a file is read
	file    string
	lookup  []string // nil if there is none
	slots   []int    // the key that an argument of lookup stands for, -1 for none

	parse     parser
	separator string
	columns   []string
	pattern   *regexp.Regexp
	root      []string // names of members

	timeout   time.Duration
	maxOutput int64
	maxRows   int64
	fields    []field
	cache     *cache // nil if nothing is kept
}

// A field is a property and where its value is.
type field struct {
	at     int // in the properties of the class
	prop   *cim.Property
	source string
	exact  bool // source is not just the name of the property
	split  string
	null   []string
	time   string
}

// declare reads the qualifiers of a class: InvalidClass.
func declare(class *cim.Class, c *Config) (*declaration, error) {
	q := &qualifiers{where: "class " + class.Name(), list: class.Qualifiers()}
	d := &declaration{
		class: class, command: q.texts("Command"), file: q.text("File"), lookup: q.texts("Lookup"),
		separator: q.text("Separator"), columns: q.texts("Columns"),
		timeout:   time.Duration(q.number("Timeout", 30, int64(c.TimeLimit/1e9))) * time.Second,
		maxOutput: q.number("MaxOutput", 16<<20, c.OutputLimit),
		maxRows:   q.number("MaxRows", 100000, c.RowLimit),
	}
	if seconds := q.number("CacheSeconds", 0, 1<<31); seconds > 0 {
		d.cache = newCache(time.Duration(seconds) * time.Second)
	}
	switch {
	case (d.command == nil) == (d.file == ""):
		q.fail("Command", "there has to be either it or File")
	case d.command != nil:
		q.check("Command", checkCommand(d.command))
	default:
		q.check("File", checkPath(d.file))
	}
	if d.lookup != nil {
		q.check("Lookup", checkCommand(d.lookup))
		d.placeholders(q)
	}
	format := q.text("Format")
	if d.parse = parsers[format]; d.parse == nil {
		q.fail("Format", "%.40q is none of json, jsonlines, keyvalue, csv and regexp", format)
	}
	d.formatOptions(q, format)
	if len(class.Keys()) == 0 && !class.IsSingleton() {
		q.fail("Key", "no property has it, and the class is no singleton")
	}
	if q.err == nil {
		q.err = d.properties(format == "json" || format == "jsonlines")
	}
	if q.err != nil {
		return nil, q.err
	}
	return d, nil
}

func checkCommand(args []string) error {
	if i := slices.IndexFunc(args, func(a string) bool { return strings.Contains(a, "\x00") }); i >= 0 || !filepath.IsAbs(args[0]) {
		return fmt.Errorf("%.100q is no program by its absolute path with arguments", args)
	}
	return nil
}

// placeholders finds the arguments of Lookup that are keys.
func (d *declaration) placeholders(q *qualifiers) {
	found := false
	for i, arg := range d.lookup {
		d.slots = append(d.slots, -1)
		name, ok := strings.CutPrefix(arg, "{")
		if !ok || !strings.HasSuffix(name, "}") || !cim.IsIdentifier(name[:len(name)-1]) {
			continue
		}
		at := d.class.PropertyIndex(name[:len(name)-1])
		if i == 0 || at < 0 || !d.class.Properties()[at].IsKey() {
			q.fail("Lookup", "%s names no key", arg)
			return
		}
		d.slots[i], found = at, true
	}
	if !found {
		q.fail("Lookup", "no argument is a key in braces")
	}
}

// formatOptions reads the qualifiers that only some formats have.
func (d *declaration) formatOptions(q *qualifiers, format string) {
	for name, formats := range map[string]string{
		"Root": "json", "Pattern": "regexp", "Columns": "csv", "Separator": "csv keyvalue",
	} {
		if q.list.Index(name) >= 0 && !slices.Contains(strings.Fields(formats), format) {
			q.fail(name, "it is not for the format %s", format)
		}
	}
	switch format {
	case "json":
		path := q.text("Root")
		if path == "" {
			path = "$"
		}
		names := strings.Split(path, ".")
		if names[0] != "$" || slices.Contains(names, "") {
			q.fail("Root", "%.100q is not of the form $.name.name", path)
		}
		d.root = names[1:]
	case "csv":
		if d.separator == "" {
			d.separator = ","
		}
		if r, n := utf8.DecodeRuneInString(d.separator); n != len(d.separator) || r == utf8.RuneError || strings.ContainsRune("\r\n\"", r) {
			q.fail("Separator", "%.40q is no character that can be between columns", d.separator)
		}
	case "keyvalue":
		if d.separator == "" {
			d.separator = "="
		}
	case "regexp":
		pattern := q.text("Pattern")
		re, err := regexp.Compile(pattern)
		switch {
		case err != nil:
			q.fail("Pattern", "%v", err)
		case strings.Join(re.SubexpNames(), "") == "":
			q.fail("Pattern", "no group has a name")
		}
		d.pattern = re
	}
}

// properties finds out where the values are.
func (d *declaration) properties(hasArrays bool) error {
	for i, p := range d.class.Properties() {
		q := &qualifiers{where: "property " + d.class.Name() + "." + p.Name(), list: p.Qualifiers()}
		f := field{at: i, prop: p, source: q.text("Source"), split: q.text("Split"), null: q.texts("NullText"), time: q.text("TimeFormat")}
		f.exact = f.source != ""
		switch {
		case p.Type().Elem() == cim.TypeObject && !f.exact:
			continue
		case p.Type().Elem() == cim.TypeObject:
			q.fail("Source", "the property is an object")
		case f.split != "" && !p.Type().IsArray():
			q.fail("Split", "the property is no array")
		case f.exact && p.Type().IsArray() && f.split == "" && !hasArrays:
			q.fail("Split", "without it there are no arrays in this format")
		case f.time != "" && p.Type() != cim.TypeDatetime:
			q.fail("TimeFormat", "the property is no datetime")
		case f.time != "" && f.time != "rfc3339" && f.time != "unix":
			q.fail("TimeFormat", "%.40q is neither rfc3339 nor unix", f.time)
		}
		if q.err != nil {
			return q.err
		}
		if !f.exact {
			f.source = p.Name()
		}
		d.fields = append(d.fields, f)
	}
	return nil
}

// qualifiers reads qualifiers and keeps the first error.
type qualifiers struct {
	where string // what has them
	list  cim.Qualifiers
	err   error
}

func (q *qualifiers) fail(name, format string, args ...any) {
	if q.err == nil {
		q.err = cim.Errorf(wbem.InvalidClass, "%s: qualifier %s: %s", q.where, name, fmt.Sprintf(format, args...))
	}
}

func (q *qualifiers) check(name string, err error) {
	if err != nil {
		q.fail(name, "%v", err)
	}
}

// text returns a qualifier that is a string, "" if there is none.
func (q *qualifiers) text(name string) string {
	v := q.list.Value(name)
	switch {
	case v.IsNull():
		return ""
	case v.Type() != cim.TypeString || v.Text() == "":
		q.fail(name, "it is to be a string that is not empty")
	}
	return v.Text()
}

// texts returns a qualifier that is an array of strings, or one; nil if there is
// none.
func (q *qualifiers) texts(name string) []string {
	v := q.list.Value(name)
	switch {
	case v.IsNull():
		return nil
	case v.Type() == cim.TypeString:
		return []string{v.Text()}
	case v.Type() != cim.TypeString.ArrayOf() || v.Len() == 0:
		q.fail(name, "it is to be an array of strings")
	}
	return v.Texts()
}

// number returns a qualifier that is a number, or other if there is none or it is
// zero; at most most.
func (q *qualifiers) number(name string, other, most int64) int64 {
	v := q.list.Value(name)
	if v.IsNull() {
		return min(other, most)
	}
	v, err := cim.Convert(v, cim.TypeSint64)
	if err != nil || v.Int() < 0 {
		q.fail(name, "it is to be a number that is not negative")
	}
	return min(cmp.Or(v.Int(), other), most)
}
