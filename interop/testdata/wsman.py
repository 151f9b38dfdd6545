"""Runs clients of WS-Management against a server and prints a line for each
check: "ok NAME", or "not ok NAME: WHY".

    wsman.py HOST PORT USER PASSWORD
"""

import sys
import traceback
import xml.etree.ElementTree as ET

import dracclient.client
import winrm.exceptions
import winrm.protocol
from dracclient import exceptions as drac_exceptions
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.wsman import OptionSet, SelectorSet, WSMan, WSManAction

host, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

WMI = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
DMTF = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
NS = {
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "cim": "http://schemas.dmtf.org/wbem/wscim/1/common",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
}
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def check(name, fn, *args):
    try:
        fn(*args)
        print("ok", name)
    except Exception as e:
        where = traceback.extract_tb(e.__traceback__)[-1]
        print("not ok %s: line %s: %s: %s" % (name, where.lineno, type(e).__name__, str(e).replace("\n", " ")))


def selectors(**names):
    s = SelectorSet()
    for name, value in names.items():
        s.add_option(name, value)
    return s


def expect(want, got):
    assert want == got, "%r instead of %r" % (got, want)


def fault(status, fn, *args, **kwargs):
    try:
        fn(*args, **kwargs)
    except WSManFaultError as e:
        expect(status, e.code & 0xFFFFFFFF)
        return
    raise AssertionError("no fault")


def element(uri, name, **children):
    e = ET.Element("{%s}%s" % (uri, name))
    for child, value in children.items():
        ET.SubElement(e, "{%s}%s" % (uri, child)).text = value
    return e


def text(body, uri, name):
    return body.find(".//{%s}%s" % (uri, name)).text


def enumerate_all(w, uri, query=None, size=None, optimized=True):
    """Enumerates as programs that use pypsrp do, and returns the items."""
    e = ET.Element("{%s}Enumerate" % NS["n"])
    if optimized:
        ET.SubElement(e, "{%s}OptimizeEnumeration" % NS["w"])
        ET.SubElement(e, "{%s}MaxElements" % NS["w"]).text = str(size or 32000)
    if query:
        ET.SubElement(e, "{%s}Filter" % NS["w"], Dialect=WQL).text = query
    body = w.enumerate(uri, e)
    items, rounds = [], 0
    while True:
        found = body.find(".//w:Items", NS)
        if found is None:
            found = body.find(".//n:Items", NS)
        items.extend(list(found) if found is not None else [])
        if body.find(".//w:EndOfSequence", NS) is not None or body.find(".//n:EndOfSequence", NS) is not None:
            return items, rounds
        p = ET.Element("{%s}Pull" % NS["n"])
        ET.SubElement(p, "{%s}EnumerationContext" % NS["n"]).text = body.find(".//n:EnumerationContext", NS).text
        ET.SubElement(p, "{%s}MaxElements" % NS["n"]).text = str(size or 32000)
        body = w.pull(uri, p)
        rounds += 1


def pypsrp(kind, **options):
    w = WSMan(host, port=port, ssl=False, username=user, password=password, **options)

    def get():
        uri = WMI + "W_Animal"
        body = w.get(uri, selector_set=selectors(Name="mouse"))
        expect("1", text(body, uri, "Weight"))
        expect("2026-01-01T12:00:00+01:00", body.find(".//cim:Datetime", NS).text)
        expect("true", body.find(".//{%s}Tags" % uri).get(NIL))

    def get_dmtf():
        expect("1", text(w.get(DMTF + "W_Animal", selector_set=selectors(Name="mouse", __cimnamespace="root/cimv2")), DMTF + "W_Animal", "Weight"))

    def faults():
        fault(0x80041002, w.get, WMI + "W_Animal", selector_set=selectors(Name="unicorn"))
        fault(0x80041010, w.get, WMI + "W_Nothing", selector_set=selectors(Name="x"))
        fault(0x8004100E, w.get, WMI.replace("cimv2", "nothing") + "W_Animal", selector_set=selectors(Name="x"))
        fault(0x80041017, enumerate_all, w, WMI + "*", "SELECT FROM")

    def write():
        uri = WMI + "W_Dog"
        body = w.create(uri, element(uri, "W_Dog", Name="fido", Weight="7", Tame="true"))
        assert body.find(".//x:ResourceCreated", NS) is not None
        fault(0x80041019, w.create, uri, element(uri, "W_Dog", Name="fido"))
        body = w.put(uri, element(uri, "W_Dog", Weight="8", Tags="ä&<>"), selector_set=selectors(Name="fido"))
        expect("8", text(body, uri, "Weight"))
        body = w.get(uri, selector_set=selectors(name="FIDO"))
        expect("ä&<>", text(body, uri, "Tags"))
        expect("true", text(body, uri, "Tame"))
        w.delete(uri, selector_set=selectors(Name="fido"))
        fault(0x80041002, w.delete, uri, selector_set=selectors(Name="fido"))

    def enumerations():
        expect((2, 0), tuple(map(lambda v: len(v) if isinstance(v, list) else v, enumerate_all(w, WMI + "W_Animal"))))
        items, rounds = enumerate_all(w, WMI + "W_Animal", size=1)
        expect((2, 1), (len(items), rounds))
        items, rounds = enumerate_all(w, WMI + "W_Animal", optimized=False)
        expect((2, 1), (len(items), rounds))

    def queries():
        items, _ = enumerate_all(w, WMI + "*", "SELECT * FROM W_Animal WHERE Weight > 2")
        expect([WMI + "W_Dog"], [i.tag[1:].split("}")[0] for i in items])
        items, _ = enumerate_all(w, WMI + "*", "SELECT Name FROM W_Animal WHERE Name = 'rex'")
        expect(("{%s}XmlFragment" % NS["w"], "rex"), (items[0].tag, items[0][0].text))
        items, _ = enumerate_all(w, WMI + "*", "ASSOCIATORS OF {W_Dog.Name='rex'}")
        expect(["W_Animal"], [i.tag.split("}")[1] for i in items])

    def invoke():
        uri = WMI + "DCIM_JobService"
        keys = dict(SystemCreationClassName="DCIM_ComputerSystem", SystemName="idrac", CreationClassName="DCIM_JobService", Name="JobService")
        res = w.invoke(uri + "/DeleteJobQueue", uri, element(uri, "DeleteJobQueue_INPUT", JobID="JID_1"), selector_set=selectors(**keys))
        expect("0", text(res, uri, "ReturnValue"))
        expect("deleted JID_1", text(res, uri, "Message"))

    def options():
        o = OptionSet()
        o.add_option("hint", "fast")
        expect("1", text(w.get(WMI + "W_Animal", selector_set=selectors(Name="mouse"), option_set=o), WMI + "W_Animal", "Weight"))

    def shells():
        fault(0x8004100E, w.create, "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd", ET.Element("Shell"))

    for fn in (get, get_dmtf, faults, write, enumerations, queries, invoke, options, shells):
        check("pypsrp %s %s" % (kind, fn.__name__), fn)


