package cim

import "fmt"

// A Type is a CIM type by its number (WbemCimtypeEnum), with TypeArray set for
// an array of it. The zero Type is that of an untyped NULL.
type Type uint16

// The CIM types. Numbers from "WbemCimtypeEnum" and model.md 1.1.
const (
	TypeSint16    Type = 2
	TypeSint32    Type = 3
	TypeReal32    Type = 4
	TypeReal64    Type = 5
	TypeString    Type = 8
	TypeBoolean   Type = 11
	TypeObject    Type = 13 // an embedded class or instance
	TypeSint8     Type = 16
	TypeUint8     Type = 17
	TypeUint16    Type = 18
	TypeUint32    Type = 19
	TypeSint64    Type = 20
	TypeUint64    Type = 21
	TypeDatetime  Type = 101
	TypeReference Type = 102
	TypeChar16    Type = 103

	// TypeArray is or-ed onto the type of the elements.
	TypeArray Type = 0x2000
)

// kind groups the types by how their values are held.
type kind uint8

const (
	kindNone kind = iota
	kindSigned
	kindUnsigned // char16 too
	kindReal
	kindBool
	kindText // string, datetime, reference
	kindObject
)

type typeInfo struct {
	name string
	kind kind
	bits uint8
}

var typeTable = [128]typeInfo{
	TypeSint8:     {"sint8", kindSigned, 8},
	TypeUint8:     {"uint8", kindUnsigned, 8},
	TypeSint16:    {"sint16", kindSigned, 16},
	TypeUint16:    {"uint16", kindUnsigned, 16},
	TypeSint32:    {"sint32", kindSigned, 32},
	TypeUint32:    {"uint32", kindUnsigned, 32},
	TypeSint64:    {"sint64", kindSigned, 64},
	TypeUint64:    {"uint64", kindUnsigned, 64},
	TypeReal32:    {"real32", kindReal, 32},
	TypeReal64:    {"real64", kindReal, 64},
	TypeBoolean:   {"boolean", kindBool, 1},
	TypeString:    {"string", kindText, 0},
	TypeDatetime:  {"datetime", kindText, 0},
	TypeReference: {"ref", kindText, 0},
	TypeChar16:    {"char16", kindUnsigned, 16},
	TypeObject:    {"object", kindObject, 0},
}

func (t Type) info() typeInfo {
	if e := t.Elem(); e < 128 {
		return typeTable[e]
	}
	return typeInfo{}
}

// IsValid reports whether t is one of the CIM types or an array of one.
func (t Type) IsValid() bool { return t&^TypeArray < 128 && typeTable[t&^TypeArray].kind != kindNone }

// IsArray reports whether t is an array type.
func (t Type) IsArray() bool { return t&TypeArray != 0 }

// Elem returns the type of an element: t itself for a scalar type.
func (t Type) Elem() Type { return t &^ TypeArray }

// ArrayOf returns the type of arrays of t.
func (t Type) ArrayOf() Type { return t | TypeArray }

// IsInteger reports whether t is a signed or unsigned integer type; char16 is not.
func (t Type) IsInteger() bool {
	k := t.info().kind
	return !t.IsArray() && (k == kindSigned || k == kindUnsigned) && t != TypeChar16
}

// IsSigned reports whether t is a signed integer type.
func (t Type) IsSigned() bool { return !t.IsArray() && t.info().kind == kindSigned }

// IsReal reports whether t is real32 or real64.
func (t Type) IsReal() bool { return !t.IsArray() && t.info().kind == kindReal }

// IsText reports whether t is string, datetime or reference.
func (t Type) IsText() bool { return !t.IsArray() && t.info().kind == kindText }

// Bits returns the size of a numeric or char16 element, 1 for boolean, 0 for
// other types.
func (t Type) Bits() int { return int(t.info().bits) }

// String returns the MOF keyword of the type, followed by [] for an array.
func (t Type) String() string {
	name := t.info().name
	switch {
	case t == 0:
		return "null"
	case name == "":
		return fmt.Sprintf("type(%d)", uint16(t))
	case t.IsArray():
		return name + "[]"
	}
	return name
}

// ParseType returns the type of a MOF keyword such as "uint32", in any case.
// It knows "ref" and "object" but no arrays and no class names.
func ParseType(keyword string) (Type, bool) {
	for t := range typeTable {
		if name := typeTable[t].name; name != "" && len(name) == len(keyword) && EqualNames(name, keyword) {
			return Type(t), true
		}
	}
	return 0, false
}
