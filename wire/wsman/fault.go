package wsman

import (
	"errors"
	"strconv"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// A faultKind is a fault of the specifications. DSP0226 14
type faultKind struct {
	sender  bool
	subcode string // with the prefix that envelopes bind, "" for none
	action  string
	reason  string
}

var (
	faultAccessDenied           = &faultKind{true, "w:AccessDenied", actionFault, "The sender was not authorized to access the resource."}
	faultActionNotSupported     = &faultKind{true, "a:ActionNotSupported", actionFaultAddresses, "The action is not supported by the service."}
	faultAlreadyExists          = &faultKind{true, "w:AlreadyExists", actionFault, "The sender attempted to create a resource that already exists."}
	faultCannotProcessFilter    = &faultKind{true, "w:CannotProcessFilter", actionFault, "The requested filter could not be processed."}
	faultDestinationUnreachable = &faultKind{true, "a:DestinationUnreachable", actionFaultAddresses, "No route can be determined to reach the destination."}
	faultDialectUnavailable     = &faultKind{true, "n:FilterDialectRequestedUnavailable", nsEnumeration + "/fault", "The requested filtering dialect is not supported."}
	faultEncodingLimit          = &faultKind{true, "w:EncodingLimit", actionFault, "An internal encoding limit was exceeded in a request or would be violated if the message were processed."}
	faultEndpointUnavailable    = &faultKind{false, "a:EndpointUnavailable", actionFaultAddresses, "The specified endpoint is currently unavailable."}
	faultFragmentDialect        = &faultKind{true, "w:FragmentDialectNotSupported", actionFault, "The requested fragment filtering dialect or language cannot be supported."}
	faultInternalError          = &faultKind{false, "w:InternalError", actionFault, "The service cannot comply with the request due to internal processing errors."}
	faultInvalidContext         = &faultKind{false, "n:InvalidEnumerationContext", nsEnumeration + "/fault", "The supplied enumeration context is invalid."}
	faultInvalidHeader          = &faultKind{true, "a:InvalidMessageInformationHeader", actionFaultAddresses, "A message information header is not valid and the message cannot be processed."}
	faultInvalidExpiration      = &faultKind{true, "n:InvalidExpirationTime", nsEnumeration + "/fault", "The expiration time is not valid."}
	faultInvalidOptions         = &faultKind{true, "w:InvalidOptions", actionFault, "One or more options are not valid."}
	faultInvalidParameter       = &faultKind{true, "w:InvalidParameter", actionFault, "An operation parameter is not valid."}
	faultInvalidRepresentation  = &faultKind{true, "x:InvalidRepresentation", nsTransfer + "/fault", "The XML content is not valid."}
	faultInvalidSelectors       = &faultKind{true, "w:InvalidSelectors", actionFault, "The Selectors for the resource are not valid."}
	faultHeaderRequired         = &faultKind{true, "a:MessageInformationHeaderRequired", actionFaultAddresses, "A required header is missing."}
	faultQuotaLimit             = &faultKind{true, "w:QuotaLimit", actionFault, "The service is busy servicing other requests."}
	faultSchemaValidation       = &faultKind{true, "w:SchemaValidationError", actionFault, "The supplied SOAP violates the corresponding XML schema definition."}
	faultTimedOut               = &faultKind{false, "w:TimedOut", actionFault, "The operation has timed out."}
	faultVersion                = &faultKind{false, "", actionFaultAddresses, "The message is not one of SOAP 1.2."}
	faultUnsupportedFeature     = &faultKind{true, "w:UnsupportedFeature", actionFault, "The specified feature is not supported."}
	faultEventingUnavailable    = &faultKind{true, "e:DeliveryModeRequestedUnavailable", nsEventing + "/fault", "The requested delivery mode is not supported."}
	faultEventFilterUnavailable = &faultKind{true, "e:FilteringRequestedUnavailable", nsEventing + "/fault", "Filtering is not supported as requested."}
	faultEventExpiration        = &faultKind{true, "e:InvalidExpirationTime", nsEventing + "/fault", "The expiration time is not valid."}
	faultInvalidEventMessage    = &faultKind{true, "e:InvalidMessage", nsEventing + "/fault", "The message is not valid."}
)

// faultDetails are the URIs of details. DSP0226 14.6
const faultDetailBase = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

// A fault is why a request failed.
type fault struct {
	kind   *faultKind
	detail string // the last part of its URI, "" for none
	err    error  // with the status, and what a peer may know
	// notUnderstood is a header that must be understood and is not; then there
	// is no subcode.
	notUnderstood xmltree.Name
}

func newFault(k *faultKind, detail string, s wbem.Status, format string, args ...any) error {
	return &fault{kind: k, detail: detail, err: cim.Errorf(s, format, args...)}
}

func (f *fault) Error() string { return f.kind.subcode + ": " + f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// faultOf returns the fault for the failure of an operation.
func faultOf(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	for _, row := range statusFaults {
		if wbem.StatusOf(err) == row.status {
			return &fault{kind: row.kind, detail: row.detail, err: err}
		}
	}
	return &fault{kind: faultInternalError, err: err}
}

// statusFaults are the faults nearest to WBEM statuses, as WinRM chooses them.
var statusFaults = []struct {
	status wbem.Status
	kind   *faultKind
	detail string
}{
	{wbem.AccessDenied, faultAccessDenied, ""},
	{wbem.PrivilegeNotHeld, faultAccessDenied, ""},
	{wbem.NotFound, faultDestinationUnreachable, "InvalidResourceURI"},
	{wbem.InvalidClass, faultDestinationUnreachable, "InvalidResourceURI"},
	{wbem.InvalidNamespace, faultDestinationUnreachable, "InvalidResourceURI"},
	{wbem.InvalidObjectPath, faultInvalidSelectors, ""},
	{wbem.AlreadyExists, faultAlreadyExists, ""},
	{wbem.InvalidQuery, faultCannotProcessFilter, ""},
	{wbem.UnparsableQuery, faultCannotProcessFilter, ""},
	{wbem.InvalidQueryType, faultDialectUnavailable, ""},
	{wbem.InvalidMethod, faultActionNotSupported, ""},
	{wbem.MethodNotImplemented, faultActionNotSupported, ""},
	{wbem.MethodDisabled, faultActionNotSupported, ""},
	{wbem.InvalidMethodParameters, faultInvalidParameter, ""},
	{wbem.InvalidParameter, faultInvalidParameter, ""},
	{wbem.TypeMismatch, faultInvalidParameter, "InvalidValues"},
	{wbem.ValueOutOfRange, faultInvalidParameter, "InvalidValues"},
	{wbem.ReadOnly, faultInvalidParameter, "ReadOnly"},
	{wbem.IllegalNull, faultInvalidParameter, "InvalidValues"},
	{wbem.InvalidObject, faultInvalidRepresentation, ""},
	{wbem.InvalidProperty, faultInvalidRepresentation, ""},
	{wbem.NotSupported, faultUnsupportedFeature, ""},
	{wbem.ProviderNotCapable, faultUnsupportedFeature, ""},
	{wbem.InvalidOperation, faultUnsupportedFeature, ""},
	{wbem.UnsupportedPutExtension, faultUnsupportedFeature, ""},
	{wbem.QuotaViolation, faultQuotaLimit, ""},
	{wbem.ServerTooBusy, faultQuotaLimit, ""},
	{wbem.Timeout, faultTimedOut, ""},
	{wbem.ShuttingDown, faultEndpointUnavailable, ""},
}

// asError returns err as the contract has it.
func asError(err error) *wbem.Error {
	var e *wbem.Error
	errors.As(wbem.NewError("", "", err), &e)
	return e
}

// detailOf returns what a peer may know of an error, in words.
func detailOf(err error) string {
	e := asError(err)
	if e.Detail == "" {
		return e.Status.Text()
	}
	return e.Detail
}

// append appends the body of the fault.
func (f *fault) append(b []byte, subcode, machine string) []byte {
	code := "s:Receiver"
	switch {
	case f.notUnderstood.Local != "":
		code, subcode = "s:MustUnderstand", ""
	case f.kind == faultVersion:
		code = "s:VersionMismatch"
	case f.kind.sender:
		code = "s:Sender"
	}
	b = append(b, "<s:Fault><s:Code><s:Value>"+code+"</s:Value>"...)
	if subcode != "" {
		b = append(b, "<s:Subcode><s:Value>"+subcode+"</s:Value></s:Subcode>"...)
	}
	e := asError(f.err)
	text := detailOf(f.err)
	b = append(b, `</s:Code><s:Reason><s:Text xml:lang="en-US">`...)
	reason := f.kind.reason + " " + e.Status.Text()
	if e.Detail != "" {
		reason += ": " + e.Detail
	}
	b = xml.AppendText(b, reason)
	b = append(b, "</s:Text></s:Reason><s:Detail>"...)
	if f.detail != "" {
		b = append(b, "<w:FaultDetail>"+faultDetailBase+f.detail+"</w:FaultDetail>"...)
	}
	b = append(b, `<f:WSManFault xmlns:f="`+nsFault+`"`...)
	b = xml.AppendAttr(b, "Code", strconv.FormatUint(uint64(e.Status), 10))
	b = xml.AppendAttr(b, "Machine", machine)
	b = append(b, "><f:Message>"...)
	if e.Object == nil {
		b = xml.AppendText(b, text)
	} else {
		b = append(b, "<f:ProviderFault"...)
		b = xml.AppendAttr(b, "provider", e.Provider)
		b = append(b, "><f:ExtendedError>"...)
		b = appendInstance(b, resource{base: baseOf(defaultNamespace)}, e.Object, nil, nil)
		b = append(b, "</f:ExtendedError></f:ProviderFault>"...)
	}
	return append(b, "</f:Message></f:WSManFault></s:Detail></s:Fault>"...)
}