def wrong_password(**options):
    w = WSMan(host, port=port, ssl=False, username=user, password="wrong", **options)
    try:
        w.get(WMI + "W_Animal", selector_set=selectors(Name="mouse"))
    except AuthenticationError:
        return
    raise AssertionError("it is let in")


def pywinrm(transport, **options):
    p = winrm.protocol.Protocol("http://%s:%d/wsman" % (host, port), transport=transport, username=user, password=password, **options)

    def send(name):
        return p.send_message(
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="%s"><s:Header>'
            "<a:To>http://windows-host:5985/wsman</a:To><a:ReplyTo><a:Address mustUnderstand=\"true\">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
            '<w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize><a:MessageID>uuid:1</a:MessageID><w:Locale mustUnderstand="false" xml:lang="en-US"/>'
            '<w:OperationTimeout>PT20S</w:OperationTimeout><w:ResourceURI mustUnderstand="true">%sW_Animal</w:ResourceURI><a:Action mustUnderstand="true">%s</a:Action>'
            '<w:SelectorSet><w:Selector Name="Name">%s</w:Selector></w:SelectorSet></s:Header><s:Body/></s:Envelope>' % (NS["w"], WMI, WSManAction.GET, name)
        )

    def get():
        expect("1", text(ET.fromstring(send("mouse")), WMI + "W_Animal", "Weight"))

    def faults():
        try:
            send("unicorn")
        except winrm.exceptions.WSManFaultError as e:
            expect(0x80041002, int(e.wsman_fault_code or e.fault_data["wsmanfault_code"]) & 0xFFFFFFFF)
            return
        raise AssertionError("no fault")

    def shell():
        try:
            p.open_shell()
        except winrm.exceptions.WSManFaultError:
            return
        raise AssertionError("a shell")

    for fn in (get, faults, shell):
        check("pywinrm %s %s" % (transport, fn.__name__), fn)


def drac():
    c = dracclient.client.DRACClient(host, user, password, port=port, protocol="http")

    def cpus():
        found = c.list_cpus()
        expect(250, len(found))
        expect(("CPU.Socket.1", 8, 3000, True), (found[1].id, found[1].cores, found[1].speed_mhz, found[1].turbo_enabled))

    def jobs():
        expect(["JID_1", "JID_2"], sorted(j.id for j in c.list_jobs()))

    def unfinished():
        expect([("JID_1", "Running", "50")], [(j.id, j.status, j.percent_complete) for j in c.list_jobs(only_unfinished=True)])

    def invoke():
        c.delete_jobs(["JID_1"])

    def refused():
        try:
            c.delete_jobs(["JID_9"])
        except drac_exceptions.DRACOperationFailed as e:
            assert "no such job" in str(e), e
            return
        raise AssertionError("no failure")

    def unknown():
        try:
            c.client.enumerate("http://schemas.dell.com/wbem/wscim/1/cim-schema/2/DCIM_Nothing")
        except drac_exceptions.WSManInvalidResponse:
            return
        raise AssertionError("no failure")

    for fn in (cpus, jobs, unfinished, invoke, refused, unknown):
        check("dracclient %s" % fn.__name__, fn)


check("pypsrp basic, wrong password", lambda: wrong_password(auth="basic", encryption="never"))
check("pypsrp ntlm, wrong password", lambda: wrong_password(auth="ntlm"))
pypsrp("basic", auth="basic", encryption="never")
pypsrp("ntlm", auth="ntlm", encryption="always")
pypsrp("negotiate", auth="negotiate", negotiate_delegate=False, encryption="always")
pywinrm("plaintext", message_encryption="never")
pywinrm("ntlm", message_encryption="always")
drac()
