package wsman

import "openwmi/wire/internal/xmltree"

// WS-Addressing has two versions that are in use: the submission of 2004, in which
// WinRM speaks, and that of W3C, which WS-Management has allowed as well since 1.1.
// Requests are read in either, and answered in the same; inside there is only the
// first. DSP0226 5.1
const (
	nsAddressingW3C = "http://www.w3.org/2005/08/addressing"
	anonymousW3C    = nsAddressingW3C + "/anonymous"
)

// unify turns a message in the addressing of W3C into one in that of 2004, and
// reports whether it was one.
func unify(root *xmltree.Node) (w3c bool) {
	if root.Child(nsSOAP, "Header").Child(nsAddressingW3C, "Action") == nil {
		return false
	}
	rename(root)
	return true
}

func rename(n *xmltree.Node) {
	if n.Space == nsAddressingW3C {
		n.Space = nsAddressing
		if n.Local == "Address" && n.Value() == anonymousW3C {
			n.Text = anonymous
		}
	}
	for _, c := range n.Children {
		rename(c)
	}
}

// prefixesIn returns the prefixes of envelopes in the addressing of W3C or of 2004.
func prefixesIn(w3c bool) string {
	if w3c {
		return prefixesW3C
	}
	return prefixes
}

func anonymousIn(w3c bool) string {
	if w3c {
		return anonymousW3C
	}
	return anonymous
}

// w3cFaults are the names that W3C has given to faults of addressing.
var w3cFaults = map[string]string{
	"a:InvalidMessageInformationHeader":  "a:InvalidAddressingHeader",
	"a:MessageInformationHeaderRequired": "a:MessageAddressingHeaderRequired",
}

// names returns the action and the subcode of faults of a kind.
func (k *faultKind) names(w3c bool) (action, subcode string) {
	action, subcode = k.action, k.subcode
	if w3c {
		if action == actionFaultAddresses {
			action = nsAddressingW3C + "/fault"
		}
		if name, ok := w3cFaults[subcode]; ok {
			subcode = name
		}
	}
	return action, subcode
}
