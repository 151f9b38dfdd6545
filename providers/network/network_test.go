package network_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/network"
	"openwmi/wbem"
)

func open(t testing.TB, o network.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{network.Name: network.New(o)}, live.MOF, network.MOF)
}

// rows returns the values of the instances that a query finds, by one of them.
func rows(t *testing.T, svc wbem.Services, key, query string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, query) {
		values := providertest.Values(inst)
		if _, twice := found[values[key]]; twice {
			t.Errorf("%s is there twice", values[key])
		}
		found[values[key]] = values
		if err := inst.Check(); err != nil {
			t.Error(err)
		}
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	return found
}

// native returns an address of IP 4 as /proc has it on this machine.
func native(address string) string {
	b := netip.MustParseAddr(address).As4()
	return fmt.Sprintf("%08X", binary.NativeEndian.Uint32(b[:]))
}

func line(device, destination, router string, flags, metric int, mask string) string {
	return fmt.Sprintf("%s\t%s\t%s\t%04X\t0\t0\t%d\t%s\t0\t0\t0\n", device, native(destination), native(router), flags, metric, native(mask))
}

func machine(t *testing.T) network.Options {
	const c = "class/net/"
	sys := &live.System{
		Computer: "PC",
		Proc: providertest.Tree(t, map[string]string{
			"net/route": "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
				line("eth0", "0.0.0.0", "192.0.2.1", 3, 100000, "0.0.0.0") + line("eth0", "0.0.0.0", "192.0.2.1", 3, 7, "0.0.0.0") +
				line("eth0", "192.0.2.0", "0.0.0.0", 1, 0, "255.255.255.0") + line("eth0", "198.51.100.0", "0.0.0.0", 0x201, 0, "255.255.255.0") +
				line("gone", "203.0.113.0", "0.0.0.0", 1, 0, "255.255.255.0") + line("eth0", "203.0.113.9", "0.0.0.0", 0, 0, "255.255.255.255") +
				"eth0\tnothing\there\t1\t0\t0\t0\t0\t0\t0\t0\neth0\t00",
			"net/ipv6_route": strings.Repeat("0", 32) + " 00 " + strings.Repeat("0", 32) + " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n" +
				strings.Repeat("0", 32) + " 00 " + strings.Repeat("0", 32) + " 00 xx 00000400 00000001 00000000 00000003     eth0\nshort\n",
			"sys/kernel/hostname": "pc.example.org\n", "sys/net/ipv4/ip_default_ttl": "64\n", "sys/net/ipv4/tcp_keepalive_time": "7200\n",
			"sys/net/ipv4/tcp_retries2": "15\n", "sys/net/ipv4/ip_no_pmtu_disc": "0\n", "sys/net/ipv4/tcp_mtu_probing": "9\n",
		}),
		Sys: providertest.Tree(t, map[string]string{
			c + "bonding_masters": "bond0\n",
			c + "eth0/ifindex":    "2\n", c + "eth0/type": "1\n", c + "eth0/address": "02:ab:cd:00:00:01\n", c + "eth0/flags": "0x1003\n",
			c + "eth0/operstate": "up\n", c + "eth0/speed": "1000\n", c + "eth0/mtu": "1500\n", c + "eth0/device/driver": "->../../../bus/pci/drivers/e1000e",
			c + "lo/ifindex": "1\n", c + "lo/type": "772\n", c + "lo/address": "00:00:00:00:00:00\n", c + "lo/flags": "0x9\n", c + "lo/operstate": "unknown\n",
			c + "wlan0/ifindex": "30\n", c + "wlan0/type": "1\n", c + "wlan0/phy80211/x": "", c + "wlan0/flags": "0x1003\n", c + "wlan0/operstate": "dormant\n",
			c + "wlan0/speed": "-1\n", c + "tun0/ifindex": "4\n", c + "tun0/type": "65534\n", c + "tun0/flags": "0x90\n", c + "tun0/operstate": "down\n",
			c + "bad/ifindex": "99999999999\n", c + "worse/ifindex": "",
		}),
		Etc: providertest.Tree(t, map[string]string{"resolv.conf": "# by hand\nnameserver 192.0.2.53\nnameserver\nnameserver 2001:db8::53\nsearch a.example b.example\n"}),
	}
	return network.Options{System: sys, Addresses: func(name string) ([]netip.Prefix, error) {
		switch name {
		case "eth0":
			return []netip.Prefix{netip.MustParsePrefix("fe80::2/64"), netip.MustParsePrefix("192.0.2.7/24")}, nil
		case "lo", "tun0":
			return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}, nil
		}
		return nil, errors.New("it has gone")
	}}
}

