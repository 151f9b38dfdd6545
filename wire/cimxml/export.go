package cimxml

import (
	"io"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// readExport reads the message of an export. method is what the header says of it,
// "" for nothing. The error is a *messageError or that of body.
func readExport(body io.Reader, method string) (*export, error) {
	r := &requestReader{d: xml.NewDecoder(body), req: &request{}}
	var e *export
	within := func(tag string, read func(tag string)) bool {
		if !r.d.Next() {
			return false
		}
		switch got := string(r.d.Name()); {
		case got == "MULTIEXPREQ":
			r.fail(&messageError{multiple, cim.Errorf(wbem.NotSupported, "a message has one indication")})
		case got != tag:
			r.fail(notValid("%.40s stands where %s should", got, tag))
		default:
			read(tag)
			r.children(func(tag string) { r.unexpected(tag, "a message with an indication") })
			return true
		}
		return false
	}
	within("CIM", func(string) {
		r.version("CIMVERSION", "2", "unsupported-cim-version")
		r.version("DTDVERSION", "2", "unsupported-dtd-version")
		within("MESSAGE", func(string) {
			id := r.attr("ID")
			r.version("PROTOCOLVERSION", "1", "unsupported-protocol-version")
			within("SIMPLEEXPREQ", func(string) {
				within("EXPMETHODCALL", func(string) {
					e = &export{id: id, method: r.attr("NAME")}
					r.export(e)
				})
			})
		})
	})
	err := r.err
	if err == nil {
		err = r.d.Err()
	}
	if err == nil && e == nil {
		err = notValid("the message exports nothing")
	}
	if err == nil && method != "" && !cim.EqualNames(method, e.method) {
		err = &messageError{"header-mismatch", cim.Errorf(wbem.InvalidParameter, "CIMExportMethod is %.60q, but the message asks for %.60q", method, e.method)}
	}
	return e, asMessageError(err)
}

// export reads the parameters of an export.
func (r *requestReader) export(e *export) {
	r.children(func(tag string) {
		if tag != "EXPPARAMVALUE" {
			r.unexpected(tag, "EXPMETHODCALL")
			return
		}
		name := r.attr("NAME")
		r.children(func(tag string) {
			if tag != "INSTANCE" || !cim.EqualNames(name, "NewIndication") || e.indication != nil {
				r.unexpected(tag, "EXPPARAMVALUE")
				return
			}
			e.indication, _ = r.d.Instance()
		})
	})
}
