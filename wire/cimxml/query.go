package cimxml

import (
	"errors"
	"iter"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// languageOf returns the language in which the contract takes a query: the parts
// that WQL, CQL and FQL share are written in the same way.
func languageOf(name string) (string, error) {
	switch strings.ToUpper(name) {
	case "WQL", "DMTF:CQL", "CQL", "CIM:CQL":
		return "WQL", nil
	}
	return "", coded(QueryLanguageNotSupported, "%.40q is none of WQL and DMTF:CQL", name)
}

// query yields what a query finds.
func (o *operation) query(language, text string, opts wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		for obj, err := range o.svc.Query(o.ctx, language, text, opts) {
			switch {
			case errors.Is(err, wbem.SPartialResults):
				return
			case errors.Is(err, wbem.InvalidClass):
				err = &codedError{InvalidClass, err}
			}
			if !yield(obj, err) || err != nil {
				return
			}
		}
	}
}

func execQuery(o *operation) error {
	name, ok := o.text("QueryLanguage")
	o.required("QueryLanguage", ok)
	text, ok := o.text("Query")
	o.required("Query", ok)
	if err := o.finish(); err != nil {
		return err
	}
	language, err := languageOf(name)
	if err != nil {
		return err
	}
	e := o.encoder()
	o.begin()
	for obj, err := range o.query(language, text, reads(e)) {
		if err != nil {
			return err
		}
		if err := o.append(func(b []byte) ([]byte, error) { return appendQueried(e, b, obj) }); err != nil {
			return err
		}
	}
	return nil
}

// appendQueried appends an object with its path or, if the query has left out
// a key, without.
func appendQueried(e *xml.Encoder, b []byte, obj cim.Object) ([]byte, error) {
	if c, err := e.Append(b, obj, xml.WithPath); err == nil {
		return c, nil
	}
	return e.Append(b, obj, xml.Object)
}
