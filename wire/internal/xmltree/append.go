package xmltree

import (
	"strconv"

	xml "openwmi/cim/cimxml"
)

// Append appends an element as XML. It binds a prefix for each namespace where it
// is used.
func Append(b []byte, n *Node) []byte {
	b = append(b, '<')
	if n.Space != "" {
		b = append(b, "e:"...)
	}
	b = append(b, n.Local...)
	if n.Space != "" {
		b = xml.AppendAttr(b, "xmlns:e", n.Space)
	}
	for i, a := range n.Attrs {
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
		b = Append(b, c)
	}
	b = append(b, "</"...)
	if n.Space != "" {
		b = append(b, "e:"...)
	}
	b = append(b, n.Local...)
	return append(b, '>')
}
