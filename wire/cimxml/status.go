package cimxml

import (
	"openwmi/wbem"
)

// A Code is a status of CIM-XML. DSP0200 5.3
type Code int

// The statuses.
const (
	Failed                    Code = 1
	AccessDenied              Code = 2
	InvalidNamespace          Code = 3
	InvalidParameter          Code = 4
	InvalidClass              Code = 5
	NotFound                  Code = 6
	NotSupported              Code = 7
	ClassHasChildren          Code = 8
	ClassHasInstances         Code = 9
	InvalidSuperclass         Code = 10
	AlreadyExists             Code = 11
	NoSuchProperty            Code = 12
	TypeMismatch              Code = 13
	QueryLanguageNotSupported Code = 14
	InvalidQuery              Code = 15
	MethodNotAvailable        Code = 16
	MethodNotFound            Code = 17
	NamespaceNotEmpty         Code = 20
	InvalidEnumerationContext Code = 21
	InvalidOperationTimeout   Code = 22
	PullHasBeenAbandoned      Code = 23
	PullCannotBeAbandoned     Code = 24
	FilteredEnumerationNot    Code = 25
	ContinuationOnErrorNot    Code = 26
	ServerLimitsExceeded      Code = 27
	ServerIsShuttingDown      Code = 28
)

// statuses has the nearest status of the other side: the first row in which one
// stands counts. WBEM statuses that are not here are Failed.
var statuses = []struct {
	code   Code
	status wbem.Status
}{
	{Failed, wbem.Failed},
	{AccessDenied, wbem.AccessDenied},
	{AccessDenied, wbem.PrivilegeNotHeld},
	{AccessDenied, wbem.LocalCredentials},
	{InvalidNamespace, wbem.InvalidNamespace},
	{InvalidParameter, wbem.InvalidParameter},
	{InvalidParameter, wbem.InvalidObjectPath},
	{InvalidParameter, wbem.InvalidObject},
	{InvalidParameter, wbem.IllegalNull},
	{InvalidParameter, wbem.ReadOnly},
	{InvalidParameter, wbem.ValueOutOfRange},
	{InvalidParameter, wbem.InvalidMethodParameters},
	{InvalidParameter, wbem.InvalidContext},
	{InvalidParameter, wbem.NoKey},
	{InvalidParameter, wbem.IncompleteClass},
	{InvalidParameter, wbem.InvalidSyntax},
	{InvalidParameter, wbem.InvalidArgument},
	{InvalidParameter, wbem.InvalidLocale},
	{InvalidParameter, wbem.InvalidAssociation},
	{InvalidParameter, wbem.InvalidQualifier},
	{InvalidParameter, wbem.InvalidQualifierType},
	{InvalidParameter, wbem.InvalidFlavor},
	{InvalidParameter, wbem.InvalidPropertyType},
	{InvalidParameter, wbem.InvalidCIMType},
	{InvalidParameter, wbem.InvalidDuplicateParameter},
	{InvalidParameter, wbem.TooManyProperties},
	{InvalidParameter, wbem.CannotBeKey},
	{InvalidParameter, wbem.CannotBeSingleton},
	{InvalidParameter, wbem.CannotBeAbstract},
	{InvalidParameter, wbem.CannotChangeKeyInheritance},
	{InvalidParameter, wbem.CannotChangeIndexInheritance},
	{InvalidParameter, wbem.OverrideNotAllowed},
	{InvalidParameter, wbem.UpdateOverrideNotAllowed},
	{InvalidParameter, wbem.UpdateTypeMismatch},
	{InvalidParameter, wbem.PropagatedProperty},
	{InvalidParameter, wbem.PropagatedQualifier},
	{InvalidParameter, wbem.PropagatedMethod},
	{InvalidParameter, wbem.UpdatePropagatedMethod},
	{InvalidParameter, wbem.MissingParameterID},
	{InvalidParameter, wbem.InvalidParameterID},
	{InvalidParameter, wbem.NonconsecutiveParameterIDs},
	{InvalidParameter, wbem.ParameterIDOnRetval},
	{InvalidParameter, wbem.SystemProperty},
	{InvalidClass, wbem.InvalidClass},
	{NotFound, wbem.NotFound},
	{NotSupported, wbem.NotSupported},
	{NotSupported, wbem.ProviderNotCapable},
	{NotSupported, wbem.InvalidOperation},
	{NotSupported, wbem.UnsupportedPutExtension},
	{ClassHasChildren, wbem.ClassHasChildren},
	{ClassHasInstances, wbem.ClassHasInstances},
	{InvalidSuperclass, wbem.InvalidSuperclass},
	{InvalidSuperclass, wbem.CircularReference},
	{AlreadyExists, wbem.AlreadyExists},
	{NoSuchProperty, wbem.InvalidProperty},
	{TypeMismatch, wbem.TypeMismatch},
	{QueryLanguageNotSupported, wbem.InvalidQueryType},
	{InvalidQuery, wbem.InvalidQuery},
	{InvalidQuery, wbem.UnparsableQuery},
	{InvalidQuery, wbem.InvalidOperator},
	{InvalidQuery, wbem.NotEventClass},
	{InvalidQuery, wbem.MissingGroupWithin},
	{InvalidQuery, wbem.MissingAggregationList},
	{InvalidQuery, wbem.PropertyNotAnObject},
	{InvalidQuery, wbem.AggregatingByObject},
	{MethodNotAvailable, wbem.MethodNotImplemented},
	{MethodNotAvailable, wbem.MethodDisabled},
	{MethodNotFound, wbem.InvalidMethod},
	{NamespaceNotEmpty, wbem.InvalidOperation},
	{InvalidEnumerationContext, wbem.InvalidOperation},
	{InvalidOperationTimeout, wbem.InvalidParameter},
	{PullHasBeenAbandoned, wbem.CallCancelled},
	{PullCannotBeAbandoned, wbem.Failed},
	{FilteredEnumerationNot, wbem.NotSupported},
	{ContinuationOnErrorNot, wbem.NotSupported},
	{ServerLimitsExceeded, wbem.QuotaViolation},
	{ServerLimitsExceeded, wbem.OutOfMemory},
	{ServerLimitsExceeded, wbem.OutOfDiskSpace},
	{ServerLimitsExceeded, wbem.TooMuchData},
	{ServerLimitsExceeded, wbem.ServerTooBusy},
	{ServerIsShuttingDown, wbem.ShuttingDown},
}

// CodeOf returns the CIM status that is nearest to a WBEM status, 0 for a success.
func CodeOf(s wbem.Status) Code {
	if !s.Failed() {
		return 0
	}
	for _, row := range statuses {
		if row.status == s {
			return row.code
		}
	}
	return Failed
}

// StatusOf returns the WBEM status that is nearest to a CIM status.
func StatusOf(c Code) wbem.Status {
	for _, row := range statuses {
		if row.code == c {
			return row.status
		}
	}
	return wbem.Failed
}
