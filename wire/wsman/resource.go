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
	baseAlias     = "http://schemas.microsoft.com/wbem/wsman/1/wmi"
)

// vendors are the schemas whose classes have URIs of their own. DSP0230 8.1
const vendorInfix = "/wbem/wscim/1/cim-schema/2/"

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
}

// parseResource reads a resource URI.
func parseResource(uri string) (resource, error) {
	r := resource{uri: uri}
	path, _, _ := strings.Cut(uri, "?")
	i := strings.LastIndexByte(path, '/')
	if i < 0 || i == len(path)-1 {
		return r, invalidResource(uri)
	}
	r.base, r.class = path[:i+1], path[i+1:]
	switch {
	case hasPrefixFold(path, baseMicrosoft):
		names := r.base[len(baseMicrosoft):]
		r.namespace = strings.ReplaceAll(strings.Trim(names, "/"), "/", `\`)
		if r.namespace == "" {
			return r, invalidResource(uri)
		}
	case strings.EqualFold(r.base, baseDMTF), strings.EqualFold(r.base, baseAll) && r.class == "*":
	case hasPrefixFold(path, "http://schemas.") && strings.Contains(path, vendorInfix):
	default:
		return r, invalidResource(uri)
	}
	if r.class != "*" && !isName(r.class) {
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
	if strings.EqualFold(r.base, baseAll) {
		return baseDMTF + class
	}
	return r.base + class
}

// in returns the URI of an object that may be in another namespace.
func (r resource) in(at *cim.Origin, class string) string {
	if at == nil || r.namespace == "" || cim.EqualNames(at.Namespace, r.namespace) {
		return r.of(class)
	}
	return baseMicrosoft + strings.ReplaceAll(at.Namespace, `\`, "/") + "/" + class
}
