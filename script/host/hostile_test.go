package host_test

import (
	"strings"
	"testing"
	"time"

	"openwmi/script/host"
)

// TestHostile runs scripts that try to break the host: each ends, with the output.
func TestHostile(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"an array in itself.js", `
			var a = []; a[0] = a;
			var o = GetObject("winmgmts:Ware").SpawnInstance_();
			try { o.Tags = a; } catch (e) { WScript.Echo(e.number & 0xFFFF, e.description); }`,
			"13 Type mismatch\n"},
		{"deep arrays.vbs", `
			a = 1 : For i = 1 To 50 : a = Array(a) : Next
			Set o = GetObject("winmgmts:Ware").SpawnInstance_
			On Error Resume Next
			o.Tags = a
			WScript.Echo Err.Number`,
			"13\n"},
		{"a function as a value.js", `
			var o = GetObject("winmgmts:Ware").SpawnInstance_();
			function f() { o.Name = f; }
			try { f(); } catch (e) { WScript.Echo("caught"); }`,
			"caught\n"},
		{"a default property that assigns itself.vbs", `
			Set o = GetObject("winmgmts:Ware").SpawnInstance_
			Class C
				Public Default Property Get Value : o.Name = Me : End Property
			End Class
			On Error Resume Next
			o.Name = New C
			WScript.Echo Err.Number`,
			"28\n"},
		{"what an out-parameter had is of no interest.vbs", `
			Set t = GetObject("winmgmts:Till.Id='1'")
			Set receipt = CreateObject("Scripting.Dictionary")
			coins = 1
			t.Pay 2, coins, receipt
			WScript.Echo receipt
			On Error Resume Next
			t.Pay CreateObject("Scripting.Dictionary"), coins, receipt
			WScript.Echo Err.Number <> 0`,
			"paid 2\n-1\n"},
		{"odd arguments.vbs", `
			On Error Resume Next
			Set s = GetObject("winmgmts:")
			For Each v In Array(Null, Empty, Nothing, s, 1e300, -1, "", String(100000, "x"), #1/1/100#, Array(), Array(1, Array(2)), CByte(1), CCur(1), WScript)
				s.Get v : s.ExecQuery v : s.InstancesOf v, v : s.Get "Ware", v : s.Put v, v : s.ExecMethod v, v, v, v
				s.InstancesOf("Ware").ItemIndex v : x = s.InstancesOf("Ware")(v)
				Set o = s.Get("Ware").SpawnInstance_
				o.Name = v : o.Price = v : o.Tags = v : o.Since = v : o.Fresh = v : o.Sold = v
				o.Put_ v : o.Path_.Path = v : o.Path_.Keys.Add v, v : o.Properties_.Add v, v : o.Qualifiers_.Add v, v, v
				o.Security_.Privileges.Add v : o.Security_.Privileges.AddAsString v : o.Security_.ImpersonationLevel = v
				CreateObject("WbemScripting.SWbemNamedValueSet").Add v, v
				Set d = CreateObject("WbemScripting.SWbemDateTime")
				d.Value = v : d.Year = v : d.SetVarDate v : d.SetFileTime v : d.Day = v : x = d.GetVarDate
				s.ExecNotificationQuery("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Ware'").NextEvent v * 0
				s.PutAsync v, v : s.ExecQueryAsync v, v, v : WScript.ConnectObject v, v : WScript.Timeout = -1 : WScript.Sleep v * 0
				CreateObject("WbemScripting.SWbemRefresher").Add v, v : GetObject "winmgmts:" & v : GetObject "winmgmts:{" & v & "}"
				s.Get("Till").Pay v, v, v
			Next
			WScript.Echo "end"`,
			"end\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			o := run(t, host.Options{Timeout: time.Minute, Locator: manager(t)}, test.name, test.script)
			if got := o.out + o.errs; !strings.Contains(got, test.want) {
				t.Errorf("got %q after %v, want %q", got, time.Since(began), test.want)
			}
		})
	}
}

// TestObjectsTakeMemory fills objects of WMI, which the languages do not account for.
func TestObjectsTakeMemory(t *testing.T) {
	o := run(t, host.Options{Timeout: time.Minute, Memory: 8 << 20}, "fill.vbs", "WScript.Echo 1")
	if o.out != "1\n" || o.err != nil {
		t.Error(o.out, o.err)
	}
	o = run(t, host.Options{Timeout: time.Minute, Memory: 8 << 20, Locator: manager(t)}, "fill.vbs", `
		On Error Resume Next
		Set n = CreateObject("WbemScripting.SWbemNamedValueSet")
		Do : i = i + 1 : n.Add "v" & i, String(1000000, "x") & i : Loop`)
	if !strings.Contains(o.errs, "more memory than they may") {
		t.Error(o.out, o.errs)
	}
}
