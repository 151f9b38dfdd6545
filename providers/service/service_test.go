package service_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/service"
	"openwmi/wbem"
)

func open(t testing.TB, o service.Options) wbem.Services {
	t.Helper()
	if o.System == nil {
		o.System = &live.System{Computer: "PC"}
	}
	return providertest.Open(t, map[string]any{service.Name: service.New(o)}, live.MOF, service.MOF)
}

func anybody(*provider.Request, string) error { return nil }

// office is a machine with services of all kinds.
func office() *machine {
	return &machine{
		units: map[string]*unit{
			"ssh.service": {props: map[string]any{
				"Description": "OpenSSH", "ActiveState": "active", "UnitFileState": "enabled", "MainPID": uint32(42), "ExecMainStartTimestamp": uint64(1),
				"ExecStart":  []command{{Path: "/usr/sbin/sshd", Args: []string{"sshd", "-D", "a b", `say "x"`, ""}}, {Path: "/bin/no"}},
				"RequiredBy": []string{"web.service", "gone.service", "net.target"},
			}},
			"web.service":    {early: true, props: map[string]any{"User": "www", "Type": "idle", "FailureAction": "reboot", "Requires": []string{"ssh.service", "gone.service", "net.target"}}},
			"bad.service":    {fails: "failed", props: map[string]any{"ActiveState": "failed", "Result": "exit-code", "ExecMainCode": int32(1), "ExecMainStatus": int32(203), "UnitFileState": "static"}},
			"killed.service": {props: map[string]any{"ActiveState": "failed", "Result": "signal", "ExecMainCode": int32(2), "ExecMainStatus": int32(9), "UnitFileState": "bad"}},
			"cold.service":   {props: map[string]any{"ActiveState": "active", "FreezerState": "frozen"}},
			"slow.service":   {fails: "forever", props: map[string]any{"ActiveState": "inactive"}},
			"begun.service":  {props: map[string]any{"ActiveState": "activating"}},
			"ends.service":   {props: map[string]any{"ActiveState": "deactivating"}},
			"never.service":  {props: map[string]any{"UnitFileState": "masked", "LoadState": "masked"}},
			"tty@1.service":  {props: map[string]any{"ActiveState": "active", "CanFreeze": false}},
			"gone.service":   {props: map[string]any{"LoadState": "not-found"}},
			"off.service":    {props: map[string]any{"Description": "Off x"}},
		},
		files: map[string]string{
			"ssh.service": "enabled", "web.service": "disabled", "bad.service": "static", "killed.service": "bad", "never.service": "masked",
			"off.service": "disabled", "tty@.service": "enabled", "sshd.service": "alias", "x.target": "static",
		},
	}
}

