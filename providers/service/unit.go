package service

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"openwmi/cim"
)

const (
	suffix = ".service"

	// maxUnits bounds how many units an answer may list.
	maxUnits = 1 << 16

	// maxName is the length of the longest name that a unit can have, in bytes.
	maxName = 255

	unitInterface = systemd + ".Unit"
	getProperty   = "org.freedesktop.DBus.Properties.Get"
	getProperties = "org.freedesktop.DBus.Properties.GetAll"
)

// A scan is what the units of one request share.
type scan struct {
	*services
	ctx context.Context
	err error // why the properties of a unit could not be read
}

// A unit is a service, of which the properties are read when one is needed that the
// lists do not have.
type unit struct {
	scan  *scan
	id    string // with the suffix
	whole bool   // whether it was asked for by a name with the suffix
	gone  bool

	description string
	active      string // state: active, inactive, failed, ...
	file        string // state of its file: enabled, static, masked, ...

	listed bool // whether description is known
	filed  bool // whether file is known
	props  map[string]dbus.Variant
}

// name returns the name of the service, as it was asked for.
func (u *unit) name() string {
	if u.whole {
		return u.id
	}
	return serviceName(u.id)
}

// serviceName returns the name of a service, which is that of the unit without
// the suffix, unless another unit had it then.
func serviceName(id string) string {
	name := strings.TrimSuffix(id, suffix)
	if strings.HasSuffix(name, suffix) {
		return id
	}
	return name
}

// unitName returns the name of the unit that a service may be; ok is false if
// there can be none.
func unitName(service string) (id string, ok bool) {
	id = service
	if !strings.HasSuffix(id, suffix) {
		id += suffix
	}
	ok = len(id) <= maxName && len(id) > len(suffix) && !isTemplate(id) && strings.Trim(id, nameBytes) == ""
	return id, ok
}

// nameBytes are what the names of units consist of: systemd.unit(5).
const nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"

// isTemplate reports whether instances can be made of a unit, which is none then.
func isTemplate(id string) bool { return strings.HasSuffix(id, "@"+suffix) }

// objectPath returns the path of the object that is a unit: what is neither a
// letter nor a digit, or is a digit and first, is written in hexadecimal.
func objectPath(id string) dbus.ObjectPath {
	const hex = "0123456789abcdef"
	b := []byte(root + "/unit/")
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9' && i > 0:
			b = append(b, c)
		default:
			b = append(b, '_', hex[c>>4], hex[c&15])
		}
	}
	return dbus.ObjectPath(b)
}

// read asks for all properties. systemd loads a unit that is asked for.
func (u *unit) read() error {
	body, err := u.scan.bus.call(u.scan.ctx, objectPath(u.id), getProperties, "")
	if err != nil {
		return err
	}
	props, ok := only[map[string]dbus.Variant](body)
	if !ok {
		return strange(getProperties)
	}
	u.props = props
	return nil
}

// load reads the properties, once. A unit for which that fails is left out; why
// ends the request.
func (u *unit) load() map[string]dbus.Variant {
	if u.props == nil {
		u.props = map[string]dbus.Variant{}
		if err := u.read(); err != nil {
			u.fail(err)
		}
	}
	return u.props
}

func (u *unit) fail(err error) {
	u.gone = true
	if !isMissing(err) && u.scan.err == nil {
		u.scan.err = status(err)
	}
}

// isMissing reports whether systemd knows no such unit.
func isMissing(err error) bool {
	return says(err, systemd+".NoSuchUnit", errorNames+"UnknownObject", errorNames+"InvalidArgs", errorNames+"FileNotFound")
}

// property returns a property of the object; ok is false if it has none of that
// type.
func property[T any](u *unit, name string) (v T, ok bool) {
	v, ok = u.load()[name].Value().(T)
	return v, ok
}

func (u *unit) text(name string) string {
	s, _ := property[string](u, name)
	return s
}

// refresh takes what the lists would have said from the properties; it returns
// whether there is such a unit.
func (u *unit) refresh() bool {
	u.description, u.listed = u.text("Description"), true
	u.active = u.text("ActiveState")
	u.file, u.filed = u.text("UnitFileState"), true
	// A unit that others name can be asked for, though nothing says what it is.
	load := u.text("LoadState")
	return load != "" && load != "not-found" && u.active != "" && u.text("Id") == u.id
}

// byID returns the unit with a name: nil if there is none.
func (s *scan) byID(id string) (*unit, error) {
	u := &unit{scan: s, id: id}
	switch err := u.read(); {
	case isMissing(err):
		return nil, nil
	case err != nil:
		return nil, status(err)
	}
	if !u.refresh() {
		return nil, nil
	}
	return u, nil
}

// byName returns the unit that is a service: nil if there is none. To systemd
// the case of a name matters, so that another one has to be searched for.
func (s *scan) byName(name string) (*unit, error) {
	id, ok := unitName(name)
	if !ok {
		return nil, nil
	}
	u, err := s.byID(id)
	if err == nil && u == nil {
		var all []*unit
		if all, err = s.list(); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(u *unit) bool { return cim.EqualNames(u.id, id) })
		if i < 0 {
			return nil, nil
		}
		u, err = s.byID(all[i].id)
	}
	if u != nil {
		u.whole = id == name
	}
	return u, err
}

