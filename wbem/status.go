package wbem

import "openwmi/cim"

// A Status is a WBEMSTATUS number ([MS-WMI] 2.2.11), which is itself an error.
// Its names are those of package cim.
type Status = cim.Status

// StatusOf returns the status that err carries: OK for nil, Failed if it
// carries none.
func StatusOf(err error) Status { return cim.StatusOf(err) }

// Failures. WBEM_E_* in [MS-WMI] 2.2.11, wbemErr* in the scripting library.
const (
	OK = cim.OK

	Failed                       = cim.Failed
	NotFound                     = cim.NotFound
	AccessDenied                 = cim.AccessDenied
	ProviderFailure              = cim.ProviderFailure
	TypeMismatch                 = cim.TypeMismatch
	OutOfMemory                  = cim.OutOfMemory
	InvalidContext               = cim.InvalidContext
	InvalidParameter             = cim.InvalidParameter
	NotAvailable                 = cim.NotAvailable
	CriticalError                = cim.CriticalError
	InvalidStream                = cim.InvalidStream
	NotSupported                 = cim.NotSupported
	InvalidSuperclass            = cim.InvalidSuperclass
	InvalidNamespace             = cim.InvalidNamespace
	InvalidObject                = cim.InvalidObject
	InvalidClass                 = cim.InvalidClass
	ProviderNotFound             = cim.ProviderNotFound
	InvalidProviderRegistration  = cim.InvalidProviderRegistration
	ProviderLoadFailure          = cim.ProviderLoadFailure
	InitializationFailure        = cim.InitializationFailure
	TransportFailure             = cim.TransportFailure
	InvalidOperation             = cim.InvalidOperation
	InvalidQuery                 = cim.InvalidQuery
	InvalidQueryType             = cim.InvalidQueryType
	AlreadyExists                = cim.AlreadyExists
	OverrideNotAllowed           = cim.OverrideNotAllowed
	PropagatedQualifier          = cim.PropagatedQualifier
	PropagatedProperty           = cim.PropagatedProperty
	Unexpected                   = cim.Unexpected
	IllegalOperation             = cim.IllegalOperation
	CannotBeKey                  = cim.CannotBeKey
	IncompleteClass              = cim.IncompleteClass
	InvalidSyntax                = cim.InvalidSyntax
	NondecoratedObject           = cim.NondecoratedObject
	ReadOnly                     = cim.ReadOnly
	ProviderNotCapable           = cim.ProviderNotCapable
	ClassHasChildren             = cim.ClassHasChildren
	ClassHasInstances            = cim.ClassHasInstances
	QueryNotImplemented          = cim.QueryNotImplemented
	IllegalNull                  = cim.IllegalNull
	InvalidQualifierType         = cim.InvalidQualifierType
	InvalidPropertyType          = cim.InvalidPropertyType
	ValueOutOfRange              = cim.ValueOutOfRange
	CannotBeSingleton            = cim.CannotBeSingleton
	InvalidCIMType               = cim.InvalidCIMType
	InvalidMethod                = cim.InvalidMethod
	InvalidMethodParameters      = cim.InvalidMethodParameters
	SystemProperty               = cim.SystemProperty
	InvalidProperty              = cim.InvalidProperty
	CallCancelled                = cim.CallCancelled
	ShuttingDown                 = cim.ShuttingDown
	PropagatedMethod             = cim.PropagatedMethod
	UnsupportedParameter         = cim.UnsupportedParameter
	MissingParameterID           = cim.MissingParameterID
	InvalidParameterID           = cim.InvalidParameterID
	NonconsecutiveParameterIDs   = cim.NonconsecutiveParameterIDs
	ParameterIDOnRetval          = cim.ParameterIDOnRetval
	InvalidObjectPath            = cim.InvalidObjectPath
	OutOfDiskSpace               = cim.OutOfDiskSpace
	BufferTooSmall               = cim.BufferTooSmall
	UnsupportedPutExtension      = cim.UnsupportedPutExtension
	UnknownObjectType            = cim.UnknownObjectType
	UnknownPacketType            = cim.UnknownPacketType
	MarshalVersionMismatch       = cim.MarshalVersionMismatch
	MarshalInvalidSignature      = cim.MarshalInvalidSignature
	InvalidQualifier             = cim.InvalidQualifier
	InvalidDuplicateParameter    = cim.InvalidDuplicateParameter
	TooMuchData                  = cim.TooMuchData
	ServerTooBusy                = cim.ServerTooBusy
	InvalidFlavor                = cim.InvalidFlavor
	CircularReference            = cim.CircularReference
	UnsupportedClassUpdate       = cim.UnsupportedClassUpdate
	CannotChangeKeyInheritance   = cim.CannotChangeKeyInheritance
	CannotChangeIndexInheritance = cim.CannotChangeIndexInheritance
	TooManyProperties            = cim.TooManyProperties
	UpdateTypeMismatch           = cim.UpdateTypeMismatch
	UpdateOverrideNotAllowed     = cim.UpdateOverrideNotAllowed
	UpdatePropagatedMethod       = cim.UpdatePropagatedMethod
	MethodNotImplemented         = cim.MethodNotImplemented
	MethodDisabled               = cim.MethodDisabled
	RefresherBusy                = cim.RefresherBusy
	UnparsableQuery              = cim.UnparsableQuery
	NotEventClass                = cim.NotEventClass
	MissingGroupWithin           = cim.MissingGroupWithin
	MissingAggregationList       = cim.MissingAggregationList
	PropertyNotAnObject          = cim.PropertyNotAnObject
	AggregatingByObject          = cim.AggregatingByObject
	UninterpretableProviderQuery = cim.UninterpretableProviderQuery
	BackupRestoreWinmgmtRunning  = cim.BackupRestoreWinmgmtRunning
	QueueOverflow                = cim.QueueOverflow
	PrivilegeNotHeld             = cim.PrivilegeNotHeld
	InvalidOperator              = cim.InvalidOperator
	LocalCredentials             = cim.LocalCredentials
	CannotBeAbstract             = cim.CannotBeAbstract
	AmendedObject                = cim.AmendedObject
	ClientTooSlow                = cim.ClientTooSlow
	NullSecurityDescriptor       = cim.NullSecurityDescriptor
	Timeout                      = cim.Timeout
	InvalidAssociation           = cim.InvalidAssociation
	AmbiguousOperation           = cim.AmbiguousOperation
	QuotaViolation               = cim.QuotaViolation
	TransactionConflict          = cim.TransactionConflict
	ForcedRollback               = cim.ForcedRollback
	UnsupportedLocale            = cim.UnsupportedLocale
	HandleOutOfDate              = cim.HandleOutOfDate
	ConnectionFailed             = cim.ConnectionFailed
	InvalidHandleRequest         = cim.InvalidHandleRequest
	PropertyNameTooWide          = cim.PropertyNameTooWide
	ClassNameTooWide             = cim.ClassNameTooWide
	MethodNameTooWide            = cim.MethodNameTooWide
	QualifierNameTooWide         = cim.QualifierNameTooWide
	RerunCommand                 = cim.RerunCommand
	DatabaseVerMismatch          = cim.DatabaseVerMismatch
	VetoDelete                   = cim.VetoDelete
	VetoPut                      = cim.VetoPut
	InvalidLocale                = cim.InvalidLocale
	ProviderSuspended            = cim.ProviderSuspended
	SynchronizationRequired      = cim.SynchronizationRequired
	NoSchema                     = cim.NoSchema
	ProviderAlreadyRegistered    = cim.ProviderAlreadyRegistered
	ProviderNotRegistered        = cim.ProviderNotRegistered
	FatalTransportError          = cim.FatalTransportError
	EncryptedConnectionRequired  = cim.EncryptedConnectionRequired
	ProviderTimedOut             = cim.ProviderTimedOut
	NoKey                        = cim.NoKey
	ProviderDisabled             = cim.ProviderDisabled
	RegistrationTooBroad         = cim.RegistrationTooBroad
	RegistrationTooPrecise       = cim.RegistrationTooPrecise
	AuthzNotPrivileged           = cim.AuthzNotPrivileged
	NextEventTimeout             = cim.NextEventTimeout
	ResetToDefault               = cim.ResetToDefault
)

// Successes that say more than OK. WBEM_S_* in [MS-WMI] 2.2.11.
const (
	SFalse              = cim.SFalse
	SAlreadyExists      = cim.SAlreadyExists
	SResetToDefault     = cim.SResetToDefault
	SDifferent          = cim.SDifferent
	STimedout           = cim.STimedout
	SNoMoreData         = cim.SNoMoreData
	SOperationCancelled = cim.SOperationCancelled
	SPending            = cim.SPending
	SDuplicateObjects   = cim.SDuplicateObjects
	SAccessDenied       = cim.SAccessDenied
	SPartialResults     = cim.SPartialResults
	SSourceNotAvailable = cim.SSourceNotAvailable
	SNewStyle           = cim.SNewStyle
	SLimitedService     = cim.SLimitedService
	SIndirectlyUpdated  = cim.SIndirectlyUpdated
	SSubjectToSds       = cim.SSubjectToSds
)

// Codes of other facilities that callers meet.
const (
	AccessDeniedByTransport = cim.AccessDeniedByTransport
	InvalidArgument         = cim.InvalidArgument
	ServerUnavailable       = cim.ServerUnavailable
	UnknownName             = cim.UnknownName
)
