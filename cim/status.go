package cim

import (
	"errors"
	"fmt"
)

// A Status is a WBEMSTATUS number ([MS-WMI] 2.2.11). Failures have bit 31 set
// and are errors, so that errors.Is(err, cim.NotFound) works on every error
// that carries one. Package wbem has the same names; code above cim uses those.
type Status uint32

// Error returns the meaning, the documented name and the number.
func (s Status) Error() string {
	if i, ok := statusIndex[s]; ok {
		return statusTable[i].text
	}
	return fmt.Sprintf("status 0x%08X", uint32(s))
}

// Name returns the documented name without its prefix, such as "NotFound", or
// the number in hexadecimal if it has none.
func (s Status) Name() string {
	if i, ok := statusIndex[s]; ok {
		return statusTable[i].name
	}
	return fmt.Sprintf("0x%08X", uint32(s))
}

// String returns the name and the number, such as "NotFound (0x80041002)".
func (s Status) String() string {
	if i, ok := statusIndex[s]; ok {
		return fmt.Sprintf("%s (0x%08X)", statusTable[i].name, uint32(s))
	}
	return s.Name()
}

// Text returns what the status means in a few words.
func (s Status) Text() string { return s.Error() }

// Failed reports whether s is a failure.
func (s Status) Failed() bool { return s&0x80000000 != 0 }

// StatusOf returns the status that err carries: OK for nil, and
// Failed if it carries none.
func StatusOf(err error) Status {
	if err == nil {
		return OK
	}
	var s Status
	if errors.As(err, &s) {
		return s
	}
	return Failed
}

// An Error is a status with the element and the reason it is about.
type Error struct {
	Status Status
	Msg    string
}

