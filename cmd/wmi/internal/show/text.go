package show

import (
	"fmt"
	"io"

	"openwmi/cim"
	"openwmi/cim/cimxml"
	"openwmi/internal/source"
	"openwmi/mof"
)

// A mofPrinter writes objects as MOF declarations, a blank line between two: in
// the form of GetObjectText, or laid out for people.
type mofPrinter struct {
	w       io.Writer
	layOut  bool
	b       []byte
	started bool
}

// Print implements Printer.
func (p *mofPrinter) Print(o cim.Object) error {
	p.b = mof.Append(p.b[:0], o, mof.TextOptions{})
	text := p.b[1:] // without the line end it begins with
	if p.layOut {
		text = layOut(text)
	}
	if p.started {
		if _, err := io.WriteString(p.w, "\n"); err != nil {
			return err
		}
	}
	p.started = true
	_, err := p.w.Write(text)
	return err
}

// Release implements Printer.
func (p *mofPrinter) Release() error { return nil }

// Close implements Printer.
func (p *mofPrinter) Close() error { return nil }

// layOut returns MOF text in the canonical Layout, with short lines.
func layOut(text []byte) []byte {
	var list source.List
	tree := mof.Parse(source.NewFile("", string(text)), mof.Options{}, &list)
	if list.Err() != nil {
		return text
	}
	return []byte(mof.Format(tree))
}

// A jsonPrinter writes objects as JSON, one on each line.
type jsonPrinter struct {
	w io.Writer
	b []byte
}

// Print implements Printer.
func (p *jsonPrinter) Print(o cim.Object) error {
	p.b = append(cim.AppendJSON(p.b[:0], o), '\n')
	_, err := p.w.Write(p.b)
	return err
}

// Release implements Printer.
func (p *jsonPrinter) Release() error { return nil }

// Close implements Printer.
func (p *jsonPrinter) Close() error { return nil }

// An xmlPrinter writes a CIM-XML document that declares the objects, with their
// paths, or without if the first has none (DSP0201 3.2.1: CIM, DECLARATION,
// DECLGROUP.WITHPATH or DECLGROUP).
type xmlPrinter struct {
	w     io.Writer
	form  cimxml.Form // of an object
	group string      // of the objects; "" before the first
	enc   cimxml.Encoder
	b     []byte
}

const (
	xmlHead = `<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<CIM CIMVERSION="2.0" DTDVERSION="2.0">` + "\n<DECLARATION>\n<%s>\n"
	xmlTail = "</%s>\n</DECLARATION>\n</CIM>\n"
)

func newXMLPrinter(w io.Writer) *xmlPrinter {
	return &xmlPrinter{w: w, enc: cimxml.Encoder{Qualifiers: true, ClassOrigin: true}}
}

// begin begins the document if nothing was written yet.
func (p *xmlPrinter) begin(paths bool) error {
	if p.group != "" {
		return nil
	}
	p.form, p.group = cimxml.Object, "DECLGROUP"
	if paths {
		p.form, p.group = cimxml.WithPath, "DECLGROUP.WITHPATH"
	}
	_, err := fmt.Fprintf(p.w, xmlHead, p.group)
	return err
}

// Print implements Printer.
func (p *xmlPrinter) Print(o cim.Object) error {
	path, _ := cim.System(o, "__PATH")
	if err := p.begin(!path.IsNull()); err != nil {
		return err
	}
	b, err := p.enc.Append(p.b[:0], o, p.form)
	if err != nil {
		return err
	}
	p.b = append(b, '\n')
	_, err = p.w.Write(p.b)
	return err
}

// Release implements Printer.
func (p *xmlPrinter) Release() error { return nil }

// Close implements Printer.
func (p *xmlPrinter) Close() error {
	if err := p.begin(true); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.w, xmlTail, p.group)
	return err
}
