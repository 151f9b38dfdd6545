package scripting

import (
	"slices"
	"strings"

	"openwmi/cim"
)

// An ObjectPath is the path of a class, an instance or a namespace, with the
// settings that a moniker for it has (SWbemObjectPath). One that stands alone
// can be changed in every part. That of an object shows what the object says at
// the moment, and nothing of it can be changed but the name of a class, which is
// how a new class gets its name; that of a clone can be changed, without effect
// on the clone but for that name.
type ObjectPath struct {
	of       *Object   // whose path it is, nil for one that stands alone
	own      *cim.Path // nil for the path of the object as it is
	locale   string
	auth     string
	security Security
}

// NewObjectPath returns an empty path that stands alone.
func NewObjectPath() *ObjectPath { return &ObjectPath{own: &cim.Path{}} }

// freePath returns the path of something stored in the namespace of a session.
func freePath(p cim.Path, s *Services) *ObjectPath {
	if p.Server == "" {
		p.Server = s.svc.Server()
	}
	if p.Namespace == "" {
		p.Namespace = s.svc.Namespace()
	}
	return &ObjectPath{own: &p, locale: s.svc.Locale(), auth: s.authority, security: s.security}
}

// get returns the path as it is now.
func (p *ObjectPath) get() cim.Path {
	if p.own != nil {
		return *p.own
	}
	return p.of.fullPath()
}

// change changes a path that stands alone or belongs to a clone: ErrReadOnly for
// any other one.
func (p *ObjectPath) change(source string, f func(*cim.Path)) error {
	if p.of != nil && !p.of.detached {
		return fail(source, ErrReadOnly, "the path of an object cannot be changed")
	}
	now := p.get()
	now.Keys = slices.Clone(now.Keys)
	f(&now)
	p.locale, p.auth, p.security = p.Locale(), p.Authority(), *p.Security()
	p.own = &now
	return nil
}

// Path returns the whole path, such as \\server\root\cimv2:Class.Key="value".
func (p *ObjectPath) Path() string { return p.get().String() }

// SetPath replaces the whole path: ErrInvalidObjectPath if it is malformed,
// ErrReadOnly for the path of an object. "" empties it.
func (p *ObjectPath) SetPath(path string) error {
	const source = "SWbemObjectPath.Path"
	var parsed cim.Path
	if path != "" {
		var err error
		if parsed, err = cim.ParsePath(path); err != nil {
			return newError(source, err)
		}
	}
	return p.change(source, func(to *cim.Path) { *to = parsed })
}

// RelPath returns the path without server and namespace, such as
// Class.Key="value".
func (p *ObjectPath) RelPath() string { return p.get().RelPath() }

// SetRelPath replaces the class and the keys, with the errors of SetPath.
func (p *ObjectPath) SetRelPath(path string) error {
	const source = "SWbemObjectPath.RelPath"
	var parsed cim.Path
	if path != "" {
		var err error
		if parsed, err = cim.ParsePath(path); err != nil {
			return newError(source, err)
		}
		if parsed.Namespace != "" || parsed.Server != "" {
			return fail(source, ErrInvalidObjectPath, "%.60q is not a relative path", path)
		}
	}
	return p.change(source, func(to *cim.Path) {
		to.Class, to.Keys, to.Singleton = parsed.Class, parsed.Keys, parsed.Singleton
	})
}

// Server returns the name of the server, "" if the path has none.
func (p *ObjectPath) Server() string { return p.get().Server }

// SetServer replaces the server, with the errors of SetPath.
func (p *ObjectPath) SetServer(server string) error {
	const source = "SWbemObjectPath.Server"
	if strings.ContainsAny(server, `\/`) {
		return fail(source, ErrInvalidObjectPath, "%.60q is not the name of a server", server)
	}
	return p.change(source, func(to *cim.Path) { to.Server = server })
}

// Namespace returns the namespace with backslashes, "" if the path has none.
func (p *ObjectPath) Namespace() string { return p.get().Namespace }

// SetNamespace replaces the namespace, with the errors of SetPath.
func (p *ObjectPath) SetNamespace(namespace string) error {
	const source = "SWbemObjectPath.Namespace"
	if namespace != "" {
		server, normal, err := cim.ParseNamespace(namespace)
		if err != nil || server != "" {
			return fail(source, ErrInvalidObjectPath, "%.60q is not a namespace", namespace)
		}
		namespace = normal
	}
	return p.change(source, func(to *cim.Path) { to.Namespace = namespace })
}

// ParentNamespace returns the namespace without its last element, "" if there
// is none above.
func (p *ObjectPath) ParentNamespace() string {
	ns := p.get().Namespace
	return ns[:max(0, strings.LastIndexByte(ns, '\\'))]
}

// DisplayName returns a moniker for the path, with its settings.
func (p *ObjectPath) DisplayName() string {
	m := moniker{security: *p.Security(), authority: p.Authority(), path: p.get()}
	if l := p.Locale(); isLocale(l) {
		m.locale = l
	}
	return m.String()
}

// SetDisplayName replaces path and settings by those of a moniker:
// ErrInvalidObjectPath for a malformed path in it, ErrInvalidParameter for any
// other defect, ErrReadOnly for the path of an object.
func (p *ObjectPath) SetDisplayName(text string) error {
	const source = "SWbemObjectPath.DisplayName"
	m, err := parseMoniker(text)
	if err == nil {
		err = p.change(source, func(to *cim.Path) { *to = m.path })
	}
	if err != nil {
		return newError(source, err)
	}
	p.security, p.locale, p.auth = m.security, m.locale, m.authority
	return nil
}

