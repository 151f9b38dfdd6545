package scripting

import "openwmi/cim"

// A Cimtype is the type of a property, without saying whether it is an array
// (WbemCimtypeEnum).
type Cimtype = cim.Type

// The CIM types.
const (
	CimtypeSint16    = cim.TypeSint16
	CimtypeSint32    = cim.TypeSint32
	CimtypeReal32    = cim.TypeReal32
	CimtypeReal64    = cim.TypeReal64
	CimtypeString    = cim.TypeString
	CimtypeBoolean   = cim.TypeBoolean
	CimtypeObject    = cim.TypeObject
	CimtypeSint8     = cim.TypeSint8
	CimtypeUint8     = cim.TypeUint8
	CimtypeUint16    = cim.TypeUint16
	CimtypeUint32    = cim.TypeUint32
	CimtypeSint64    = cim.TypeSint64
	CimtypeUint64    = cim.TypeUint64
	CimtypeDatetime  = cim.TypeDatetime
	CimtypeReference = cim.TypeReference
	CimtypeChar16    = cim.TypeChar16
)
