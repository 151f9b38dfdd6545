package cim

// Limits of the object model. WBEM_LIMITS in "WMI constants", [MS-WMI] product
// notes; exceeding one is the status named here.
const (
	MaxIdentifier = 4096 // UTF-16 units of a name; QuotaViolation
	MaxPath       = 8192 // UTF-16 units of a relative path; QuotaViolation
	MaxProperties = 1024 // properties of a class, inherited ones included; TooManyProperties
	MaxKeys       = 256  // key properties of a class; InvalidObject
	MaxNesting    = 64   // depth of embedded objects; InvalidObject
)
