package wsman

// Namespaces of XML.
const (
	nsSOAP        = "http://www.w3.org/2003/05/soap-envelope"
	nsAddressing  = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsTransfer    = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
	nsEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
	nsEventing    = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
	nsWSMan       = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
	nsIdentity    = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
	nsBinding     = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"
	nsCIM         = "http://schemas.dmtf.org/wbem/wscim/1/common"
	nsMicrosoft   = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
	nsFault       = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
	nsInstance    = "http://www.w3.org/2001/XMLSchema-instance"
	nsXML         = "http://www.w3.org/XML/1998/namespace"
)

// Actions.
const (
	actionGet            = nsTransfer + "/Get"
	actionPut            = nsTransfer + "/Put"
	actionCreate         = nsTransfer + "/Create"
	actionDelete         = nsTransfer + "/Delete"
	actionEnumerate      = nsEnumeration + "/Enumerate"
	actionPull           = nsEnumeration + "/Pull"
	actionRelease        = nsEnumeration + "/Release"
	actionSubscribe      = nsEventing + "/Subscribe"
	actionRenew          = nsEventing + "/Renew"
	actionUnsubscribe    = nsEventing + "/Unsubscribe"
	actionFault          = nsWSMan + "/fault"
	actionFaultAddresses = nsAddressing + "/fault"
)

const anonymous = nsAddressing + "/role/anonymous"

// Dialects of filters.
const (
	dialectWQLMicrosoft = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
	dialectWQLDMTF      = "http://schemas.dmtf.org/wbem/wsman/1/WQL"
	dialectCQL          = "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf"
	dialectSelectors    = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
	dialectAssociation  = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter"
)

// prefixes are those that answers bind in the envelope.
const prefixes = ` xmlns:s="` + nsSOAP + `" xmlns:a="` + nsAddressing + `" xmlns:x="` + nsTransfer + `" xmlns:n="` + nsEnumeration +
	`" xmlns:w="` + nsWSMan + `" xmlns:cim="` + nsCIM + `" xmlns:xsi="` + nsInstance + `"`
