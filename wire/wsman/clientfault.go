package wsman

import (
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// A faultError is a fault that a server has sent.
type faultError struct {
	subcode string // without its prefix, "" for none
	status  wbem.Status
	text    string
}

func (e *faultError) Error() string { return e.text }
func (e *faultError) Unwrap() error { return &cim.Error{Status: e.status, Msg: e.text} }

// readFault reads a fault: the status is that of its detail or, if it has none,
// the one that is nearest to its subcode.
func readFault(n *xmltree.Node) error {
	e := &faultError{status: wbem.Failed}
	code := n.Child(nsSOAP, "Code").Child(nsSOAP, "Subcode").Child(nsSOAP, "Value").Value()
	e.subcode = code[strings.IndexByte(code, ':')+1:]
	e.text = n.Child(nsSOAP, "Reason").Child(nsSOAP, "Text").Value()
	if s, ok := subcodeStatuses[e.subcode]; ok {
		e.status = s
	}
	detail := n.Child(nsSOAP, "Detail").Child(nsFault, "WSManFault")
	if detail == nil {
		return e
	}
	if code, err := strconv.ParseUint(detail.Attr("", "Code"), 10, 32); err == nil && code>>16 == 0x8004 {
		e.status = wbem.Status(code)
	}
	if text := deepText(detail.Child(nsFault, "Message")); text != "" {
		e.text = text
	}
	return e
}

// deepText returns the first text in an element: WinRM puts that of a provider
// into the fault of that.
func deepText(n *xmltree.Node) string {
	if n == nil || n.Value() != "" {
		return n.Value()
	}
	for _, c := range n.Children {
		if text := deepText(c); text != "" {
			return text
		}
	}
	return ""
}

// subcodeStatuses are the statuses that are nearest to subcodes.
var subcodeStatuses = map[string]wbem.Status{
	"AccessDenied":                      wbem.AccessDenied,
	"ActionNotSupported":                wbem.NotSupported,
	"AlreadyExists":                     wbem.AlreadyExists,
	"CannotProcessFilter":               wbem.InvalidQuery,
	"Concurrency":                       wbem.ServerTooBusy,
	"DestinationUnreachable":            wbem.NotFound,
	"EncodingLimit":                     wbem.QuotaViolation,
	"FilterDialectRequestedUnavailable": wbem.InvalidQueryType,
	"FilteringRequestedUnavailable":     wbem.InvalidQueryType,
	"DeliveryModeRequestedUnavailable":  wbem.NotSupported,
	"FragmentDialectNotSupported":       wbem.NotSupported,
	"InvalidEnumerationContext":         wbem.InvalidParameter,
	"InvalidMessageInformationHeader":   wbem.InvalidParameter,
	"InvalidOptions":                    wbem.InvalidParameter,
	"InvalidParameter":                  wbem.InvalidParameter,
	"InvalidRepresentation":             wbem.InvalidObject,
	"InvalidSelectors":                  wbem.NotFound,
	"MessageInformationHeaderRequired":  wbem.InvalidParameter,
	"QuotaLimit":                        wbem.QuotaViolation,
	"SchemaValidationError":             wbem.InvalidParameter,
	"TimedOut":                          wbem.Timeout,
	"UnsupportedFeature":                wbem.NotSupported,
	"EventSourceUnableToProcess":        wbem.Failed,
	"UnableToRenew":                     wbem.Failed,
	"EndpointUnavailable":               wbem.ServerUnavailable,
}
