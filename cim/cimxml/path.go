package cimxml

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"openwmi/cim"
)

// AppendPath appends the element for a path by the parts that it has:
// INSTANCENAME or CLASSNAME; with a namespace LOCALINSTANCEPATH or
// LOCALCLASSPATH; with a server too INSTANCEPATH or CLASSPATH; without a class
// LOCALNAMESPACEPATH or NAMESPACEPATH. The server "." counts as none.
//
// The types of keys follow from the class, if e.Classes returns it, else only
// string, boolean and numeric are told apart.
func (e *Encoder) AppendPath(b []byte, p cim.Path) []byte {
	server := p.Server
	if server == "." || p.Namespace == "" {
		server = ""
	}
	if p.Class == "" && p.Namespace != "" {
		return appendNamespace(b, server, p.Namespace)
	}
	tag := pathTag(p.IsInstance(), p.Namespace != "", server != "")
	if p.Namespace != "" {
		b = open(b, tag)
		b = appendNamespace(b, server, p.Namespace)
	}
	if p.IsInstance() {
		b = e.appendKeys(b, p)
	} else {
		b = appendClassName(b, p.Class)
	}
	if p.Namespace != "" {
		b = shut(b, tag)
	}
	return b
}

func pathTag(instance, namespace, server bool) string {
	switch {
	case !namespace:
		return ""
	case instance && server:
		return "INSTANCEPATH"
	case instance:
		return "LOCALINSTANCEPATH"
	case server:
		return "CLASSPATH"
	}
	return "LOCALCLASSPATH"
}

// appendNamespace appends LOCALNAMESPACEPATH or, with a server, NAMESPACEPATH.
func appendNamespace(b []byte, server, namespace string) []byte {
	if server != "" {
		b = append(b, "<NAMESPACEPATH><HOST>"...)
		b = AppendText(b, server)
		b = append(b, "</HOST>"...)
	}
	b = append(b, "<LOCALNAMESPACEPATH>"...)
	for rest, more := namespace, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, `\`)
		b = append(b, "<NAMESPACE"...)
		b = AppendAttr(b, "NAME", name)
		b = append(b, "/>"...)
	}
	b = append(b, "</LOCALNAMESPACEPATH>"...)
	if server != "" {
		b = append(b, "</NAMESPACEPATH>"...)
	}
	return b
}

func appendClassName(b []byte, name string) []byte {
	b = append(b, "<CLASSNAME"...)
	b = AppendAttr(b, "NAME", name)
	return append(b, "/>"...)
}

// appendKeys appends the INSTANCENAME of a path.
func (e *Encoder) appendKeys(b []byte, p cim.Path) []byte {
	b = append(b, "<INSTANCENAME"...)
	b = AppendAttr(b, "CLASSNAME", p.Class)
	if len(p.Keys) == 0 {
		return append(b, "/>"...)
	}
	b = append(b, '>')
	var class *cim.Class
	if e.Classes != nil {
		class, _ = e.Classes(p.Class)
	}
	for _, k := range p.Keys {
		if k.Name == "" && class != nil && len(class.Keys()) == 1 {
			k.Name = class.Properties()[class.Keys()[0]].Name()
		}
		if k.Name != "" {
			b = append(b, "<KEYBINDING"...)
			b = AppendAttr(b, "NAME", k.Name)
			b = append(b, '>')
		}
		var t cim.Type
		if class != nil {
			if prop := class.Property(k.Name); prop != nil {
				t = prop.Type()
			}
		}
		b = e.appendKey(b, k, t)
		if k.Name != "" {
			b = append(b, "</KEYBINDING>"...)
		}
	}
	return append(b, "</INSTANCENAME>"...)
}

// appendKey appends a key of type t, zero if that is not known.
func (e *Encoder) appendKey(b []byte, k cim.Key, t cim.Type) []byte {
	if t != 0 {
		if v, err := k.Value(t); err == nil {
			return e.appendKeyValue(b, v)
		}
	}
	kind := "numeric"
	switch {
	case k.Quoted:
		kind = "string"
	case strings.EqualFold(k.Text, "TRUE") || strings.EqualFold(k.Text, "FALSE"):
		kind = "boolean"
	}
	b = append(b, "<KEYVALUE"...)
	b = AppendAttr(b, "VALUETYPE", kind)
	b = append(b, '>')
	b = AppendText(b, k.Text)
	return append(b, "</KEYVALUE>"...)
}

// appendKeyValue appends KEYVALUE or VALUE.REFERENCE.
func (e *Encoder) appendKeyValue(b []byte, v cim.Value) []byte {
	if v.Type() == cim.TypeReference {
		return e.appendReference(b, v.Text())
	}
	b = appendKeyHead(b, v.Type())
	b = appendScalar(b, v)
	return append(b, "</KEYVALUE>"...)
}

func appendKeyHead(b []byte, t cim.Type) []byte {
	kind := "string"
	switch {
	case t == cim.TypeBoolean:
		kind = "boolean"
	case t.IsInteger():
		kind = "numeric"
	}
	b = append(b, `<KEYVALUE VALUETYPE="`...)
	b = append(b, kind...)
	b = append(b, `" TYPE="`...)
	b = append(b, t.String()...)
	return append(b, `">`...)
}

