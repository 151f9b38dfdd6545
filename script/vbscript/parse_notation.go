package vbscript

import "strings"

// marked reads an argument in the notation of the reference pages of WMI, in which the
// call of SWbemServicesEx.PutAsync is printed there:
//
//	objServices.PutAsync( _
//	  ByVal objSink, _
//	  ByVal objObject, _
//	  [ ByVal iFlags ] _
//	)
//
// ByVal marks an argument, and brackets one that can be left out; a name in brackets that
// has no value passes Empty. It returns nil for an argument without a mark. The pages put
// such calls into parentheses, so a statement may have them around marked arguments,
// which is error 1044 for others.
// ("Document Conventions for the Scripting API")
func (p *parser) marked() exprNode {
	t := p.peek()
	if p.is("byval") {
		p.i++
		p.marks = true
		return p.expr()
	}
	if t.kind != tName || !t.quote {
		return nil
	}
	words := strings.Fields(t.text)
	if len(words) != 2 || fold(words[0]) != "byval" {
		return nil
	}
	p.i++
	p.marks = true
	return &nameNode{t.pos, fold(words[1]), words[1]}
}
