"""Subscribes to indications with pywbem, and listens: URL PASSWORD PORT PHASE."""

import os
import sys
import time

from pywbem import (CIMError, CIMInstance, Uint64, WBEMConnection, WBEMListener, WBEMServer, WBEMSubscriptionManager)

url, password, port, phase = sys.argv[1:]
conn = WBEMConnection(url, ("tester", password), default_namespace="root/cimv2")
got = []


def listen():
    listener = WBEMListener("127.0.0.1", http_port=int(port))
    listener.add_callback(lambda indication, host: got.append(indication))
    listener.start()


def wait(n):
    end = time.time() + 60
    while len(got) < n and time.time() < end:
        time.sleep(0.05)
    for i in got:
        print(i.classname, i["SourceInstance"]["Id"], i["SequenceNumber"], flush=True)


def disk(name):
    return conn.CreateInstance(CIMInstance("Disk", {"Id": name, "Size": Uint64(1)}))


def subscribe():
    listen()
    server = WBEMServer(conn)
    print(server.interop_ns, [p["RegisteredName"] for p in server.profiles])
    print(server.create_namespace("root/x/y"), server.delete_namespace("root/x/y"))
    manager = WBEMSubscriptionManager("interop")
    sid = manager.add_server(server)
    to = manager.add_destination(sid, "http://127.0.0.1:" + port, owned=False, name="listener")
    which = manager.add_filter(
        sid, "root/cimv2", "SELECT * FROM CIM_InstIndication WHERE SourceInstance ISA Disk", "DMTF:CQL", owned=False, name="disks")
    manager.add_subscriptions(sid, which.path, to.path, owned=False)
    try:
        manager.add_destination(sid, "https://192.0.2.1:5990", owned=False, name="elsewhere")
        print("any host is allowed")
    except CIMError as e:
        print(e.status_code_name)
    path = disk("a")
    inst = conn.GetInstance(path)
    inst.path = path
    inst["Size"] = Uint64(2)
    conn.ModifyInstance(inst)
    conn.DeleteInstance(path)
    wait(3)


def again():
    listen()
    wait(1)  # what happened while nobody listened
    disk("new")
    wait(2)
    server = WBEMServer(conn)
    manager = WBEMSubscriptionManager("interop")
    sid = manager.add_server(server)
    for s in manager.get_all_subscriptions(sid):
        manager.remove_subscriptions(sid, s.path)
    for f in manager.get_all_filters(sid):
        manager.remove_filter(sid, f.path)
    for d in manager.get_all_destinations(sid):
        manager.remove_destinations(sid, d.path)
    print([len(conn.EnumerateInstanceNames(c, "root/interop")) for c in
           ("CIM_IndicationSubscription", "__EventFilter", "__FilterToConsumerBinding", "OpenWMI_CIMXMLEventConsumer")])


status = 1
try:
    {"subscribe": subscribe, "missed": lambda: disk("missed"), "again": again}[phase]()
    status = 0
except Exception as e:
    print(repr(e))
sys.stdout.flush()
os._exit(status)  # the listener does not matter any more
