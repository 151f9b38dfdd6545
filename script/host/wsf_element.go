package host

import (
	"cmp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// object adds an element object.
func (r *wsfReader) object(t html.Token) error {
	o := object{id: attribute(t, "id"), class: attribute(t, "progid"), events: strings.EqualFold(attribute(t, "events"), "true")}
	if id := attribute(t, "classid"); o.class == "" && id != "" {
		if o.class = classOf(id); o.class == "" {
			return r.fail("no class has the identifier %q", id)
		}
	}
	switch {
	case o.id == "" || o.class == "":
		return r.fail("an element <object> needs id, and progid or classid")
	case !isName(o.id):
		return r.fail("the id %q of an object is no name for scripts", o.id)
	case r.taken(strings.ToLower(o.id)):
		return r.fail("there are two objects %q", o.id)
	}
	r.p.objects = append(r.p.objects, o)
	return nil
}

// isName reports whether scripts can use a name.
func isName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != ""
}

// taken notes an id, and reports whether it was there before.
func (r *wsfReader) taken(id string) bool {
	if r.ids[id] {
		return true
	}
	if r.ids == nil {
		r.ids = map[string]bool{}
	}
	r.ids[id] = true
	return false
}

// reference adds an element reference. Its version says nothing here: there is one of each
// library.
func (r *wsfReader) reference(t html.Token) error {
	class, guid := attribute(t, "object"), attribute(t, "guid")
	if class == "" && guid == "" {
		return r.fail("an element <reference> needs object or guid")
	}
	l := libraryOf(class, guid)
	if l == nil {
		return r.fail("there is no type library of %q", cmp.Or(class, guid))
	}
	r.p.libraries = append(r.p.libraries, l)
	return nil
}

// resource adds an element resource.
func (r *wsfReader) resource(t html.Token) error {
	id := attribute(t, "id")
	switch {
	case id == "":
		return r.fail("an element <resource> needs id")
	case r.taken("#" + id):
		return r.fail("there are two resources %q", id)
	}
	text, err := r.content(t)
	r.p.resources = append(r.p.resources, resource{id, text})
	return err
}

// usage adds what an element in runtime says.
func (r *wsfReader) usage(t html.Token) error {
	u := &r.p.usage
	switch t.Data {
	case "named", "unnamed":
		o := option{name: attribute(t, "name"), help: attribute(t, "helpstring"), kind: strings.ToLower(attribute(t, "type")), named: t.Data == "named"}
		if o.name == "" {
			return r.fail("an element <%s> needs name", t.Data)
		}
		switch required := strings.ToLower(attribute(t, "required")); required {
		case "", "false":
		case "true":
			o.required = 1
		default:
			n, err := strconv.Atoi(required)
			if err != nil || n < 0 {
				return r.fail("required=%q is neither true, false nor a number", required)
			}
			o.required = n
		}
		o.many = strings.EqualFold(attribute(t, "many"), "true")
		u.options = append(u.options, o)
		return nil
	}
	text, err := r.content(t)
	text = strings.TrimSpace(text)
	switch t.Data {
	case "description":
		u.description = text
	case "usage":
		u.own = text
	default:
		u.examples = strings.TrimPrefix(u.examples+"\n"+text, "\n")
	}
	return err
}