func TestMachine(t *testing.T) {
	svc := open(t, machine(t))
	want := map[string]map[string]string{
		"1": {"Name": "lo", "Caption": "[00000001] lo", "NetEnabled": "TRUE", "NetConnectionStatus": "2", "PhysicalAdapter": "FALSE"},
		"2": {"Name": "eth0", "Caption": "[00000002] eth0", "NetEnabled": "TRUE", "NetConnectionStatus": "2", "PhysicalAdapter": "TRUE",
			"MACAddress": "02:AB:CD:00:00:01", "AdapterType": "Ethernet 802.3", "AdapterTypeID": "0", "Speed": "1000000000", "ServiceName": "e1000e"},
		"4":  {"Name": "tun0", "Caption": "[00000004] tun0", "NetEnabled": "FALSE", "NetConnectionStatus": "0", "PhysicalAdapter": "FALSE"},
		"30": {"Name": "wlan0", "Caption": "[00000030] wlan0", "NetEnabled": "TRUE", "NetConnectionStatus": "8", "PhysicalAdapter": "FALSE", "AdapterType": "Wireless", "AdapterTypeID": "9"},
	}
	for id, v := range want {
		v["DeviceID"], v["Index"], v["InterfaceIndex"] = id, id, id
		v["NetConnectionID"], v["Description"] = v["Name"], v["Name"]
		v["Installed"], v["SystemName"] = "TRUE", "PC"
		v["CreationClassName"], v["SystemCreationClassName"] = "Win32_NetworkAdapter", "Win32_ComputerSystem"
	}
	if diff := cmp.Diff(want, rows(t, svc, "DeviceID", "SELECT * FROM Win32_NetworkAdapter")); diff != "" {
		t.Errorf("adapters differ:\n%s", diff)
	}
	for _, where := range []string{"NetConnectionID = 'eth0'", "DeviceID = '2'", "Index = 2 AND NetEnabled = TRUE"} {
		if got := rows(t, svc, "DeviceID", "SELECT * FROM Win32_NetworkAdapter WHERE "+where); len(got) != 1 || got["2"] == nil {
			t.Errorf("WHERE %s found %v", where, got)
		}
	}
	for _, where := range []string{"NetConnectionID = '../net/eth0'", "NetConnectionID = '..'", "NetConnectionID = 'bad'", "DeviceID = '02'"} {
		if got := rows(t, svc, "DeviceID", "SELECT * FROM Win32_NetworkAdapter WHERE "+where); len(got) != 0 {
			t.Errorf("WHERE %s found %v", where, got)
		}
	}

	general := map[string]string{
		"DefaultTTL": "64", "KeepAliveTime": "7200000", "TcpMaxDataRetransmissions": "15", "PMTUDiscoveryEnabled": "TRUE", "DatabasePath": "/etc",
	}
	want = map[string]map[string]string{
		"lo": {"Index": "1", "IPEnabled": "FALSE"},
		"eth0": {"Index": "2", "IPEnabled": "TRUE", "MACAddress": "02:AB:CD:00:00:01", "ServiceName": "e1000e", "MTU": "1500",
			"IPAddress": "{192.0.2.7, fe80::2}", "IPSubnet": "{255.255.255.0, 64}", "DefaultIPGateway": "{192.0.2.1, 192.0.2.1, fe80::1}",
			"GatewayCostMetric": "{65535, 7, 1024}", "DNSServerSearchOrder": "{192.0.2.53, 2001:db8::53}",
			"DNSDomainSuffixSearchOrder": "{a.example, b.example}", "DNSHostName": "pc"},
		"tun0":  {"Index": "4", "IPEnabled": "FALSE"},
		"wlan0": {"Index": "30", "IPEnabled": "FALSE"},
	}
	for name, v := range want {
		v["InterfaceIndex"], v["SettingID"], v["Description"] = v["Index"], name, name
		v["Caption"] = "[" + fmt.Sprintf("%08s", v["Index"]) + "] " + name
		for name, value := range general {
			v[name] = value
		}
	}
	if diff := cmp.Diff(want, rows(t, svc, "SettingID", "SELECT * FROM Win32_NetworkAdapterConfiguration")); diff != "" {
		t.Errorf("configurations differ:\n%s", diff)
	}
	if got := rows(t, svc, "SettingID", "SELECT * FROM Win32_NetworkAdapterConfiguration WHERE IPEnabled = TRUE"); len(got) != 1 {
		t.Errorf("those with IP are %v", got)
	}

	want = map[string]map[string]string{
		"0.0.0.0":   {"Mask": "0.0.0.0", "NextHop": "192.0.2.1", "Metric1": "7", "Type": "4", "Description": "0.0.0.0 - 0.0.0.0 - 192.0.2.1"},
		"192.0.2.0": {"Mask": "255.255.255.0", "NextHop": "0.0.0.0", "Metric1": "0", "Type": "3", "Description": "192.0.2.0 - 255.255.255.0 - 0.0.0.0"},
	}
	for to, v := range want {
		v["Destination"], v["Name"], v["Caption"], v["InterfaceIndex"] = to, to, to, "2"
	}
	if diff := cmp.Diff(want, rows(t, svc, "Destination", "SELECT * FROM Win32_IP4RouteTable")); diff != "" {
		t.Errorf("routes differ:\n%s", diff)
	}
}

