package xmltree

import (
	"strconv"

	xml "openwmi/cim/cimxml"
)

// Append appends an element as XML, and reports whether b has no more than max
// bytes then; what it appends otherwise is of no use. It binds a prefix for each
// namespace where it is used, so that many short elements in a namespace with a
// long name can have far more bytes than the document they are from.
func Append(b []byte, n *Node, max int) ([]byte, bool) {
	b = append(b, '<')
	if n.Space != "" {
		b = append(b, "e:"...)
	}
	b = append(b, n.Local...)
	if n.Space != "" {
		b = xml.AppendAttr(b, "xmlns:e", n.Space)
	}
	for i, a := range n.Attrs {
		if len(b) > max {
			return b, false
		}
		switch a.Space {
		case "":
			b = xml.AppendAttr(b, a.Local, a.Value)
		case "http://www.w3.org/XML/1998/namespace":
			b = xml.AppendAttr(b, "xml:"+a.Local, a.Value)
		default:
			p := "a" + strconv.Itoa(i)
			b = xml.AppendAttr(b, "xmlns:"+p, a.Space)
			b = xml.AppendAttr(b, p+":"+a.Local, a.Value)
		}
	}
	b = append(b, '>')
	b = xml.AppendText(b, n.Text)
	for _, c := range n.Children {
		var ok bool
		if b, ok = Append(b, c, max); !ok {
			return b, false
		}
	}
	b = append(b, "</"...)
	if n.Space != "" {
		b = append(b, "e:"...)
	}
	b = append(b, n.Local...)
	b = append(b, '>')
	return b, len(b) <= max
}
