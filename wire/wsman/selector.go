package wsman

import (
	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// A selector is a part of what names an instance.
type selector struct {
	name string
	text string
	path *cim.Path // of an endpoint reference
}

// children returns the children of a node that have a name.
func children(n *xmltree.Node, space, local string) []*xmltree.Node {
	if n == nil {
		return nil
	}
	var found []*xmltree.Node
	for _, c := range n.Children {
		if c.Space == space && c.Local == local {
			found = append(found, c)
		}
	}
	return found
}

// readSelectors reads a SelectorSet, nil for none.
func readSelectors(n *xmltree.Node, depth int) ([]selector, error) {
	var all []selector
	for _, c := range children(n, nsWSMan, "Selector") {
		s := selector{name: c.Attr("", "Name"), text: c.Text}
		if len(all) == maxSelectors {
			return nil, newFault(faultInvalidSelectors, "SelectorLimit", wbem.QuotaViolation, "there are more than %d selectors", maxSelectors)
		}
		if s.name == "" {
			return nil, newFault(faultInvalidSelectors, "UnexpectedSelectors", wbem.InvalidObjectPath, "a selector has no name")
		}
		for _, before := range all {
			if cim.EqualNames(before.name, s.name) {
				return nil, newFault(faultInvalidSelectors, "DuplicateSelectors", wbem.InvalidObjectPath, "selector %.60q stands there twice", s.name)
			}
		}
		if epr := c.Child(nsAddressing, "EndpointReference"); epr != nil {
			p, err := readNested(epr, depth+1)
			if err != nil {
				return nil, err
			}
			if len(p.String()) > maxReference {
				return nil, newFault(faultInvalidSelectors, "", wbem.QuotaViolation, "a reference has more than %d characters", maxReference)
			}
			s.path = &p
		}
		all = append(all, s)
	}
	return all, nil
}

// References stand in the keys of references at most so deep, and as text are at
// most so long, since the quotes in it double with each.
const (
	maxReferences = 8
	maxReference  = 64 << 10
)

// readEPR reads an endpoint reference as the path of the object that it names.
func readEPR(n *xmltree.Node) (cim.Path, error) { return readNested(n, 0) }

func readNested(n *xmltree.Node, depth int) (cim.Path, error) {
	if depth > maxReferences {
		return cim.Path{}, newFault(faultInvalidSelectors, "", wbem.QuotaViolation, "references stand more than %d deep", maxReferences)
	}
	params := n.Child(nsAddressing, "ReferenceParameters")
	r, err := parseResource(params.Child(nsWSMan, "ResourceURI").Value())
	if err != nil {
		return cim.Path{}, err
	}
	selectors, err := readSelectors(params.Child(nsWSMan, "SelectorSet"), depth)
	if err != nil {
		return cim.Path{}, err
	}
	return pathOf(r, selectors), nil
}

// pathOf returns the path that a resource and selectors name: the keys are text,
// whatever their types.
func pathOf(r resource, selectors []selector) cim.Path {
	p := cim.Path{Namespace: r.namespace, Class: r.class}
	for _, s := range selectors {
		switch {
		case cim.EqualNames(s.name, selectorNamespace):
			if p.Namespace == "" {
				p.Namespace = namespaceOf(s.text)
			}
		case s.path != nil:
			p.Keys = append(p.Keys, cim.Key{Name: s.name, Text: s.path.String(), Quoted: true})
		default:
			p.Keys = append(p.Keys, cim.Key{Name: s.name, Text: s.text, Quoted: true})
		}
	}
	return p
}
