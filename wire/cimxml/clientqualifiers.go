package cimxml

import (
	"context"
	"iter"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// qualifierOperation carries out one of the operations on declarations of
// qualifiers, which are those of every server.
func (p *place) qualifierOperation(ctx context.Context, method, name string, params []byte, yield func(*cim.QualifierDecl) bool) error {
	if err := p.usable(); err != nil {
		return wbem.NewError(method, name, err)
	}
	a, err := p.client.post(ctx, p.namespace, method, params)
	if err != nil {
		return wbem.NewError(method, name, err)
	}
	defer a.end()
	for tag := range a.elements {
		if tag != "QUALIFIER.DECLARATION" {
			a.d.Skip()
			continue
		}
		a.next()
		q, err := a.d.QualifierDecl()
		if err != nil {
			return wbem.NewError(method, name, readError(ctx, err))
		}
		if !yield(q) {
			return nil // the rest is of no interest
		}
	}
	if a.err == nil {
		a.err = a.late()
	}
	if a.err != nil {
		return wbem.NewError(method, name, readError(ctx, a.err))
	}
	return nil
}

// GetQualifier implements wbem.QualifierStore.
func (p *place) GetQualifier(ctx context.Context, name string) (decl *cim.QualifierDecl, err error) {
	const method = "GetQualifier"
	err = p.qualifierOperation(ctx, method, name, appendTextParam(nil, "QualifierName", name),
		func(q *cim.QualifierDecl) bool { decl = q; return true })
	if err == nil && decl == nil {
		err = wbem.NewError(method, name, cim.Errorf(wbem.TransportFailure, "the answer has no declaration"))
	}
	return decl, err
}

// SetQualifier implements wbem.QualifierStore.
func (p *place) SetQualifier(ctx context.Context, decl *cim.QualifierDecl, o wbem.Options) error {
	b := []byte(`<IPARAMVALUE NAME="QualifierDeclaration">`)
	b = new(xml.Encoder).AppendQualifierDecl(b, decl)
	b = append(b, "</IPARAMVALUE>"...)
	return p.qualifierOperation(ctx, "SetQualifier", decl.Name, b, func(*cim.QualifierDecl) bool { return true })
}

// DeleteQualifier implements wbem.QualifierStore.
func (p *place) DeleteQualifier(ctx context.Context, name string) error {
	return p.qualifierOperation(ctx, "DeleteQualifier", name, appendTextParam(nil, "QualifierName", name),
		func(*cim.QualifierDecl) bool { return true })
}

// Qualifiers implements wbem.QualifierStore.
func (p *place) Qualifiers(ctx context.Context) iter.Seq2[*cim.QualifierDecl, error] {
	return func(yield func(*cim.QualifierDecl, error) bool) {
		left := false
		err := p.qualifierOperation(ctx, "EnumerateQualifiers", "", nil, func(q *cim.QualifierDecl) bool {
			left = !yield(q, nil)
			return !left
		})
		if err != nil && !left {
			yield(nil, err)
		}
	}
}