// Errorf returns an *Error whose message is formatted like fmt.Sprintf's.
func Errorf(s Status, format string, args ...any) error {
	return &Error{Status: s, Msg: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Msg }

// Unwrap returns the status, so that errors.Is and StatusOf find it.
func (e *Error) Unwrap() error { return e.Status }

// OK is success.
const OK Status = 0

// Failures. WBEM_E_* in [MS-WMI] 2.2.11, wbemErr* in the scripting library.
const (
	Failed                       Status = 0x80041001
	NotFound                     Status = 0x80041002
	AccessDenied                 Status = 0x80041003
	ProviderFailure              Status = 0x80041004
	TypeMismatch                 Status = 0x80041005
	OutOfMemory                  Status = 0x80041006
	InvalidContext               Status = 0x80041007
	InvalidParameter             Status = 0x80041008
	NotAvailable                 Status = 0x80041009
	CriticalError                Status = 0x8004100A
	InvalidStream                Status = 0x8004100B
	NotSupported                 Status = 0x8004100C
	InvalidSuperclass            Status = 0x8004100D
	InvalidNamespace             Status = 0x8004100E
	InvalidObject                Status = 0x8004100F
	InvalidClass                 Status = 0x80041010
	ProviderNotFound             Status = 0x80041011
	InvalidProviderRegistration  Status = 0x80041012
	ProviderLoadFailure          Status = 0x80041013
	InitializationFailure        Status = 0x80041014
	TransportFailure             Status = 0x80041015
	InvalidOperation             Status = 0x80041016
	InvalidQuery                 Status = 0x80041017
	InvalidQueryType             Status = 0x80041018
	AlreadyExists                Status = 0x80041019
	OverrideNotAllowed           Status = 0x8004101A
	PropagatedQualifier          Status = 0x8004101B
	PropagatedProperty           Status = 0x8004101C
	Unexpected                   Status = 0x8004101D
	IllegalOperation             Status = 0x8004101E
	CannotBeKey                  Status = 0x8004101F
	IncompleteClass              Status = 0x80041020
	InvalidSyntax                Status = 0x80041021
	NondecoratedObject           Status = 0x80041022
	ReadOnly                     Status = 0x80041023
	ProviderNotCapable           Status = 0x80041024
	ClassHasChildren             Status = 0x80041025
	ClassHasInstances            Status = 0x80041026
	QueryNotImplemented          Status = 0x80041027
	IllegalNull                  Status = 0x80041028
	InvalidQualifierType         Status = 0x80041029
	InvalidPropertyType          Status = 0x8004102A
	ValueOutOfRange              Status = 0x8004102B
	CannotBeSingleton            Status = 0x8004102C
	InvalidCIMType               Status = 0x8004102D
	InvalidMethod                Status = 0x8004102E
	InvalidMethodParameters      Status = 0x8004102F
	SystemProperty               Status = 0x80041030
	InvalidProperty              Status = 0x80041031
	CallCancelled                Status = 0x80041032
	ShuttingDown                 Status = 0x80041033
	PropagatedMethod             Status = 0x80041034
	UnsupportedParameter         Status = 0x80041035
	MissingParameterID           Status = 0x80041036
	InvalidParameterID           Status = 0x80041037
	NonconsecutiveParameterIDs   Status = 0x80041038
	ParameterIDOnRetval          Status = 0x80041039
	InvalidObjectPath            Status = 0x8004103A
	OutOfDiskSpace               Status = 0x8004103B
	BufferTooSmall               Status = 0x8004103C
	UnsupportedPutExtension      Status = 0x8004103D
	UnknownObjectType            Status = 0x8004103E
	UnknownPacketType            Status = 0x8004103F
	MarshalVersionMismatch       Status = 0x80041040
	MarshalInvalidSignature      Status = 0x80041041
	InvalidQualifier             Status = 0x80041042
	InvalidDuplicateParameter    Status = 0x80041043
	TooMuchData                  Status = 0x80041044
	ServerTooBusy                Status = 0x80041045
	InvalidFlavor                Status = 0x80041046
	CircularReference            Status = 0x80041047
	UnsupportedClassUpdate       Status = 0x80041048
	CannotChangeKeyInheritance   Status = 0x80041049
	CannotChangeIndexInheritance Status = 0x80041050
	TooManyProperties            Status = 0x80041051
	UpdateTypeMismatch           Status = 0x80041052
	UpdateOverrideNotAllowed     Status = 0x80041053
	UpdatePropagatedMethod       Status = 0x80041054
	MethodNotImplemented         Status = 0x80041055
	MethodDisabled               Status = 0x80041056
	RefresherBusy                Status = 0x80041057
	UnparsableQuery              Status = 0x80041058
	NotEventClass                Status = 0x80041059
	MissingGroupWithin           Status = 0x8004105A
	MissingAggregationList       Status = 0x8004105B
	PropertyNotAnObject          Status = 0x8004105C
	AggregatingByObject          Status = 0x8004105D
	UninterpretableProviderQuery Status = 0x8004105F
	BackupRestoreWinmgmtRunning  Status = 0x80041060
	QueueOverflow                Status = 0x80041061
	PrivilegeNotHeld             Status = 0x80041062
	InvalidOperator              Status = 0x80041063
	LocalCredentials             Status = 0x80041064
	CannotBeAbstract             Status = 0x80041065
	AmendedObject                Status = 0x80041066
	ClientTooSlow                Status = 0x80041067
	NullSecurityDescriptor       Status = 0x80041068
	Timeout                      Status = 0x80041069
	InvalidAssociation           Status = 0x8004106A
	AmbiguousOperation           Status = 0x8004106B
	QuotaViolation               Status = 0x8004106C
	TransactionConflict          Status = 0x8004106D
	ForcedRollback               Status = 0x8004106E
	UnsupportedLocale            Status = 0x8004106F
	HandleOutOfDate              Status = 0x80041070
	ConnectionFailed             Status = 0x80041071
	InvalidHandleRequest         Status = 0x80041072
	PropertyNameTooWide          Status = 0x80041073
	ClassNameTooWide             Status = 0x80041074
	MethodNameTooWide            Status = 0x80041075
	QualifierNameTooWide         Status = 0x80041076
	RerunCommand                 Status = 0x80041077
	DatabaseVerMismatch          Status = 0x80041078
	VetoDelete                   Status = 0x80041079
	VetoPut                      Status = 0x8004107A
	InvalidLocale                Status = 0x80041080
	ProviderSuspended            Status = 0x80041081
	SynchronizationRequired      Status = 0x80041082
	NoSchema                     Status = 0x80041083
	ProviderAlreadyRegistered    Status = 0x80041084
	ProviderNotRegistered        Status = 0x80041085
	FatalTransportError          Status = 0x80041086
	EncryptedConnectionRequired  Status = 0x80041087
	ProviderTimedOut             Status = 0x80041088
	NoKey                        Status = 0x80041089
	ProviderDisabled             Status = 0x8004108A
	RegistrationTooBroad         Status = 0x80042001
	RegistrationTooPrecise       Status = 0x80042002
	AuthzNotPrivileged           Status = 0x80042003
	NextEventTimeout             Status = 0x80043001
	ResetToDefault               Status = 0x80043002
)

// Successes that say more than OK. WBEM_S_* in [MS-WMI] 2.2.11.
const (
	SFalse              Status = 0x00000001
	SAlreadyExists      Status = 0x00040001
	SResetToDefault     Status = 0x00040002
	SDifferent          Status = 0x00040003
	STimedout           Status = 0x00040004
	SNoMoreData         Status = 0x00040005
	SOperationCancelled Status = 0x00040006
	SPending            Status = 0x00040007
	SDuplicateObjects   Status = 0x00040008
	SAccessDenied       Status = 0x00040009
	SPartialResults     Status = 0x00040010
	SSourceNotAvailable Status = 0x00040017
	SNewStyle           Status = 0x000400FF
	SLimitedService     Status = 0x00043001
	SIndirectlyUpdated  Status = 0x00043002
	SSubjectToSds       Status = 0x00043003
)

// Failures of the MOF compiler. WBEMMOF_E_* of "WMI Error Constants".
const (
	MOFExpectedQualifierName         Status = 0x80044001
	MOFExpectedSemi                  Status = 0x80044002
	MOFExpectedOpenBrace             Status = 0x80044003
	MOFExpectedCloseBrace            Status = 0x80044004
	MOFExpectedCloseBracket          Status = 0x80044005
	MOFExpectedCloseParen            Status = 0x80044006
	MOFIllegalConstantValue          Status = 0x80044007
	MOFExpectedTypeIdentifier        Status = 0x80044008
	MOFExpectedOpenParen             Status = 0x80044009
	MOFUnrecognizedToken             Status = 0x8004400A
	MOFUnrecognizedType              Status = 0x8004400B
	MOFExpectedPropertyName          Status = 0x8004400C
	MOFTypedefNotSupported           Status = 0x8004400D
	MOFUnexpectedAlias               Status = 0x8004400E
	MOFUnexpectedArrayInit           Status = 0x8004400F
	MOFInvalidAmendmentSyntax        Status = 0x80044010
	MOFInvalidDuplicateAmendment     Status = 0x80044011
	MOFInvalidPragma                 Status = 0x80044012
	MOFInvalidNamespaceSyntax        Status = 0x80044013
	MOFExpectedClassName             Status = 0x80044014
	MOFTypeMismatch                  Status = 0x80044015
	MOFExpectedAliasName             Status = 0x80044016
	MOFInvalidClassDeclaration       Status = 0x80044017
	MOFInvalidInstanceDeclaration    Status = 0x80044018
	MOFExpectedDollar                Status = 0x80044019
	MOFCimtypeQualifier              Status = 0x8004401A
	MOFDuplicateProperty             Status = 0x8004401B
	MOFInvalidNamespaceSpecification Status = 0x8004401C
	MOFOutOfRange                    Status = 0x8004401D
	MOFInvalidFile                   Status = 0x8004401E
	MOFAliasesInEmbedded             Status = 0x8004401F
	MOFNullArrayElem                 Status = 0x80044020
	MOFDuplicateQualifier            Status = 0x80044021
	MOFExpectedFlavorType            Status = 0x80044022
	MOFIncompatibleFlavorTypes       Status = 0x80044023
	MOFMultipleAliases               Status = 0x80044024
	MOFIncompatibleFlavorTypes2      Status = 0x80044025
	MOFNoArraysReturned              Status = 0x80044026
	MOFMustBeInOrOut                 Status = 0x80044027
	MOFInvalidFlagsSyntax            Status = 0x80044028
	MOFExpectedBraceOrBadType        Status = 0x80044029
	MOFUnsupportedCimv22QualValue    Status = 0x8004402A
	MOFUnsupportedCimv22DataType     Status = 0x8004402B
	MOFInvalidDeleteinstanceSyntax   Status = 0x8004402C
	MOFInvalidQualifierSyntax        Status = 0x8004402D
	MOFQualifierUsedOutsideScope     Status = 0x8004402E
	MOFErrorCreatingTempFile         Status = 0x8004402F
	MOFErrorInvalidIncludeFile       Status = 0x80044030
	MOFInvalidDeleteclassSyntax      Status = 0x80044031
)

var statusTable = []struct {
	status Status
	name   string
	text   string
}{
	{OK, "NoErr", "success"},
	{0x80041001, "Failed", "catch-all failure; no more specific code applies"},
	{0x80041002, "NotFound", "the addressed object, property, qualifier, method or named value does not exist"},
	{0x80041003, "AccessDenied", "the security principal lacks a right needed for the operation (namespace ACL, provider check, or an unencrypted connection to a namespace that demands encryption)"},
	{0x80041004, "ProviderFailure", "a provider failed after it had been initialised"},
	{0x80041005, "TypeMismatch", "a value has a type that does not fit the property or parameter it is meant for"},
	{0x80041006, "OutOfMemory", "memory exhausted"},
	{0x80041007, "InvalidContext", "the context object (named value set) is unusable for the operation, for example a partial-update context used without the update-only flag or without a property list"},
	{0x80041008, "InvalidParameter", "a parameter is wrong: missing object, undefined flag bit, contradictory flags, malformed name, and so on"},
	{0x80041009, "NotAvailable", "a resource - normally a remote server - cannot be reached at the moment"},
	{0x8004100A, "CriticalError", "internal fault of the object manager; no further processing is possible"},
	{0x8004100B, "InvalidStream", "corrupted packets were received in a remote session"},
	{0x8004100C, "NotSupported", "the feature does not exist for this object"},
	{0x8004100D, "InvalidSuperclass", "the parent class named by a class definition is not usable"},
	{0x8004100E, "InvalidNamespace", "the namespace does not exist or its path is not well-formed"},
	{0x8004100F, "InvalidObject", "the supplied object is not valid for the call, for example a class where an instance is expected, or a malformed security descriptor"},
	{0x80041010, "InvalidClass", "the class named is not valid or not known; also an instance where a class is expected"},
	{0x80041011, "ProviderNotFound", "a class refers to a provider for which no registration exists"},
	{0x80041012, "InvalidProviderRegistration", "the provider registration is incomplete or inconsistent (wrong namespace, bad hosting model, missing provider instance)"},
	{0x80041013, "ProviderLoadFailure", "the provider component could not be loaded"},
	{0x80041014, "InitializationFailure", "a component such as a provider failed while initialising"},
	{0x80041015, "TransportFailure", "a network problem interrupts normal operation"},
	{0x80041016, "InvalidOperation", "the operation is not allowed on this object; typical for forbidden deletes, reserved class names and forward-only enumerators"},
	{0x80041017, "InvalidQuery", "the query does not conform to WQL"},
	{0x80041018, "InvalidQueryType", "the query language is not supported (anything other than \"WQL\")"},
	{0x80041019, "AlreadyExists", "a create-only write found the class or instance already present"},
	{0x8004101A, "OverrideNotAllowed", "the qualifier cannot be added or changed because the inherited one forbids overriding"},
	{0x8004101B, "PropagatedQualifier", "a qualifier that is inherited, not local, was asked to be deleted"},
	{0x8004101C, "PropagatedProperty", "a property that is inherited, not local, was asked to be deleted"},
	{0x8004101D, "Unexpected", "calls came in an impossible order (for example Next before BeginEnumeration)"},
	{0x8004101E, "IllegalOperation", "operation not possible for this genus, for example spawning a class from an instance"},
	{0x8004101F, "CannotBeKey", "a key qualifier was placed where it is not permitted"},
	{0x80041020, "IncompleteClass", "the object is not a complete, registered class definition"},
	{0x80041021, "InvalidSyntax", "a textual value (query, datetime, file time) has the wrong syntax"},
	{0x80041022, "NondecoratedObject", "reserved"},
	{0x80041023, "ReadOnly", "a read-only property was assigned"},
	{0x80041024, "ProviderNotCapable", "the provider (or its registration) does not offer the requested operation"},
	{0x80041025, "ClassHasChildren", "the change would affect or invalidate derived classes"},
	{0x80041026, "ClassHasInstances", "the change is not possible while the class has instances"},
	{0x80041027, "QueryNotImplemented", "reserved"},
	{0x80041028, "IllegalNull", "NULL was given for a property that must have a value (key, indexed, not_null)"},
	{0x80041029, "InvalidQualifierType", "the variant type of a qualifier value is not one of the permitted qualifier types"},
	{0x8004102A, "InvalidPropertyType", "the CIM type given for a property is not permitted"},
	{0x8004102B, "ValueOutOfRange", "a value lies outside the permitted range or does not fit its type"},
	{0x8004102C, "CannotBeSingleton", "the class may not be a singleton (non-singleton parent, or it has keys)"},
	{0x8004102D, "InvalidCimType", "unknown CIM type code"},
	{0x8004102E, "InvalidMethod", "the method does not exist on the object"},
	{0x8004102F, "InvalidMethodParameters", "the in-parameters object does not match the method signature"},
	{0x80041030, "SystemProperty", "the action (such as reading qualifiers) is not available for a system property"},
	{0x80041031, "InvalidProperty", "the property (or its type) is not recognised"},
	{0x80041032, "CallCancelled", "the asynchronous call was cancelled by the client or by the service"},
	{0x80041033, "ShuttingDown", "the service is stopping"},
	{0x80041034, "PropagatedMethod", "a method name of a parent class was reused with another signature"},
	{0x80041035, "UnsupportedParameter", "a parameter is too complex or not supported by the provider; the caller may retry in simpler form"},
	{0x80041036, "MissingParameterId", "a method parameter lacks its ID qualifier"},
	{0x80041037, "InvalidParameterId", "a method parameter has an invalid ID qualifier"},
	{0x80041038, "NonConsecutiveParameterIds", "the parameter IDs of a method leave gaps"},
	{0x80041039, "ParameterIdOnRetval", "the return value of a method carries an ID qualifier"},
	{0x8004103A, "InvalidObjectPath", "the object path is not well-formed"},
	{0x8004103B, "OutOfDiskSpace", "disk full or repository size limit reached"},
	{0x8004103C, "BufferTooSmall", "the caller's buffer cannot hold the result"},
	{0x8004103D, "UnsupportedPutExtension", "the provider does not support the put extensions in the context"},
	{0x8004103E, "UnknownObjectType", "marshalling met an object of unknown type or version"},
	{0x8004103F, "UnknownPacketType", "marshalling met a packet of unknown type or version"},
	{0x80041040, "MarshalVersionMismatch", "packet version not supported"},
	{0x80041041, "MarshalInvalidSignature", "packet appears damaged"},
	{0x80041042, "InvalidQualifier", "a qualifier is used on the wrong kind of element (for example key on a class)"},
	{0x80041043, "InvalidDuplicateParameter", "a method declares the same parameter twice"},
	{0x80041044, "TooMuchData", "reserved"},
	{0x80041045, "ServerTooBusy", "delivery to the sink failed for lack of capacity; the sender may send the event again"},
	{0x80041046, "InvalidFlavor", "the qualifier flavor bits are not valid"},
	{0x80041047, "CircularReference", "a circular relation was requested, for example a class derived from itself"},
	{0x80041048, "UnsupportedClassUpdate", "this kind of class update is not supported"},
	{0x80041049, "CannotChangeKeyInheritance", "a key would change although instances or subclasses already use it"},
	{0x80041050, "CannotChangeIndexInheritance", "an index would change although instances or subclasses already use it"},
	{0x80041051, "TooManyProperties", "more properties than the class format permits (limit 1024)"},
	{0x80041052, "UpdateTypeMismatch", "a derived class has a property of the same name with another type"},
	{0x80041053, "UpdateOverrideNotAllowed", "a derived class overrides a qualifier that may not be overridden"},
	{0x80041054, "UpdatePropagatedMethod", "a derived class redeclares a method with a conflicting signature"},
	{0x80041055, "MethodNotImplemented", "no class in the hierarchy marks the method as implemented"},
	{0x80041056, "MethodDisabled", "the method carries the disabled qualifier, or is not available on this system"},
	{0x80041057, "RefresherBusy", "the refresher is executing another operation"},
	{0x80041058, "UnparsableQuery", "an event filter query cannot be parsed"},
	{0x80041059, "NotEventClass", "the FROM class of an event query is not derived from __Event"},
	{0x8004105A, "MissingGroupWithin", "GROUP BY was used without GROUP WITHIN"},
	{0x8004105B, "MissingAggregationList", "aggregation over all properties was requested; not supported"},
	{0x8004105C, "PropertyNotAnObject", "dot notation on a property that is not an embedded object"},
	{0x8004105D, "AggregatingByObject", "GROUP BY names an embedded object itself"},
	{0x8004105F, "UninterpretableProviderQuery", "an event provider registration query names no event class"},
	{0x80041060, "BackupRestoreWinmgmtRunning", "backup or restore was requested while the repository is in use"},
	{0x80041061, "QueueOverflow", "the asynchronous delivery queue overflowed because the consumer was too slow"},
	{0x80041062, "PrivilegeNotHeld", "a required privilege is not enabled"},
	{0x80041063, "InvalidOperator", "the operator cannot be applied to the property type"},
	{0x80041064, "LocalCredentials", "user name, password or authority given for a local connection"},
	{0x80041065, "CannotBeAbstract", "a class is declared abstract although its parent is not abstract"},
	{0x80041066, "AmendedObject", "an object with amended qualifiers was written without wbemFlagUseAmendedQualifiers"},
	{0x80041067, "ClientTooSlow", "the client did not collect enumerated objects in time"},
	{0x80041068, "NullSecurityDescriptor", "a null security descriptor was supplied"},
	{0x80041069, "Timeout", "the operation timed out"},
	{0x8004106A, "InvalidAssociation", "the association is not valid"},
	{0x8004106B, "AmbiguousOperation", "the operation can be interpreted in more than one way"},
	{0x8004106C, "QuotaViolation", "a quota or length limit was exceeded (query too complex, path too long, memory quota)"},
	{0x8004106D, "TransactionConflict", "transaction conflict"},
	{0x8004106E, "ForcedRollback", "the transaction was rolled back"},
	{0x8004106F, "UnsupportedLocale", "the locale is not supported for the call"},
	{0x80041070, "HandleOutOfDate", "a property handle no longer matches the object"},
	{0x80041071, "ConnectionFailed", "connection to the database failed"},
	{0x80041072, "InvalidHandleRequest", "the handle request is not valid"},
	{0x80041073, "PropertyNameTooWide", "property name longer than 255 characters"},
	{0x80041074, "ClassNameTooWide", "class name longer than 255 characters"},
	{0x80041075, "MethodNameTooWide", "method name longer than 255 characters"},
	{0x80041076, "QualifierNameTooWide", "qualifier name longer than 255 characters"},
	{0x80041077, "RerunCommand", "deadlock in the database; repeat the command"},
	{0x80041078, "DatabaseVerMismatch", "repository version does not fit the repository driver"},
	{0x80041079, "VetoDelete", "the provider refuses the delete"},
	{0x8004107A, "VetoPut", "the provider refuses the put"},
	{0x80041080, "InvalidLocale", "the locale identifier is not valid"},
	{0x80041081, "ProviderSuspended", "the provider is suspended"},
	{0x80041082, "SynchronizationRequired", "the object has to be committed and fetched again before the operation can succeed"},
	{0x80041083, "NoSchema", "no schema is available"},
	{0x80041084, "ProviderAlreadyRegistered", "the provider is registered already"},
	{0x80041085, "ProviderNotRegistered", "the provider is not registered"},
	{0x80041086, "FatalTransportError", "the transport failed fatally"},
	{0x80041087, "EncryptedConnectionRequired", "the operation demands an encrypted connection"},
	{0x80041088, "ProviderTimedOut", "the provider delivered no result within its time limit"},
	{0x80041089, "NoKey", "an instance was written whose key has no value"},
	{0x8004108A, "ProviderDisabled", "the provider's server component was unloaded"},
	{0x80042001, "RegistrationTooBroad", "a provider registration overlaps the domain of system events"},
	{0x80042002, "RegistrationTooPrecise", "an intrinsic-event query that needs polling lacks its WITHIN clause"},
	{0x80042003, "AuthzNotPrivileged", "the machine has no domain permission to evaluate the security of the subscription"},
	{0x80043001, "Timedout", "eventSource.NextEvent waited the full timeout without an event"},
	{0x80043002, "ResetToDefault", "removing a property override re-activated the inherited default; raised as an error by PropertySet.Remove because automation cannot report informational successes"},
	{0x00000001, "SFalse", "end of an enumeration reached, or fewer objects than requested; also a Next call asking for zero objects according to the SDK page (the Windows-verified test in Wine observed plain success, 0, for a zero count)"},
	{0x00040001, "SAlreadyExists", "the object exists already, reported as information"},
	{0x00040002, "SResetToDefault", "a local override was removed and the inherited value is visible again"},
	{0x00040003, "SDifferent", "compareTo found a difference"},
	{0x00040004, "STimedout", "the wait ended before the result was complete; results so far are valid"},
	{0x00040005, "SNoMoreData", "no more items in an object-level enumeration (properties, methods, qualifiers, context values)"},
	{0x00040006, "SOperationCancelled", "the operation was cancelled"},
	{0x00040007, "SPending", "the result is not available yet"},
	{0x00040008, "SDuplicateObjects", "the result set contains the same object more than once"},
	{0x00040009, "SAccessDenied", "some, but not all, resources were denied"},
	{0x00040010, "SPartialResults", "some objects could not be delivered for reasons other than security"},
	{0x00040017, "SSourceNotAvailable", "a data source could not be reached ([win32 metadata] only; not documented in the SDK pages)"},
	{0x000400FF, "SNewStyle", "returned by a sink on the first Indicate call when it understands the ObjectArray encoding ([MS-WMI] only)"},
	{0x00043001, "SLimitedService", "a provider offers limited service"},
	{0x00043002, "SIndirectlyUpdated", "reserved"},
	{0x00043003, "SSubjectToSds", "returned by an event provider: the object manager must evaluate the SECURITY_DESCRIPTOR of each event"},
	{0x80044001, "ExpectedQualifierName", "a qualifier name is missing"},
	{0x80044002, "ExpectedSemi", "a semicolon or equals sign is missing"},
	{0x80044003, "ExpectedOpenBrace", "an opening brace is missing"},
	{0x80044004, "ExpectedCloseBrace", "a closing brace is missing or an array element is illegal"},
	{0x80044005, "ExpectedCloseBracket", "a closing bracket is missing"},
	{0x80044006, "ExpectedCloseParen", "a closing parenthesis is missing"},
	{0x80044007, "IllegalConstantValue", "a number is out of range or a string lacks its quotes"},
	{0x80044008, "ExpectedTypeIdentifier", "a type name is missing"},
	{0x80044009, "ExpectedOpenParen", "an opening parenthesis is missing"},
	{0x8004400A, "UnrecognizedToken", "unexpected token"},
	{0x8004400B, "UnrecognizedType", "unknown type name"},
	{0x8004400C, "ExpectedPropertyName", "a property or method name is missing (the SDK page misprints the value as 0x8004400B)"},
	{0x8004400D, "TypedefNotSupported", "typedefs and enumerated types are not supported"},
	{0x8004400E, "UnexpectedAlias", "an alias is only legal for a reference"},
	{0x8004400F, "UnexpectedArrayInit", "array initialiser for a non-array"},
	{0x80044010, "InvalidAmendmentSyntax", "bad amendment statement"},
	{0x80044011, "InvalidDuplicateAmendment", "amendment stated twice"},
	{0x80044012, "InvalidPragma", "unknown pragma keyword"},
	{0x80044013, "InvalidNamespaceSyntax", "bad namespace path"},
	{0x80044014, "ExpectedClassName", "a class name is missing or has an illegal character"},
	{0x80044015, "TypeMismatch", "the value does not convert to the declared type"},
	{0x80044016, "ExpectedAliasName", "an alias name must follow the dollar sign"},
	{0x80044017, "InvalidClassDeclaration", "bad class declaration"},
	{0x80044018, "InvalidInstanceDeclaration", "bad instance declaration"},
	{0x80044019, "ExpectedDollar", "a dollar sign must follow \"as\""},
	{0x8004401A, "CimtypeQualifier", "the CIMTYPE qualifier must not be written in MOF"},
	{0x8004401B, "DuplicateProperty", "property declared twice"},
	{0x8004401C, "InvalidNamespaceSpecification", "bad namespace; other servers are not permitted"},
	{0x8004401D, "OutOfRange", "value out of range"},
	{0x8004401E, "InvalidFile", "not a text or binary MOF file"},
	{0x8004401F, "AliasesInEmbedded", "embedded objects may not be aliases"},
	{0x80044020, "NullArrayElem", "NULL array elements are not supported"},
	{0x80044021, "DuplicateQualifier", "qualifier used twice on one element"},
	{0x80044022, "ExpectedFlavorType", "a flavor name is missing"},
	{0x80044023, "IncompatibleFlavorTypes", "EnableOverride together with DisableOverride"},
	{0x80044024, "MultipleAliases", "alias used twice"},
	{0x80044025, "IncompatibleFlavorTypes2", "restricted together with ToInstance or ToSubClass"},
	{0x80044026, "NoArraysReturned", "a method may not return an array"},
	{0x80044027, "MustBeInOrOut", "a parameter needs an In or Out qualifier"},
	{0x80044028, "InvalidFlagsSyntax", "bad flags statement"},
	{0x80044029, "ExpectedBraceOrBadType", "final brace and semicolon missing, or bad type"},
	{0x8004402A, "UnsupportedCimv22QualValue", "CIM 2.2 qualifier value feature not supported"},
	{0x8004402B, "UnsupportedCimv22DataType", "CIM 2.2 data type not supported"},
	{0x8004402C, "InvalidDeleteinstanceSyntax", "bad deleteinstance pragma"},
	{0x8004402D, "InvalidQualifierSyntax", "bad qualifier declaration"},
	{0x8004402E, "QualifierUsedOutsideScope", "qualifier used outside its declared scope"},
	{0x8004402F, "ErrorCreatingTempFile", "the compiler's intermediate file could not be created"},
	{0x80044030, "ErrorInvalidIncludeFile", "the included file is not valid"},
	{0x80044031, "InvalidDeleteclassSyntax", "bad deleteclass pragma"},
	{0x80070005, "E_ACCESSDENIED", "the transport denied access"},
	{0x80070057, "E_INVALIDARG", "an argument is not valid"},
	{0x800706BA, "RPC_S_SERVER_UNAVAILABLE", "the computer cannot be reached"},
	{0x80020006, "DISP_E_UNKNOWNNAME", "the object has no member of that name"},
}

// Codes of other facilities that callers meet.
const (
	AccessDeniedByTransport Status = 0x80070005
	InvalidArgument         Status = 0x80070057
	ServerUnavailable       Status = 0x800706BA
	UnknownName             Status = 0x80020006
)

var statusIndex = func() map[Status]int {
	m := make(map[Status]int, len(statusTable))
	for i, e := range statusTable {
		m[e.status] = i
	}
	return m
}()
