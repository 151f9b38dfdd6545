package scripting

import (
	"openwmi/cim"
	"openwmi/cim/cimxml"
	"openwmi/mof"
)

// An ObjectTextFormat is a form of XML text (WbemObjectTextFormatEnum).
type ObjectTextFormat int32

// The forms of XML text.
const (
	ObjectTextFormatCIMDTD20 ObjectTextFormat = 1 // DMTF's
	ObjectTextFormatWMIDTD20 ObjectTextFormat = 2 // with the extensions of WMI
)

// GetObjectText returns the MOF text from which the object can be made again,
// without what it inherits (SWbemObject.GetObjectText_). The flag is
// TextFlagNoFlavors. The error is that of a local class which is not a good one.
func (o *Object) GetObjectText(flags Flags) (string, error) {
	const source = "SWbemObject.GetObjectText_"
	if err := onlyFlags(source, flags, TextFlagNoFlavors); err != nil {
		return "", err
	}
	c, err := o.content()
	if err != nil {
		return "", newError(source, err)
	}
	return mof.Text(c, mof.TextOptions{NoFlavors: flags&TextFlagNoFlavors != 0}), nil
}

// SetFromText is always ErrNotSupported: the member is reserved
// (SWbemObjectEx.SetFromText_).
func (o *Object) SetFromText(text string, format ObjectTextFormat, flags Flags, values *NamedValueSet) error {
	return fail("SWbemObjectEx.SetFromText_", ErrNotSupported, "objects are not made of text here")
}

// GetText returns the object as XML (SWbemObjectEx.GetText_). Flags are 0. The
// values say what goes into it:
//
//	LocalOnly                bool  only members that the class has or overrides itself
//	IncludeQualifiers        bool  qualifiers
//	IncludeClassOrigin       bool  which class introduced a member
//	ExcludeSystemProperties  bool  no system properties, which only the WMI form has
//	PathLevel                int   0 CLASS or INSTANCE, 1 VALUE.NAMEDOBJECT,
//	                               2 VALUE.OBJECTWITHLOCALPATH, 3 VALUE.OBJECTWITHPATH
//
// The error is ErrNotFound for another form, ErrInvalidParameter for another
// name or a value of another type, ErrInvalidObjectPath where the object has not
// the path that PathLevel needs, and that of a local class which is not a good
// one. ("SWbemObjectEx.GetText_ method"; scripting-api.md 8)
func (o *Object) GetText(format ObjectTextFormat, flags Flags, values *NamedValueSet) (string, error) {
	const source = "SWbemObjectEx.GetText_"
	if err := noFlags(source, flags); err != nil {
		return "", err
	}
	e := cimxml.Encoder{SystemProperties: format == ObjectTextFormatWMIDTD20}
	switch format {
	case ObjectTextFormatCIMDTD20:
		e.DTD = cimxml.CIM
	case ObjectTextFormatWMIDTD20:
		e.DTD = cimxml.WMI
	default:
		return "", fail(source, ErrNotFound, "there is no form %d of text", format)
	}
	form, err := textOptions(&e, values)
	if err != nil {
		return "", newError(source, err)
	}
	c, err := o.content()
	if err != nil {
		return "", newError(source, err)
	}
	text, err := e.Append(nil, c, form)
	if err != nil {
		return "", newError(source, err)
	}
	return string(text), nil
}

// textOptions reads what the caller wants to have in the text.
func textOptions(e *cimxml.Encoder, values *NamedValueSet) (cimxml.Form, error) {
	form := cimxml.Bare
	given, err := values.context()
	if err != nil {
		return form, err
	}
	for v := range given.All() {
		on, err := cim.Convert(v.Value, cim.TypeBoolean)
		switch cim.Fold(v.Name) {
		case "LOCALONLY":
			e.LocalOnly = on.Bool()
		case "INCLUDEQUALIFIERS":
			e.Qualifiers = on.Bool()
		case "INCLUDECLASSORIGIN":
			e.ClassOrigin = on.Bool()
		case "EXCLUDESYSTEMPROPERTIES":
			e.SystemProperties = e.SystemProperties && !on.Bool()
		case "PATHLEVEL":
			var level cim.Value
			if level, err = cim.Convert(v.Value, cim.TypeUint8); err == nil && level.Uint() > uint64(cimxml.WithPath) {
				err = cim.Errorf(ErrInvalidParameter, "there is no such level")
			}
			form = cimxml.Form(level.Uint())
		default:
			return form, cim.Errorf(ErrInvalidParameter, "there is no choice %.60q", v.Name)
		}
		if err != nil {
			return form, cim.Errorf(ErrInvalidParameter, "%s: %v", v.Name, err)
		}
	}
	return form, nil
}