// AppendInstanceName appends the INSTANCENAME of an instance, with the types of
// its keys. The error is InvalidObjectPath, as for Append.
func (e *Encoder) AppendInstanceName(b []byte, inst *cim.Instance) ([]byte, error) {
	p := e.planOf(inst.Class())
	start := len(b)
	b = append(b, "<INSTANCENAME"...)
	b = AppendAttr(b, "CLASSNAME", inst.ClassName())
	if inst.Class().IsSingleton() {
		return append(b, "/>"...), nil
	}
	if len(p.keys) == 0 {
		return b[:start], cim.Errorf(cim.InvalidObjectPath, "class %s has no key", inst.ClassName())
	}
	b = append(b, '>')
	for i := range p.keys {
		k := &p.keys[i]
		v := inst.At(k.index)
		if v.IsNull() {
			return b[:start], cim.Errorf(cim.InvalidObjectPath, "key %s.%s is NULL", inst.ClassName(), inst.Class().Properties()[k.index].Name())
		}
		b = append(b, p.of(k.head)...)
		if k.reference {
			b = e.appendReference(b, v.Text())
		} else {
			b = appendScalar(b, v)
		}
		b = append(b, k.tail...)
	}
	return append(b, "</INSTANCENAME>"...), nil
}

// appendPathOf appends the path of an object, with or without its server.
func (e *Encoder) appendPathOf(b []byte, o cim.Object, server bool) ([]byte, error) {
	at := o.Origin()
	if at == nil {
		return b, cim.Errorf(cim.InvalidObjectPath, "%s is stored nowhere", describe(o))
	}
	host := ""
	if server {
		if host = at.Server; host == "" {
			host = "."
		}
	}
	inst, isInstance := o.(*cim.Instance)
	tag := pathTag(isInstance, true, server)
	b = open(b, tag)
	b = appendNamespace(b, host, at.Namespace)
	if isInstance {
		var err error
		if b, err = e.AppendInstanceName(b, inst); err != nil {
			return b, err
		}
	} else {
		b = appendClassName(b, o.ClassName())
	}
	return shut(b, tag), nil
}

// appendReference appends VALUE.REFERENCE for the path of an object. A text that
// is none is kept as the name of a class, for want of another place.
func (e *Encoder) appendReference(b []byte, text string) []byte {
	b = append(b, "<VALUE.REFERENCE>"...)
	if p, ok := parseReference(text); ok {
		b = e.AppendPath(b, p)
	} else {
		b = appendClassName(b, text)
	}
	return append(b, "</VALUE.REFERENCE>"...)
}

