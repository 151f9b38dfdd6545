// Package cimxml turns objects of package cim into XML elements and back, as
// DMTF DSP0201 (Representation of CIM in XML, with its DTD, DSP0203) defines
// them and as WMI extends them. CIM-XML messages are made of these elements, and
// so is the text that SWbemObjectEx.GetText_ returns.
//
// An [Encoder] appends to a byte slice. A [Decoder] pulls elements from a reader:
// Next goes from child to child, and methods such as Instance read the element
// at which Next has stopped, up to its end.
//
// # The two DTDs
//
// They differ in what DMTF has no element for. An embedded object is, in [CIM],
// a string with the escaped XML of the object and the attribute EmbeddedObject;
// in [WMI] it is a PROPERTY.OBJECT with a VALUE.OBJECT. An array of references
// is an array of strings, or PROPERTY.REFARRAY. Where the type of a property,
// parameter or method does not fit the element, CIM gets the qualifier CIMTYPE,
// which tells it to a Decoder; WMI has it everywhere. Only WMI has system
// properties, and says ID of parameters and AMENDED for TRANSLATABLE.
//
// In CIM a parameter without the qualifier In is passed by the caller, in WMI it
// is not, so an Encoder writes In(FALSE) where it must and a Decoder adds
// In(TRUE) where it is missing.
//
// # What XML cannot say
//
// Defaults of parameters, and a NULL default that hides an inherited one, have
// no element and are lost. XML 1.0 has no way to write U+0000, most other
// control characters, unpaired surrogates, U+FFFE and U+FFFF: they become
// U+FFFD.
//
// # Reading
//
// The Decoder is strict where it is dangerous not to be: it takes UTF-8 only,
// no document type and no entities but the five predefined ones; depth, sizes
// and counts are bounded (see the constants), and the size of the whole document
// is for the caller to bound. It is tolerant where that is harmless: elements and
// attributes that no DTD knows are skipped (a "loosely valid" document, DSP0200),
// children come in any order, types that can be converted without loss are.
package cimxml