// Class returns the name of the class, "" if the path has none.
func (p *ObjectPath) Class() string { return p.get().Class }

// SetClass replaces the class. On the path of a class that is an object it
// names or renames that class; ErrReadOnly for the path of an instance that is
// an object. A name that stands alone must be an identifier or "":
// ErrInvalidObjectPath; that of a class is checked when the class is put.
func (p *ObjectPath) SetClass(name string) error {
	const source = "SWbemObjectPath.Class"
	if p.of != nil && p.of.inst == nil {
		p.of.class.rename(name)
		if p.own != nil {
			p.own.Class = name
		}
		return nil
	}
	if name != "" && !cim.IsIdentifier(name) {
		return fail(source, ErrInvalidObjectPath, "%.60q is not the name of a class", name)
	}
	return p.change(source, func(to *cim.Path) { to.Class = name })
}

// IsClass reports whether the path is that of a class.
func (p *ObjectPath) IsClass() bool { return p.get().IsClass() }

// SetAsClass makes the path that of its class, without keys: ErrReadOnly for the
// path of an object.
func (p *ObjectPath) SetAsClass() error {
	return p.change("SWbemObjectPath.SetAsClass", func(to *cim.Path) { to.Keys, to.Singleton = nil, false })
}

// IsSingleton reports whether the path is that of the instance of a singleton,
// Class=@.
func (p *ObjectPath) IsSingleton() bool { return p.get().Singleton }

// SetAsSingleton makes the path that of the instance of a singleton: ErrReadOnly
// for the path of an object.
func (p *ObjectPath) SetAsSingleton() error {
	return p.change("SWbemObjectPath.SetAsSingleton", func(to *cim.Path) { to.Keys, to.Singleton = nil, true })
}

// Keys returns the keys. Changing the set changes the path, as far as the path
// can be changed.
func (p *ObjectPath) Keys() *NamedValueSet { return &NamedValueSet{path: p} }

// SetKeys is always ErrNotSupported: keys are changed through Keys.
func (p *ObjectPath) SetKeys(*NamedValueSet) error {
	return fail("SWbemObjectPath.Keys", ErrNotSupported, "the keys are changed one by one")
}

// keyVariant returns the value of a key: text, bool, or a number as small as
// Automation has it.
func keyVariant(k cim.Key) any {
	if k.Quoted {
		return k.Text
	}
	for _, t := range []cim.Type{cim.TypeSint32, cim.TypeUint64, cim.TypeSint64, cim.TypeBoolean} {
		if v, err := k.Value(t); err == nil {
			return toVariant(v, nil, Security{})
		}
	}
	return k.Text
}

func (p *ObjectPath) setKey(source, name string, v cim.Value) error {
	t := v.Type()
	if v.IsNull() || t.IsArray() || t.IsReal() || t == cim.TypeObject {
		return fail(source, ErrTypeMismatch, "a %v cannot be the value of a key", t)
	}
	if !cim.IsIdentifier(name) {
		return fail(source, ErrInvalidParameter, "%.60q cannot be the name of a key", name)
	}
	return p.change(source, func(to *cim.Path) {
		to.Singleton = false
		k := cim.NewKey(name, v)
		if i := keyIndex(to.Keys, name); i >= 0 {
			k.Name = to.Keys[i].Name
			to.Keys[i] = k
			return
		}
		to.Keys = append(to.Keys, k)
	})
}

func (p *ObjectPath) removeKey(source, name string) error {
	missing := false
	err := p.change(source, func(to *cim.Path) {
		i := keyIndex(to.Keys, name)
		if missing = i < 0; !missing {
			to.Keys = slices.Delete(to.Keys, i, i+1)
		}
	})
	if err == nil && missing {
		return noValue(source, name)
	}
	return err
}

func keyIndex(keys []cim.Key, name string) int {
	return slices.IndexFunc(keys, func(k cim.Key) bool { return cim.EqualNames(k.Name, name) })
}

// Security returns the security settings of DisplayName.
func (p *ObjectPath) Security() *Security {
	if p.of != nil && p.own == nil {
		return p.of.Security()
	}
	return &p.security
}

// Locale returns the locale of DisplayName; of an object that of its session.
func (p *ObjectPath) Locale() string {
	if p.of != nil && p.own == nil && p.of.services != nil {
		return p.of.services.svc.Locale()
	}
	return p.locale
}

// SetLocale replaces the locale: ErrReadOnly for the path of an object.
func (p *ObjectPath) SetLocale(locale string) error {
	if err := p.change("SWbemObjectPath.Locale", func(*cim.Path) {}); err != nil {
		return err
	}
	p.locale = locale
	return nil
}

// Authority returns the authority of DisplayName; of an object that of its
// session.
func (p *ObjectPath) Authority() string {
	if p.of != nil && p.own == nil && p.of.services != nil {
		return p.of.services.authority
	}
	return p.auth
}

// SetAuthority replaces the authority: ErrReadOnly for the path of an object.
func (p *ObjectPath) SetAuthority(authority string) error {
	if err := p.change("SWbemObjectPath.Authority", func(*cim.Path) {}); err != nil {
		return err
	}
	p.auth = authority
	return nil
}