// parseReference reads the path of an object. Unlike cim.ParsePath it takes any
// server name: that of a HOST element may have a port.
func parseReference(s string) (cim.Path, bool) {
	server := ""
	if len(s) > 2 && (s[0] == '\\' || s[0] == '/') && (s[1] == '\\' || s[1] == '/') {
		i := strings.IndexAny(s[2:], `\/`)
		if i <= 0 {
			return cim.Path{}, false
		}
		server, s = s[2:2+i], s[2+i+1:]
	}
	p, err := cim.ParsePath(s)
	if err != nil || p.Class == "" || server != "" && p.Namespace == "" {
		return cim.Path{}, false
	}
	p.Server = server
	return p, true
}

// Path reads the current element, which is one of those that AppendPath appends,
// OBJECTPATH or VALUE.REFERENCE.
func (d *Decoder) Path() (cim.Path, error) {
	p := d.path()
	if d.err != nil {
		return cim.Path{}, d.err
	}
	return p, nil
}

func (d *Decoder) path() (p cim.Path) {
	switch string(d.Name()) {
	case "CLASSNAME", "INSTANCENAME":
		d.pathPart(&p)
	case "LOCALNAMESPACEPATH", "NAMESPACEPATH":
		d.pathPart(&p)
		if p.Namespace == "" {
			d.invalid("a namespace path has no NAMESPACE")
		}
	case "CLASSPATH", "INSTANCEPATH", "LOCALCLASSPATH", "LOCALINSTANCEPATH", "OBJECTPATH", "VALUE.REFERENCE":
		d.pathPart(&p)
		if p.Class == "" {
			d.invalid("a path has neither CLASSNAME nor INSTANCENAME")
		}
	default:
		d.invalid("%s stands where a path should", d.Name())
	}
	return p
}

// pathPart adds what the current element says to p.
func (d *Decoder) pathPart(p *cim.Path) {
	switch string(d.Name()) {
	case "HOST":
		if p.Server != "" {
			d.invalid("a path has two HOST")
		}
		p.Server = string(bytes.TrimSpace(d.chars()))
		if strings.ContainsAny(p.Server, `\/`) {
			d.invalid("HOST %.60q is not the name of a server", p.Server)
		}
	case "NAMESPACE":
		d.namespace(p)
		d.Skip()
	case "CLASSNAME", "INSTANCENAME":
		if p.Class != "" {
			d.invalid("a path has a second %s", d.Name())
		}
		if string(d.Name()) == "INSTANCENAME" {
			d.instanceName(p)
			return
		}
		// Clients name no class with NAME="".
		name, ok := d.Attr("NAME")
		if !ok {
			d.invalid("CLASSNAME has no attribute NAME")
		}
		p.Class = name
		d.Skip()
	case "LOCALNAMESPACEPATH", "NAMESPACEPATH", "CLASSPATH", "INSTANCEPATH", "LOCALCLASSPATH", "LOCALINSTANCEPATH",
		"OBJECTPATH", "VALUE.REFERENCE":
		tag := string(d.Name())
		for d.Next() {
			d.pathPart(p)
		}
		if strings.HasSuffix(tag, "CLASSPATH") && p.IsInstance() || strings.HasSuffix(tag, "INSTANCEPATH") && !p.IsInstance() {
			d.invalid("%s is not the path of what it says", tag)
		}
	default:
		d.unexpected("a path")
	}
}

