package wsman

import (
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// Bases of resource URIs, before the namespace or class.
const (
	baseDMTF      = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
	baseAll       = "http://schemas.dmtf.org/wbem/wscim/1/"
	baseMicrosoft = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"
)

// Vendors have URIs of their own for the classes of their schemas: a host, this,
// and the name of a schema such as cim-schema/2. DSP0230 8.1
const (
	vendorInfix  = "/wbem/wscim/1/"
	vendorSchema = "-schema/"
)

// selectorNamespace is the selector that names a namespace. DSP0227
const selectorNamespace = "__cimnamespace"

// defaultNamespace is where resources of DMTF are that name none.
const defaultNamespace = `root\cimv2`

// A resource is what a resource URI means.
type resource struct {
	uri       string
	base      string // before the class
	namespace string // "" if the URI does not say it
	class     string // "*" for all
	home      string // the namespace of references that name none
	w3c       bool   // references to it are in the addressing of W3C
}

// parseResource reads a resource URI. Selectors have no place in it.
func parseResource(uri string) (resource, error) {
	r := resource{uri: uri}
	i := strings.LastIndexByte(uri, '/')
	r.base, r.class = uri[:i+1], uri[i+1:]
	if r.class != "*" && !isName(r.class) {
		return r, invalidResource(uri)
	}
	switch {
	case hasPrefixFold(uri, baseMicrosoft):
		r.namespace = namespaceOf(r.base[len(baseMicrosoft):])
		if r.namespace == "" {
			return r, invalidResource(uri)
		}
	case strings.EqualFold(r.base, baseDMTF), strings.EqualFold(r.base, baseAll) && r.class == "*":
	case hasPrefixFold(uri, "http://") && strings.Contains(r.base, vendorInfix) && strings.Contains(r.base, vendorSchema):
	default:
		return r, invalidResource(uri)
	}
	return r, nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isName reports whether s can name a class or property, so that it can stand in
// a query as it is.
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && !('0' <= r && r <= '9') && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && r < 0x80
	})
}

func invalidResource(uri string) error {
	return newFault(faultDestinationUnreachable, "InvalidResourceURI", wbem.InvalidNamespace, "%.200s is no resource here", uri)
}

// of returns the URI of a class in the same family as r.
func (r resource) of(class string) string {
	if r.namespace == "" && (hasPrefixFold(class, "CIM_") || strings.EqualFold(r.base, baseAll)) {
		return baseDMTF + class
	}
	return r.base + class
}

// in returns the URI of the class of an object that may be in another namespace.
func (r resource) in(at *cim.Origin, class string) string {
	if at == nil || r.namespace == "" || cim.EqualNames(at.Namespace, r.namespace) {
		return r.of(class)
	}
	return baseOf(at.Namespace) + class
}

// baseOf returns what precedes a class in a resource URI of Microsoft.
func baseOf(namespace string) string {
	return baseMicrosoft + strings.ReplaceAll(namespace, `\`, "/") + "/"
}

func namespaceOf(text string) string {
	return strings.Trim(strings.ReplaceAll(strings.TrimSpace(text), "/", `\`), `\`)
}