// findName and findProcess look a service up.
func (s *services) findName(ctx context.Context, v cim.Value) ([]*unit, error) {
	return one((&scan{services: s, ctx: ctx}).byName(v.Text()))
}

func (s *services) findProcess(ctx context.Context, v cim.Value) ([]*unit, error) {
	if v.Uint() == 0 { // all that do not run have it
		return (&scan{services: s, ctx: ctx}).complete()
	}
	body, err := s.bus.call(ctx, root, manager+".GetUnitByPID", uint32(v.Uint()))
	if isMissing(err) || says(err, systemd+".NoUnitForPID") {
		return nil, nil
	}
	if err != nil {
		return nil, status(err)
	}
	path, ok := only[dbus.ObjectPath](body)
	if !ok {
		return nil, strange("GetUnitByPID")
	}
	id, ok := unitOf(path)
	if !ok {
		return nil, nil // of a login, say
	}
	return one((&scan{services: s, ctx: ctx}).byID(id))
}

// unitOf returns the service that has an object.
func unitOf(path dbus.ObjectPath) (string, bool) {
	escaped, ok := strings.CutPrefix(string(path), string(root)+"/unit/")
	if !ok {
		return "", false
	}
	var b []byte
	for i := 0; i < len(escaped); i++ {
		c := escaped[i]
		if c == '_' && i+2 < len(escaped) {
			c = nibble(escaped[i+1])<<4 | nibble(escaped[i+2])
			i += 2
		}
		b = append(b, c)
	}
	return string(b), strings.HasSuffix(string(b), suffix)
}

func nibble(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// complete returns the services with all properties.
func (s *scan) complete() ([]*unit, error) {
	units, err := s.list()
	for _, u := range units {
		if u.load(); s.err != nil {
			return nil, s.err
		}
	}
	return units, err
}

func one(u *unit, err error) ([]*unit, error) {
	if u == nil {
		return nil, err
	}
	return []*unit{u}, err
}

// all yields the services by name. An error of one ends the sequence.
func (s *services) all(ctx context.Context) iter.Seq2[*unit, error] {
	return func(yield func(*unit, error) bool) {
		scan := &scan{services: s, ctx: ctx}
		units, err := scan.list()
		if err != nil {
			yield(nil, err)
			return
		}
		for _, u := range units {
			if !yield(u, nil) {
				return
			}
			if scan.err != nil {
				yield(nil, scan.err)
				return
			}
		}
	}
}

// list returns the services by name: those that are loaded, and those that could
// be.
func (s *scan) list() ([]*unit, error) {
	patterns := []string{"*" + suffix}
	body, err := s.bus.call(s.ctx, root, manager+".ListUnitsByPatterns", []string{}, patterns)
	if err != nil {
		return nil, status(err)
	}
	units, ok := s.loaded(body)
	if !ok {
		return nil, strange("ListUnitsByPatterns")
	}
	body, err = s.bus.call(s.ctx, root, manager+".ListUnitFilesByPatterns", []string{}, patterns)
	if err != nil {
		return nil, status(err)
	}
	files, ok := only[[][]any](body)
	if !ok || len(files) > maxUnits {
		return nil, strange("ListUnitFilesByPatterns")
	}
	for _, f := range files {
		path, state, ok := fileOf(f)
		if !ok {
			return nil, strange("ListUnitFilesByPatterns")
		}
		id := path[strings.LastIndexByte(path, '/')+1:]
		u := units[id]
		if u == nil && state != "alias" && strings.HasSuffix(id, suffix) && !isTemplate(id) {
			u = &unit{scan: s, id: id, active: "inactive"}
			units[id] = u
		}
		if u != nil {
			u.file, u.filed = state, true
		}
	}
	sorted := slices.Collect(maps.Values(units))
	slices.SortFunc(sorted, func(a, b *unit) int {
		return cmp.Or(strings.Compare(cim.Fold(a.id), cim.Fold(b.id)), strings.Compare(a.id, b.id))
	})
	// Of names that differ in case alone WMI can have one.
	return slices.CompactFunc(sorted, func(a, b *unit) bool { return cim.EqualNames(a.id, b.id) }), nil
}

// loaded reads what ListUnitsByPatterns and ListUnitsByNames answer: the name, the
// description, the states of load and activity, and more.
func (s *scan) loaded(body []any) (map[string]*unit, bool) {
	list, ok := only[[][]any](body)
	if !ok || len(list) > maxUnits {
		return nil, false
	}
	units := map[string]*unit{}
	for _, f := range list {
		var text [4]string
		if len(f) < len(text) {
			return nil, false
		}
		for i := range text {
			if text[i], ok = f[i].(string); !ok {
				return nil, false
			}
		}
		if text[2] != "not-found" && strings.HasSuffix(text[0], suffix) && !isTemplate(text[0]) {
			units[text[0]] = &unit{scan: s, id: text[0], description: text[1], listed: true, active: text[3]}
		}
	}
	return units, true
}

// fileOf reads what ListUnitFilesByPatterns says of a file.
func fileOf(f []any) (path, state string, ok bool) {
	if len(f) != 2 {
		return "", "", false
	}
	path, ok = f[0].(string)
	state, ok2 := f[1].(string)
	return path, state, ok && ok2
}
