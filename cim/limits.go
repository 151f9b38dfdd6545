package cim

// Limits of the object model. Those that Windows has are WBEM_LIMITS in "WMI
// constants", [MS-WMI] product notes; the others bound what no schema needs.
// Exceeding one is the status named here.
const (
	MaxIdentifier = 4096 // UTF-16 units of a name; QuotaViolation
	MaxPath       = 8192 // UTF-16 units of a relative path; QuotaViolation
	MaxNamespace  = 8173 // UTF-16 units of the path of a namespace at login; QuotaViolation
	MaxProperties = 1024 // properties of a class, inherited ones included; TooManyProperties
	MaxKeys       = 256  // key properties of a class; InvalidObject
	MaxNesting    = 64   // depth of embedded objects; InvalidObject

	// MaxEmbedded bounds the objects in one value, and in them, together with
	// their properties, each counted as often as it stands there;
	// QuotaViolation. It bounds the work on objects that share others.
	MaxEmbedded = 1 << 20

	// MaxDerivation bounds the classes of a derivation, the class itself
	// included; QuotaViolation.
	MaxDerivation = 512

	// MaxQualifiers and MaxMethods bound the qualifiers of one element, a class,
	// an instance or a member, and the methods of a class, inherited ones
	// included; QuotaViolation. The schemas of DMTF and Windows have some 30
	// qualifiers on an element, and less than a hundred methods in a class.
	MaxQualifiers = 1024
	MaxMethods    = 1024

	// MaxParameters bounds the parameters of a method, which together with the
	// return value are the properties of a signature; TooManyProperties.
	MaxParameters = MaxProperties - 1
)
