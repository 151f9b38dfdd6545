package cimxml

import (
	"openwmi/wbem"
)

// qualifiers returns what keeps declarations of qualifiers, if the server does.
func (o *operation) qualifiers() (wbem.QualifierStore, error) {
	q, ok := o.svc.(wbem.QualifierStore)
	if !ok {
		return nil, coded(NotSupported, "qualifiers are not declared here")
	}
	return q, nil
}

func getQualifier(o *operation) error {
	name, ok := o.text("QualifierName")
	o.required("QualifierName", ok)
	if err := o.finish(); err != nil {
		return err
	}
	q, err := o.qualifiers()
	if err != nil {
		return err
	}
	decl, err := q.GetQualifier(o.ctx, name)
	if err != nil {
		return err
	}
	o.begin()
	return o.append(func(b []byte) ([]byte, error) { return o.encoder().AppendQualifierDecl(b, decl), nil })
}

func setQualifier(o *operation) error {
	p := o.take("QualifierDeclaration", "QUALIFIER.DECLARATION")
	o.required("QualifierDeclaration", p != nil)
	if err := o.finish(); err != nil {
		return err
	}
	q, err := o.qualifiers()
	if err != nil {
		return err
	}
	return q.SetQualifier(o.ctx, p.qual, wbem.Options{})
}

func deleteQualifier(o *operation) error {
	name, ok := o.text("QualifierName")
	o.required("QualifierName", ok)
	if err := o.finish(); err != nil {
		return err
	}
	q, err := o.qualifiers()
	if err != nil {
		return err
	}
	return q.DeleteQualifier(o.ctx, name)
}

func enumerateQualifiers(o *operation) error {
	if err := o.finish(); err != nil {
		return err
	}
	q, err := o.qualifiers()
	if err != nil {
		return err
	}
	e := o.encoder()
	o.begin()
	for decl, err := range q.Qualifiers(o.ctx) {
		if err != nil {
			return err
		}
		if err := o.append(func(b []byte) ([]byte, error) { return e.AppendQualifierDecl(b, decl), nil }); err != nil {
			return err
		}
	}
	return nil
}