// namespace adds a NAMESPACE, of which some clients write only one with all of the
// path.
func (d *Decoder) namespace(p *cim.Path) {
	isSlash := func(r rune) bool { return r == '/' || r == '\\' }
	for _, name := range strings.FieldsFunc(d.require("NAME"), isSlash) {
		if strings.ContainsAny(name, `:"'`) {
			d.invalid("NAMESPACE %.60q is not a name", name)
		}
		if len(p.Namespace)+len(name) > cim.MaxPath {
			d.failf(cim.QuotaViolation, "a namespace path has more than %d bytes", cim.MaxPath)
			return
		}
		if p.Namespace != "" {
			name = p.Namespace + `\` + name
		}
		p.Namespace = name
	}
}

// instanceName reads INSTANCENAME. Without keys it is the singleton's.
func (d *Decoder) instanceName(p *cim.Path) {
	p.Class = d.require("CLASSNAME")
	if d.inName == 0 {
		d.keys = d.keys[:0]
	}
	d.inName++
	for d.Next() {
		if len(p.Keys) == cim.MaxKeys {
			d.failf(cim.QuotaViolation, "INSTANCENAME has more than %d keys", cim.MaxKeys)
			return
		}
		switch string(d.Name()) {
		case "KEYBINDING":
			d.keyBinding(p)
		case "KEYVALUE", "VALUE.REFERENCE":
			if len(p.Keys) > 0 {
				d.invalid("INSTANCENAME has more than one %s", d.Name())
			}
			p.Keys = append(p.Keys, d.key())
		default:
			d.unexpected("INSTANCENAME")
		}
	}
	d.inName--
	p.Singleton = len(p.Keys) == 0
}

func (d *Decoder) keyBinding(p *cim.Path) {
	name := d.require("NAME")
	for _, k := range p.Keys {
		if cim.EqualNames(k.Name, name) {
			d.invalid("INSTANCENAME has the key %s twice", name)
			return
		}
	}
	n := len(p.Keys)
	for d.Next() {
		switch string(d.Name()) {
		case "KEYVALUE", "VALUE.REFERENCE":
			if len(p.Keys) > n {
				d.invalid("KEYBINDING has more than one value")
			}
			k := d.key()
			k.Name = name
			p.Keys = append(p.Keys, k)
		default:
			d.unexpected("KEYBINDING")
		}
	}
	if len(p.Keys) == n {
		d.invalid("KEYBINDING has no value")
	}
}

// key reads KEYVALUE or VALUE.REFERENCE as a path shows the key (cim.NewKey).
func (d *Decoder) key() cim.Key {
	t := cim.TypeReference
	if string(d.Name()) == "KEYVALUE" {
		if t = typeOf(d.attr("TYPE")); t == 0 {
			t = typeOf(d.attr("VALUETYPE")) // where some write the type
		}
	}
	if d.inName == 1 {
		d.keys = append(d.keys, t)
	}
	if string(d.Name()) == "VALUE.REFERENCE" {
		return cim.Key{Text: d.referenceText(), Quoted: true}
	}
	kind := string(d.attr("VALUETYPE"))
	switch {
	case t == cim.TypeBoolean:
		kind = "boolean"
	case t.IsInteger():
		kind = "numeric"
	case t != 0:
		kind = "string"
	}
	text := d.chars()
	switch kind {
	case "boolean":
		v, err := parseBool(text)
		if err != nil {
			d.fail(err)
		}
		return cim.Key{Text: v.String()}
	case "numeric":
		text = bytes.TrimSpace(text)
		if !isNumber(text) {
			d.failf(cim.TypeMismatch, "key value %.60q is not a number", text)
		}
		return cim.Key{Text: string(text), Quoted: t.Bits() == 64 || !fits32(text)}
	case "string", "":
		return cim.Key{Text: string(text), Quoted: true}
	}
	d.invalid("VALUETYPE %.60q is none of string, boolean and numeric", kind)
	return cim.Key{}
}

// isNumber reports whether text is digits with a sign, hexadecimal, or a real.
func isNumber(text []byte) bool {
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		return len(bytes.Trim(text[2:], "0123456789abcdefABCDEF")) == 0
	}
	_, err := parseReal(text, 64)
	return err == nil
}

// fits32 reports whether text is an integer that a path may have without quotes.
func fits32(text []byte) bool {
	i, err := strconv.ParseInt(string(text), 0, 64)
	return err == nil && math.MinInt32 <= i && i <= math.MaxUint32 && (text[0] != '0' || len(text) == 1 || text[1]|0x20 == 'x')
}

// referenceText reads VALUE.REFERENCE as the text of the path. A path within a
// path has each of its quotes and backslashes escaped, which doubles them on
// every level; the limit on the length of a path keeps that small.
func (d *Decoder) referenceText() string {
	p := d.path()
	text := p.String()
	if cim.TooLong(text, 2*cim.MaxPath) {
		d.failf(cim.QuotaViolation, "the path of a reference has more than %d characters", 2*cim.MaxPath)
		return ""
	}
	return text
}
