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
	nsNative      = "urn:openwmi:wsman:native"
	nsXML         = "http://www.w3.org/XML/1998/namespace"
)

// baseWSMan is what actions, modes and details of faults begin with.
const baseWSMan = "http://schemas.dmtf.org/wbem/wsman/1/wsman"

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
	actionGetStatus      = nsEventing + "/GetStatus"
	actionUnsubscribe    = nsEventing + "/Unsubscribe"
	actionFault          = baseWSMan + "/fault"
	actionFaultAddresses = nsAddressing + "/fault"
	actionEvent          = baseWSMan + "/Event"
	actionEvents         = baseWSMan + "/Events"
	actionHeartbeat      = baseWSMan + "/Heartbeat"
	actionAck            = baseWSMan + "/Ack"
	actionNative         = nsNative + "/Call"
)

// Ways of delivering events.
const (
	modePull        = baseWSMan + "/Pull"
	modePush        = nsEventing + "/DeliveryModes/Push"
	modePushWithAck = baseWSMan + "/PushWithAck"
	modeEvents      = baseWSMan + "/Events"
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
const (
	prefixes      = ` xmlns:s="` + nsSOAP + `" xmlns:a="` + nsAddressing + otherPrefixes
	prefixesW3C   = ` xmlns:s="` + nsSOAP + `" xmlns:a="` + nsAddressingW3C + otherPrefixes
	otherPrefixes = `" xmlns:x="` + nsTransfer + `" xmlns:n="` + nsEnumeration +
		`" xmlns:e="` + nsEventing + `" xmlns:w="` + nsWSMan + `" xmlns:cim="` + nsCIM + `" xmlns:xsi="` + nsInstance + `"`
)
