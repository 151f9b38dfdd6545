"""Clients that log on by a handshake: negotiate.py CLIENT URL USER PASSWORD [CA]

Prints the status of an answer, or the length of what was enumerated, per line.
"""
import base64
import sys
import uuid
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

client, url, user, password = sys.argv[1:5]
ca = sys.argv[5] if len(sys.argv) > 5 else True

SOAP = "http://www.w3.org/2003/05/soap-envelope"
IDENTIFY = (
    '<s:Envelope xmlns:s="%s"><s:Header/><s:Body><w:Identify '
    'xmlns:w="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>' % SOAP
)
HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8"}
NAMESPACES = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/__Namespace"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"


def requests_ntlm(bound):
    import requests
    from requests_ntlm import HttpNtlmAuth

    s = requests.Session()
    s.auth = HttpNtlmAuth(user, password, send_cbt=bound)
    for _ in range(2):
        print(s.post(url, data=IDENTIFY, headers=HEADERS, verify=ca).status_code)


def pyspnego(protocol):
    import requests
    import spnego

    s = requests.Session()
    end = spnego.client(user, password, hostname=urlsplit(url).hostname, service="HTTP", protocol=protocol)
    token = end.step()
    while token:
        auth = {"Authorization": "Negotiate " + base64.b64encode(token).decode()}
        r = s.post(url, data=IDENTIFY, headers={**HEADERS, **auth})
        reply = r.headers.get("WWW-Authenticate", "").partition("Negotiate ")[2]
        token = end.step(base64.b64decode(reply)) if reply else None
    print(r.status_code if end.complete else "incomplete")
    print(s.post(url, data=IDENTIFY, headers=HEADERS).status_code)


def pypsrp(auth):
    from pypsrp.wsman import WSMan

    at = urlsplit(url)
    w = WSMan(
        at.hostname, port=at.port, ssl=False, auth=auth, username=user, password=password,
        encryption="always", path=at.path, negotiate_service="HTTP",
    )
    for _ in range(3):
        e = ET.Element("{%s}Enumerate" % ENUMERATION)
        ET.SubElement(e, "{%s}OptimizeEnumeration" % WSMAN)
        ET.SubElement(e, "{%s}MaxElements" % WSMAN).text = "100"
        print(ET.tostring(w.enumerate(NAMESPACES, e)).count(b"EndOfSequence"))


def pywinrm(transport):
    from winrm.protocol import Protocol

    p = Protocol(endpoint=url, transport=transport, username=user, password=password, message_encryption="always", service="HTTP")
    for _ in range(3):
        message = (
            '<s:Envelope xmlns:s="%s" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="%s" xmlns:n="%s">'
            "<s:Header><a:To>%s</a:To><w:ResourceURI>%s</w:ResourceURI>"
            "<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
            "<a:Action>%s/Enumerate</a:Action><a:MessageID>uuid:%s</a:MessageID></s:Header><s:Body><n:Enumerate>"
            "<w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements></n:Enumerate></s:Body></s:Envelope>"
        ) % (SOAP, WSMAN, ENUMERATION, url, NAMESPACES, ENUMERATION, uuid.uuid4())
        print(p.transport.send_message(message.encode()).count(b"<w:EndOfSequence"))


name, _, how = client.partition(":")
if name == "requests_ntlm":
    requests_ntlm(how == "bound")
else:
    {"pyspnego": pyspnego, "pypsrp": pypsrp, "pywinrm": pywinrm}[name](how)
