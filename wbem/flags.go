package wbem

// Flags are the bits that go with an operation. One bit may mean different
// things to reads and to puts (constants.md 4.1).
type Flags uint32

// Flags of any operation (WBEM_GENERIC_FLAG_TYPE).
const (
	ReturnImmediately    Flags = 0x10    // semisynchronous; adapters remove it before they call Services
	ForwardOnly          Flags = 0x20    // reads: an enumerator that goes forward once
	NoErrorObject        Flags = 0x40    // reads: accepted, without effect
	SendStatus           Flags = 0x80    // asynchronous calls: report progress
	EnsureLocatable      Flags = 0x100   // results have a path
	DirectRead           Flags = 0x200   // only the named class, no subclass
	UseAmendedQualifiers Flags = 0x20000 // reads: with texts of the locale; puts: write texts too
)

// Flags of reads (WBEM_QUERY_FLAG_TYPE).
const (
	Deep      Flags = 0
	Shallow   Flags = 0x1
	Prototype Flags = 0x2
)

// Flags of puts (WBEM_CHANGE_FLAG_TYPE).
const (
	CreateOrUpdate   Flags = 0
	UpdateCompatible Flags = 0
	UpdateOnly       Flags = 0x1 // the object must exist
	CreateOnly       Flags = 0x2 // the object must not exist
	UpdateSafeMode   Flags = 0x20
	UpdateForceMode  Flags = 0x40
	StrongValidation Flags = 0x80    // a defect of an event filter, binding or registration fails the put
	OwnerUpdate      Flags = 0x10000 // a push provider writes its own data
)

// ConnectUseMaxWait bounds connecting to two minutes (WBEM_CONNECT_OPTIONS).
const ConnectUseMaxWait Flags = 0x80
