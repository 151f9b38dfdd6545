package mof

import (
	"openwmi/cim"
	"openwmi/internal/source"
)

// ParseText decodes, parses and checks a text whose name is for messages. With
// errors it returns none the less the tree of what could be read. The error
// lists all that is wrong: its method Render writes each with its line, and its
// status is that of the first. Warnings alone are no error.
func ParseText(name string, text []byte, opt Options) (*File, error) {
	src, _, err := source.Decode(name, text)
	if err != nil {
		return nil, cim.Errorf(cim.MOFInvalidFile, "%s: %v", name, err)
	}
	var list source.List
	f := Parse(src, opt, &list)
	Check(f, opt.Dialect, &list)
	if list.Err() == nil {
		return f, nil
	}
	return f, &textError{&list}
}

// A textError is a list of what is wrong, with a status.
type textError struct{ *source.List }

func (e *textError) Unwrap() []error {
	errs := e.List.Unwrap()
	for _, d := range e.All() {
		if d.Severity == source.Error {
			return append(errs, cim.Status(d.Code))
		}
	}
	return errs
}