func TestService(t *testing.T) {
	svc := open(t, service.Options{Bus: office().serve(t).address})
	common := map[string]string{
		"CreationClassName": "Win32_Service", "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": "PC", "ServiceType": "Own Process",
		"DesktopInteract": "FALSE", "Started": "FALSE", "State": "Stopped", "Status": "OK", "StartMode": "Manual", "StartName": "root", "ProcessId": "0",
		"ExitCode": "1077", "ServiceSpecificExitCode": "0", "AcceptStop": "FALSE", "AcceptPause": "FALSE", "DelayedAutoStart": "FALSE", "ErrorControl": "Normal",
	}
	active := map[string]string{"Started": "TRUE", "State": "Running", "ExitCode": "0", "AcceptStop": "TRUE", "AcceptPause": "TRUE"}
	want := map[string]map[string]string{
		"ssh": {"DisplayName": "OpenSSH", "Started": "TRUE", "State": "Running", "ExitCode": "0", "AcceptStop": "TRUE", "AcceptPause": "TRUE", "StartMode": "Auto",
			"ProcessId": "42", "PathName": `/usr/sbin/sshd -D "a b" "say \"x\"" ""`},
		"web":    {"StartName": "www", "DelayedAutoStart": "TRUE", "ErrorControl": "Critical"},
		"bad":    {"Status": "Error", "ExitCode": "1066", "ServiceSpecificExitCode": "203"},
		"killed": {"Status": "Error", "ExitCode": "1067", "StartMode": ""},
		"cold":   active,
		"slow":   {},
		"begun":  {"State": "Start Pending", "Status": "Starting", "ExitCode": "0"},
		"ends":   {"State": "Stop Pending", "Status": "Stopping", "ExitCode": "0"},
		"never":  {"StartMode": "Disabled"},
		"tty@1":  active,
		"off":    {"DisplayName": "Off x"},
	}
	for name, v := range want {
		all := maps.Clone(common)
		all["Name"], all["DisplayName"] = name, name
		maps.Copy(all, v)
		all["Caption"], all["Description"] = all["DisplayName"], all["DisplayName"]
		want[name] = all
	}
	want["cold"]["State"] = "Paused"
	want["tty@1"]["AcceptPause"] = "FALSE"
	delete(want["killed"], "StartMode")
	got := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Service") {
		v := providertest.Values(inst)
		got[v["Name"]] = v
		path, _ := cim.RelPath(inst)
		one, err := svc.GetInstance(t.Context(), path, wbem.Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if diff := cmp.Diff(v, providertest.Values(one)); diff != "" {
			t.Errorf("%s by its path differs:\n%s", path, diff)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services differ:\n%s", diff)
	}
}

func TestQueries(t *testing.T) {
	m := office()
	svc := open(t, service.Options{Bus: m.serve(t).address})
	for query, want := range map[string]string{
		"SELECT * FROM Win32_Service WHERE Name = 'ssh'":                                      "ssh",
		"SELECT * FROM Win32_Service WHERE Name = 'SSH'":                                      "ssh",
		"SELECT * FROM Win32_Service WHERE Name = 'ssh.service'":                              "ssh.service",
		"SELECT * FROM Win32_Service WHERE Name = 'gone' OR Name = 'x y' OR Name = ''":        "",
		"SELECT * FROM Win32_Service WHERE Name = 'tty@' OR Name = '" + long + "'":            "",
		"SELECT * FROM Win32_Service WHERE ProcessId = 42":                                    "ssh",
		"SELECT * FROM Win32_Service WHERE ProcessId = 43":                                    "",
		"SELECT * FROM Win32_Service WHERE ProcessId = 0 AND State = 'Start Pending'":         "begun",
		"SELECT Name FROM Win32_Service WHERE State = 'Running' AND StartMode = 'Auto'":       "ssh",
		"SELECT Name FROM Win32_Service WHERE State = 'Paused'":                               "cold",
		"SELECT Name FROM Win32_Service WHERE Name LIKE 's%' AND Started = FALSE":             "slow",
		"ASSOCIATORS OF {Win32_Service.Name='ssh'} WHERE AssocClass = Win32_DependentService": "web",
		"ASSOCIATORS OF {Win32_Service.Name='web'} WHERE Role = Dependent":                    "ssh",
		"ASSOCIATORS OF {Win32_Service.Name='web'} WHERE Role = Antecedent":                   "",
	} {
		var names []string
		for _, inst := range providertest.Query(t, svc, query) {
			names = append(names, providertest.Values(inst)["Name"])
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
	n := 0
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_DependentService") {
		n++
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("there are %d dependencies", n)
	}
}

var long = strings.Repeat("x", 300)

// call calls a method of a service and returns its code.
func call(t *testing.T, svc wbem.Services, name, method string, args ...any) (uint64, error) {
	t.Helper()
	class, err := svc.GetClass(t.Context(), "Win32_Service", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var in *cim.Instance
	if sig := class.Method(method).Signature(false); sig != nil {
		in = cim.NewInstance(sig)
		for i := 0; i < len(args); i += 2 {
			if err := in.Set(args[i].(string), args[i+1].(cim.Value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := cim.MustParsePath("Win32_Service")
	if name != "" {
		path.Keys = []cim.Key{cim.NewKey("Name", cim.StringValue(name))}
	}
	out, err := svc.ExecMethod(t.Context(), path, method, in, wbem.Options{})
	if err != nil {
		return 0, err
	}
	v, _ := out.Get("ReturnValue")
	return v.Uint(), nil
}

func TestMethods(t *testing.T) {
	mode := func(s string) []any { return []any{"StartMode", cim.StringValue(s)} }
	for _, test := range []struct {
		name, method string
		args         []any
		code         uint64
		calls        string
		state        string // afterwards, "" if it does not matter
	}{
		{"web", "StartService", nil, 0, "StartUnit web.service", "Running"},
		{"off", "StartService", nil, 0, "StartUnit off.service", "Running"},
		{"off.service", "StartService", nil, 0, "StartUnit off.service", "Running"},
		{"ssh", "StartService", nil, 10, "", "Running"},
		{"begun", "StartService", nil, 10, "", ""},
		{"ends", "StartService", nil, 5, "", ""},
		{"cold", "StartService", nil, 24, "", "Paused"},
		{"never", "StartService", nil, 14, "", "Stopped"},
		{"bad", "StartService", nil, 9, "StartUnit bad.service", "Stopped"},
		{"slow", "StartService", nil, 7, "StartUnit slow.service", ""},
		{"tty@1", "StopService", nil, 0, "StopUnit tty@1.service", "Stopped"},
		{"cold", "StopService", nil, 0, "ThawUnit cold.service,StopUnit cold.service", "Stopped"},
		{"off", "StopService", nil, 5, "", ""},
		{"ssh", "StopService", nil, 0, "StopUnit ssh.service", "Stopped"},
		{"ssh", "PauseService", nil, 0, "FreezeUnit ssh.service", "Paused"},
		{"cold", "PauseService", nil, 24, "", "Paused"},
		{"tty@1", "PauseService", nil, 4, "", "Running"},
		{"off", "PauseService", nil, 5, "", ""},
		{"cold", "ResumeService", nil, 0, "ThawUnit cold.service", "Running"},
		{"ssh", "ResumeService", nil, 0, "", "Running"},
		{"off", "ResumeService", nil, 5, "", ""},
		{"ssh", "InterrogateService", nil, 0, "", ""},
		{"off", "InterrogateService", nil, 5, "", ""},
		{"ssh", "UserControlService", []any{"ControlCode", cim.Uint8Value(128)}, 1, "", ""},
		{"ssh", "Delete", nil, 1, "", ""},
		{"", "Create", []any{"Name", cim.StringValue("x")}, 1, "", ""},
		{"web", "ChangeStartMode", mode("Automatic"), 0, "EnableUnitFiles web.service,Reload", ""},
		{"ssh", "ChangeStartMode", mode("manual"), 0, "DisableUnitFiles ssh.service,Reload", ""},
		{"ssh", "ChangeStartMode", mode("Disabled"), 0, "MaskUnitFiles ssh.service,Reload", ""},
		{"never", "ChangeStartMode", mode("Automatic"), 0, "UnmaskUnitFiles never.service,EnableUnitFiles never.service,Reload", ""},
		{"bad", "ChangeStartMode", mode("Automatic"), 1, "EnableUnitFiles bad.service", ""},
		{"ssh", "ChangeStartMode", mode("Boot"), 21, "", ""},
		{"ssh", "Change", mode("Manual"), 0, "DisableUnitFiles ssh.service,Reload", ""},
		{"ssh", "Change", []any{"DisplayName", cim.StringValue("x")}, 1, "", ""},
		{"ssh", "Change", nil, 0, "", ""},
	} {
		m := office()
		o := service.Options{Bus: m.serve(t).address, Control: anybody}
		if test.name == "slow" {
			o.JobTimeout = 50 * time.Millisecond
		}
		svc := open(t, o)
		code, err := call(t, svc, test.name, test.method, test.args...)
		if err != nil || code != test.code {
			t.Errorf("%s of %s returned %d, %v, want %d", test.method, test.name, code, err, test.code)
		}
		m.mu.Lock()
		calls := strings.Join(m.calls, ",")
		m.mu.Unlock()
		if calls != test.calls {
			t.Errorf("%s of %s called %q, want %q", test.method, test.name, calls, test.calls)
		}
		if test.state != "" {
			inst, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_Service.Name="`+test.name+`"`), wbem.Options{})
			if err != nil || providertest.Values(inst)["State"] != test.state {
				t.Errorf("%s of %s left %v, %v, want %s", test.method, test.name, inst, err, test.state)
			}
		}
	}
}

// What systemd says to a method becomes its code; that it says nothing, or is
// not there, its status.
func TestMethodErrors(t *testing.T) {
	for name, want := range map[string]uint64{
		"org.freedesktop.DBus.Error.AccessDenied":                     2,
		"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired": 2,
		systemd + ".UnitMasked":                                       14,
		systemd + ".OnlyByDependency":                                 4,
		systemd + ".NoSuchUnit":                                       9,
		systemd + ".TransactionOrderIsCyclic":                         18,
		systemd + ".TransactionIsDestructive":                         5,
		systemd + ".JobTypeNotApplicable":                             1,
		"org.freedesktop.DBus.Error.NoReply":                          7,
		systemd + ".ShuttingDown":                                     8,
	} {
		m := office()
		m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
			return nil, fail(name), member == "StartUnit"
		}
		svc := open(t, service.Options{Bus: m.serve(t).address, Control: anybody})
		if code, err := call(t, svc, "off", "StartService"); err != nil || code != want {
			t.Errorf("%s: %d, %v, want %d", name, code, err, want)
		}
	}
	for name, want := range map[string]uint64{systemd + ".UnitExists": 1, "System.Error.EROFS": 2, systemd + ".NoSuchUnit": 9} {
		m := office()
		m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
			return nil, fail(name), member == "MaskUnitFiles"
		}
		svc := open(t, service.Options{Bus: m.serve(t).address, Control: anybody})
		if code, err := call(t, svc, "off", "ChangeStartMode", "StartMode", cim.StringValue("Disabled")); err != nil || code != want {
			t.Errorf("masking says %s: %d, %v, want %d", name, code, err, want)
		}
	}
	for result, want := range map[string]uint64{"timeout": 7, "dependency": 13, "unsupported": 1, "canceled": 8, "": 0} {
		m := office()
		m.units["off.service"].fails = result
		svc := open(t, service.Options{Bus: m.serve(t).address, Control: anybody})
		if code, err := call(t, svc, "off", "StartService"); err != nil || code != want {
			t.Errorf("a job that ended with %q: %d, %v, want %d", result, code, err, want)
		}
	}
	m := office()
	m.units["web.service"].props["ActiveState"] = "active"
	svc := open(t, service.Options{Bus: m.serve(t).address, Control: anybody})
	if code, err := call(t, svc, "ssh", "StopService"); err != nil || code != 3 {
		t.Errorf("StopService of what another service needs: %d, %v", code, err)
	}
	svc = open(t, service.Options{Bus: m.serve(t).address})
	for _, method := range []string{"StartService", "StopService", "PauseService", "ResumeService"} {
		if code, err := call(t, svc, "ssh", method); err != nil || code != 2 {
			t.Errorf("%s without Control: %d, %v", method, code, err)
		}
	}
	if len(m.calls) != 0 {
		t.Errorf("without Control something was called: %q", m.calls)
	}
	if _, err := call(t, svc, "none", "StartService"); cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("StartService of no service: %v", err)
	}
	// The connection ends while a job is waited for.
	m = office()
	s := m.serve(t)
	svc = open(t, service.Options{Bus: s.address, Control: anybody})
	m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
		if member == "StartUnit" {
			go s.drop()
		}
		return nil, nil, false
	}
	if code, err := call(t, svc, "slow", "StartService"); cim.StatusOf(err) != wbem.NotAvailable {
		t.Errorf("a job whose end nobody tells: %d, %v", code, err)
	}
}

// list returns with what status an enumeration ends.
func list(t testing.TB, svc wbem.Services) wbem.Status {
	t.Helper()
	for _, err := range svc.Instances(t.Context(), "Win32_Service", wbem.Options{}) {
		if err != nil {
			return cim.StatusOf(err)
		}
	}
	return wbem.OK
}

func TestNotThere(t *testing.T) {
	for _, address := range []string{"unix:path=/none/at/all", "tcp:host=localhost,port=1", "rubbish", "unix:path=%zz", "unix:abstract=owmi-none"} {
		svc := open(t, service.Options{Bus: address, Control: anybody})
		if got := list(t, svc); got != wbem.NotAvailable {
			t.Errorf("%s: %v", address, got)
		}
		if _, err := call(t, svc, "ssh", "StartService"); cim.StatusOf(err) != wbem.NotAvailable {
			t.Errorf("%s: a method: %v", address, err)
		}
	}
	// A bus without systemd.
	m := office()
	m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
		return nil, fail("org.freedesktop.DBus.Error.ServiceUnknown"), member != "Hello"
	}
	if got := list(t, open(t, service.Options{Bus: m.serve(t).address})); got != wbem.NotAvailable {
		t.Errorf("a bus without systemd: %v", got)
	}
}

// The connection is made again after it was lost.
func TestReconnect(t *testing.T) {
	s := office().serve(t)
	svc := open(t, service.Options{Bus: s.address})
	for range 3 {
		// The loss is noticed by the first call at the latest.
		if list(t, svc) != wbem.OK {
			if got := list(t, svc); got != wbem.OK {
				t.Errorf("Win32_Service: %v", got)
			}
		}
		s.drop()
	}
}

// Whatever comes instead of the answer is a status.
func TestHostile(t *testing.T) {
	big := make([]struct{ A string }, 1<<16+1)
	answers := map[string][]any{
		"nothing": nil, "a number": {int32(1)}, "two values": {"a", "b"}, "other structs": {[]struct{ A uint32 }{{1}}}, "short structs": {[]struct{ A, B string }{{"a", "b"}, {"c", "d"}}},
		"strings": {[]string{"a"}}, "other properties": {map[string]string{"a": "b"}}, "too many": {big}, "too long": {strings.Repeat("x", 17<<20)},
	}
	for _, member := range []string{"ListUnitsByPatterns", "ListUnitFilesByPatterns", "GetAll"} {
		for name, body := range answers {
			if member == "ListUnitFilesByPatterns" && name == "short structs" {
				continue // these are right
			}
			if member != "ListUnitsByPatterns" && strings.HasPrefix(name, "too ") {
				continue // which takes a while
			}
			m := office()
			m.answer = func(called string, _ []any) ([]any, *dbus.Error, bool) { return body, nil, called == member }
			svc := open(t, service.Options{Bus: m.serve(t).address, Timeout: 5 * time.Second})
			if got := list(t, svc); got != wbem.Failed && got != wbem.NotAvailable {
				t.Errorf("%s answered with %s: %v", member, name, got)
			}
		}
	}
	// Properties of other types are NULL, or as if they were not there.
	m := office()
	m.units = map[string]*unit{"a.service": {props: map[string]any{
		"Description": int32(1), "MainPID": "x", "ExecStart": []string{"a"}, "CanStop": "yes", "UnitFileState": []byte{1}, "FreezerState": int32(7), "ActiveState": "active"}}}
	m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
		return []any{[]listed{{Name: "a.service", Description: "A", Load: "loaded", Active: "active", Path: "/", JobPath: "/"}}}, nil, member == "ListUnitsByPatterns"
	}
	svc := open(t, service.Options{Bus: m.serve(t).address})
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Service WHERE Name LIKE 'a'") {
		if v := providertest.Values(inst); v["PathName"] != "" || v["ProcessId"] != "0" || v["StartMode"] != "" || v["State"] != "Running" {
			t.Errorf("a service of wrong types: %v", v)
		}
	}
	// A unit that is gone when its properties are asked for is left out.
	m = office()
	m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
		return nil, fail(systemd + ".NoSuchUnit"), member == "GetAll"
	}
	svc = open(t, service.Options{Bus: m.serve(t).address})
	if found := providertest.Query(t, svc, "SELECT * FROM Win32_Service"); len(found) != 0 {
		t.Errorf("%d services that are gone", len(found))
	}
}

// A systemd that does not answer is not available, for those who wait and for
// those who come after.
func TestSilence(t *testing.T) {
	for _, silent := range []string{"Hello", "ListUnitsByPatterns", "ListUnitFilesByPatterns", "GetAll"} {
		m := office()
		m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) { return nil, silence, member == silent }
		svc := open(t, service.Options{Bus: m.serve(t).address, Timeout: 150 * time.Millisecond})
		if got := list(t, svc); got != wbem.NotAvailable {
			t.Errorf("%s is not answered: %v", silent, got)
		}
	}
	for _, silent := range []string{"Subscribe", "StartUnit"} {
		// A slow computer may need longer for what is answered.
		for limit := 150 * time.Millisecond; ; limit *= 2 {
			m := office()
			m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) { return nil, silence, member == silent }
			svc := open(t, service.Options{Bus: m.serve(t).address, Timeout: limit, Control: anybody})
			code, err := call(t, svc, "off", "StartService")
			if err == nil && code == 7 {
				break
			}
			if cim.StatusOf(err) != wbem.NotAvailable || limit > 20*time.Second {
				t.Errorf("%s is not answered: %d, %v", silent, code, err)
				break
			}
		}
	}
	// The caller does not wait at all.
	m := office()
	m.answer = func(member string, _ []any) ([]any, *dbus.Error, bool) {
		return nil, silence, member == "ListUnitsByPatterns"
	}
	svc := open(t, service.Options{Bus: m.serve(t).address})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	for _, err := range svc.Instances(ctx, "Win32_Service", wbem.Options{}) {
		if err == nil {
			t.Error("there is a service")
		}
	}
}

// FuzzBus sends anything after the greeting.
func FuzzBus(f *testing.F) {
	for _, seed := range []*dbus.Message{
		{Type: dbus.TypeMethodReply, Body: []any{":1.1"}, Headers: map[dbus.HeaderField]dbus.Variant{dbus.FieldReplySerial: dbus.MakeVariant(uint32(1)), dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(""))}},
		jobRemoved(":1.0", []any{uint32(1), dbus.ObjectPath("/a"), "a", "done"}),
		{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath("/")), dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.DBus"),
			dbus.FieldMember: dbus.MakeVariant("NameLost"), dbus.FieldSender: dbus.MakeVariant("org.freedesktop.DBus")}},
	} {
		var b strings.Builder
		if err := seed.EncodeTo(&b, binary.LittleEndian); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(b.String()))
	}
	f.Add([]byte("l\x02\x00\x01\xff\xff\xff\xff\x01\x00\x00\x00\xff\xff\xff\xff"))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	class, err := open(f, service.Options{}).GetClass(f.Context(), "Win32_Service", wbem.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := listen(t, func(c net.Conn, in *bufio.Reader) { c.Write(b) })
		p := service.New(service.Options{Bus: s.address, System: &live.System{Computer: "PC"}, Timeout: 5 * time.Second})
		opened, err := p.Open(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer opened.(interface{ Close() error }).Close()
		for _, err := range opened.(provider.InstanceEnumerator).Instances(t.Context(), &provider.Request{Class: class}) {
			if cim.StatusOf(err) != wbem.NotAvailable {
				t.Errorf("%v", err)
			}
		}
	})
}

// Anybody on the bus can say that a job has ended; systemd alone is believed.
func TestForgedEnds(t *testing.T) {
	m := office()
	m.forged = true
	svc := open(t, service.Options{Bus: m.serve(t).address, Control: anybody, JobTimeout: 50 * time.Millisecond})
	if code, err := call(t, svc, "slow", "StartService"); err != nil || code != 7 {
		t.Errorf("StartService of a unit that somebody else says has failed: %d, %v", code, err)
	}
}

// The same over a real bus.
func TestDaemon(t *testing.T) {
	name, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("this system has no dbus-daemon")
	}
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(t.Context(), name, "--session", "--nofork", "--nopidfile", "--nosyslog", "--print-address", "--address=unix:path="+dir+"/s")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Skipf("dbus-daemon does not start: %v", err)
	}
	address = strings.TrimSpace(address)
	svc := open(t, service.Options{Bus: address, Control: anybody})
	if got := list(t, svc); got != wbem.NotAvailable {
		t.Errorf("before systemd is there: %v", got)
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName(systemd, 0); err != nil {
		t.Fatal(err)
	}
	somebody, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer somebody.Close()
	m := office()
	calls := make(chan *dbus.Message, 100)
	conn.Eavesdrop(calls)
	go func() {
		for call := range calls {
			if starts(call) {
				forged := jobRemoved("", m.forge(call))
				forged.Headers[dbus.FieldDestination] = call.Headers[dbus.FieldSender]
				delete(forged.Headers, dbus.FieldSender)
				somebody.Send(forged, nil)
				_ = somebody.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err // the bus has passed it on
			}
			emit := func(values ...any) { conn.Emit("/org/freedesktop/systemd1", systemd+".Manager.JobRemoved", values...) }
			if call.Type == dbus.TypeMethodCall {
				conn.Send(m.respond(call, emit), nil)
			}
		}
	}()
	if n := len(providertest.Query(t, svc, "SELECT * FROM Win32_Service")); n != 11 {
		t.Errorf("%d services", n)
	}
	for _, name := range []string{"web", "off"} {
		if code, err := call(t, svc, name, "StartService"); err != nil || code != 0 {
			t.Errorf("StartService of %s: %d, %v", name, code, err)
		}
	}
	if code, err := call(t, svc, "web", "StopService"); err != nil || code != 0 {
		t.Errorf("StopService: %d, %v", code, err)
	}
	svc = open(t, service.Options{Bus: address, Control: anybody, JobTimeout: 50 * time.Millisecond})
	if code, err := call(t, svc, "slow", "StartService"); err != nil || code != 7 {
		t.Errorf("StartService of a unit that somebody else says has failed: %d, %v", code, err)
	}
}

// Services are what systemctl shows of the units that are loaded.
func TestAgainstSystemctl(t *testing.T) {
	if exec.Command("systemctl", "show").Run() != nil {
		t.Skip("this system is not run by systemd")
	}
	svc := open(t, service.Options{})
	states := map[string]string{"active": "Running", "reloading": "Running", "inactive": "Stopped", "failed": "Stopped", "activating": "Start Pending", "deactivating": "Stop Pending"}
	modes := map[string]string{"enabled": "Auto", "enabled-runtime": "Auto", "masked": "Disabled", "masked-runtime": "Disabled", "": "", "bad": ""}
	compare := func() string {
		want := map[string]map[string]string{}
		shown := providertest.Run(t, "systemctl", "show", "--all", "-p", "Id,Description,LoadState,ActiveState,UnitFileState,MainPID", "*.service")
		for block := range strings.SplitSeq(shown, "\n\n") {
			u := map[string]string{}
			for line := range strings.Lines(block) {
				name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
				u[name] = value
			}
			if u["LoadState"] == "not-found" || u["Id"] == "" {
				continue
			}
			mode, ok := modes[u["UnitFileState"]]
			if !ok {
				mode = "Manual"
			}
			name := strings.TrimSuffix(u["Id"], ".service")
			want[name] = map[string]string{"Name": name, "DisplayName": u["Description"], "State": states[u["ActiveState"]], "StartMode": mode, "ProcessId": u["MainPID"]}
		}
		got := map[string]map[string]string{}
		for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Service") {
			v := providertest.Values(inst)
			if want[v["Name"]] == nil {
				continue // its file is there, and it is not loaded
			}
			row := map[string]string{}
			for _, p := range []string{"Name", "DisplayName", "State", "StartMode", "ProcessId"} {
				row[p] = v[p]
			}
			got[v["Name"]] = row
		}
		return cmp.Diff(want, got)
	}
	diff := compare()
	for try := 0; diff != "" && try < 3; try++ {
		diff = compare() // a service may have been started between the two
	}
	if diff != "" {
		t.Errorf("services differ from systemctl:\n%s", diff)
	}
}

// BenchmarkServices lists a machine of 300 services, and gets one by its name.
func BenchmarkServices(b *testing.B) {
	m := &machine{units: map[string]*unit{}, files: map[string]string{}}
	for i := range 300 {
		id := "unit" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ".service"
		m.units[id] = &unit{props: map[string]any{"Description": id}}
		m.files[id] = "enabled"
	}
	svc := open(b, service.Options{Bus: m.serve(b).address})
	for name, query := range map[string]string{
		"list": "SELECT Name, State, StartMode FROM Win32_Service", "all": "SELECT * FROM Win32_Service", "one": "SELECT * FROM Win32_Service WHERE Name = 'unitaa'",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if len(providertest.Query(b, svc, query)) == 0 {
					b.Fatal("no services")
				}
			}
		})
	}
}

// A service that is started is an event for those who poll.
func TestPolling(t *testing.T) {
	svc := open(t, service.Options{Bus: office().serve(t).address, Control: anybody})
	sub, err := svc.Subscribe(t.Context(), "WQL", `SELECT * FROM __InstanceModificationEvent WITHIN 0.05
		WHERE TargetInstance ISA 'Win32_Service' AND TargetInstance.State = 'Running'`, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if code, err := call(t, svc, "off", "StartService"); err != nil || code != 0 {
		t.Fatalf("StartService: %d, %v", code, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	event, err := sub.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := event.Get("TargetInstance")
	if got := providertest.Values(target.Object().(*cim.Instance)); got["Name"] != "off" || got["State"] != "Running" {
		t.Errorf("the event is of %v", got)
	}
}