// Interfaces, addresses and routes are those that ip prints.
func TestAgainstIP(t *testing.T) {
	if _, err := os.Stat("/sys/class/net"); err != nil {
		t.Skip("this system has no /sys")
	}
	svc := open(t, network.Options{})
	var links []struct {
		Index     uint32 `json:"ifindex"`
		Name      string `json:"ifname"`
		MTU       int
		Kind      string `json:"link_type"`
		Address   string
		Flags     []string
		Addresses []struct {
			Local  string
			Length int `json:"prefixlen"`
		} `json:"addr_info"`
	}
	if err := json.Unmarshal([]byte(providertest.Run(t, "ip", "-j", "addr")), &links); err != nil {
		t.Skipf("ip prints no JSON: %v", err)
	}
	adapters := rows(t, svc, "NetConnectionID", "SELECT * FROM Win32_NetworkAdapter")
	settings := rows(t, svc, "SettingID", "SELECT * FROM Win32_NetworkAdapterConfiguration")
	for _, l := range links {
		a, s := adapters[l.Name], settings[l.Name]
		if a == nil || s == nil {
			t.Errorf("%s is missing", l.Name)
			continue
		}
		up := slices.Contains(l.Flags, "UP")
		if a["Index"] != fmt.Sprint(l.Index) || s["MTU"] != fmt.Sprint(l.MTU) || a["NetEnabled"] != strings.ToUpper(fmt.Sprint(up)) {
			t.Errorf("%s is %v, %v, ip says %+v", l.Name, a, s, l)
		}
		if l.Kind == "ether" && a["MACAddress"] != strings.ToUpper(l.Address) {
			t.Errorf("%s has the address %s, ip says %s", l.Name, a["MACAddress"], l.Address)
		}
		if s["IPEnabled"] != "TRUE" {
			continue
		}
		for _, address := range l.Addresses {
			if !strings.Contains(strings.Trim(s["IPAddress"], "{}")+",", address.Local+",") {
				t.Errorf("%s has %s, ip says %s", l.Name, s["IPAddress"], address.Local)
			}
		}
	}
	if len(adapters) != len(links) {
		t.Errorf("there are %d adapters, ip says %d", len(adapters), len(links))
	}
	var routes []struct{ Dst, Gateway, Dev string }
	if err := json.Unmarshal([]byte(providertest.Run(t, "ip", "-4", "-j", "route", "show", "table", "main")), &routes); err != nil {
		t.Skipf("ip prints no JSON of routes: %v", err)
	}
	table := rows(t, svc, "Description", "SELECT * FROM Win32_IP4RouteTable")
	for _, r := range routes {
		to := netip.MustParsePrefix("0.0.0.0/0")
		if r.Dst != "default" {
			if to = parse(r.Dst); !to.IsValid() {
				continue // blackhole and its like
			}
		}
		found := false
		for _, v := range table {
			found = found || v["Destination"] == to.Addr().String() && (r.Gateway == "" || v["NextHop"] == r.Gateway)
		}
		if !found {
			t.Errorf("there is no route to %s", r.Dst)
		}
	}
}

func parse(text string) netip.Prefix {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	return netip.Prefix{}
}
