package scripting

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// Flags are the sum of what a call is asked for (parameter iFlags). One bit
// means different things to reads and to puts (constants.md 4.1).
type Flags = wbem.Flags

// Calling modes and reads (WbemFlagEnum).
const (
	FlagReturnWhenComplete   Flags = 0
	FlagReturnImmediately    Flags = 0x10 // semisynchronous
	FlagBidirectional        Flags = 0
	FlagForwardOnly          Flags = 0x20 // a set that can be enumerated once
	FlagNoErrorObject        Flags = 0x40 // accepted by reads, without effect
	FlagReturnErrorObject    Flags = 0
	FlagSendStatus           Flags = 0x80 // asynchronous calls: OnProgress
	FlagDontSendStatus       Flags = 0
	FlagEnsureLocatable      Flags = 0x100 // objects of results have a path
	FlagDirectRead           Flags = 0x200 // only the named class
	FlagSendOnlySelected     Flags = 0
	FlagUseAmendedQualifiers Flags = 0x20000 // with texts of the locale
	FlagGetDefault           Flags = 0
	FlagSpawnInstance        Flags = 0x1
	FlagUseCurrentTime       Flags = 0x1
)

// Puts (WbemChangeFlagEnum).
const (
	ChangeFlagCreateOrUpdate   Flags = 0
	ChangeFlagUpdateOnly       Flags = 0x1 // the object must exist
	ChangeFlagCreateOnly       Flags = 0x2 // the object must not exist
	ChangeFlagUpdateCompatible Flags = 0
	ChangeFlagUpdateSafeMode   Flags = 0x20
	ChangeFlagUpdateForceMode  Flags = 0x40
	ChangeFlagStrongValidation Flags = 0x80 // Put only; of PutAsync the bit is FlagSendStatus
	ChangeFlagAdvisory         Flags = 0x10000
)

// Enumerations and queries (WbemQueryFlagEnum).
const (
	QueryFlagDeep      Flags = 0
	QueryFlagShallow   Flags = 0x1 // immediate subclasses; instances of just that class
	QueryFlagPrototype Flags = 0x2
)

// TextFlagNoFlavors makes GetObjectText leave out flavors (WbemTextFlagEnum).
const TextFlagNoFlavors Flags = 0x1

// ConnectFlagUseMaxWait makes ConnectServer give up after two minutes
// (WbemConnectOptionsEnum).
const ConnectFlagUseMaxWait Flags = 0x80

// What CompareTo ignores (WbemComparisonFlagEnum).
const (
	ComparisonFlagIncludeAll          = Flags(0)
	ComparisonFlagIgnoreQualifiers    = Flags(cim.IgnoreQualifiers)
	ComparisonFlagIgnoreObjectSource  = Flags(cim.IgnoreObjectSource)
	ComparisonFlagIgnoreDefaultValues = Flags(cim.IgnoreDefaultValues)
	ComparisonFlagIgnoreClass         = Flags(cim.IgnoreClass)
	ComparisonFlagIgnoreCase          = Flags(cim.IgnoreCase)
	ComparisonFlagIgnoreFlavor        = Flags(cim.IgnoreFlavor)
)

// TimeoutInfinite as a timeout in milliseconds waits until the end
// (WbemTimeout).
const TimeoutInfinite = -1
