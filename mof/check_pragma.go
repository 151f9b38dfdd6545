package mof

import "openwmi/cim"

func (c *checker) pragma(p *Pragma) {
	switch p.Kind {
	case NamespacePragma:
		if _, _, ok := p.Namespace(); !ok {
			c.errorf(p.Span, cim.MOFInvalidNamespaceSyntax, `expected a namespace such as "\\\\.\\root\\cimv2", with each backslash doubled`)
		}
	case AmendmentPragma:
		if _, ok := p.Locale(); !ok {
			c.errorf(p.Span, cim.MOFInvalidAmendmentSyntax, `expected amendment("MS_xxx") with a hexadecimal locale`)
		}
		if c.amendment {
			c.errorf(p.Span, cim.MOFInvalidDuplicateAmendment, "the amendment is already given")
		}
		c.amendment = true
	case ClassFlagsPragma, InstanceFlagsPragma:
		if _, wrong := p.Flags(); wrong != nil {
			words := "createonly, updateonly"
			if p.Kind == ClassFlagsPragma {
				words += ", safeupdate, forceupdate"
			}
			c.errorf(wrong.Range(), cim.MOFInvalidFlagsSyntax, "expected flags in quotes: %s", words)
		}
	case DeleteClassPragma, DeleteInstancePragma:
		if _, _, ok := p.Target(); !ok {
			c.errorf(p.Span, p.Kind.fault(cim.MOFInvalidPragma), `expected %s("name", FAIL) or %[1]s("name", NOFAIL)`, p.Name.Name)
		}
	}
}
