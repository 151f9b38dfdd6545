package host_test

import (
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"openwmi/script/host"
)

// TestEvents runs scripts whose events come at awkward moments.
func TestEvents(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"cancel drops what waits.vbs", `
			Sub X_OnObjectReady(o, c)
				n = n + 1
				For i = 1 To 300 : services.Get "Ware" : Next
				sink.Cancel
			End Sub
			Sub X_OnCompleted(h, e, c) : completed = completed + 1 : End Sub
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			services.ExecQueryAsync sink, "SELECT * FROM Ware"
			Do Until completed : WScript.Sleep 1 : Loop
			WScript.Sleep 20
			WScript.Echo n, completed`,
			"1 1\n"},
		{"disconnect drops what waits.vbs", `
			Sub X_OnObjectReady(o, c)
				n = n + 1
				For i = 1 To 300 : services.Get "Ware" : Next
				WScript.DisconnectObject sink
			End Sub
			Sub X_OnCompleted(h, e, c) : WScript.Echo "not here" : End Sub
			Sub Y_OnCompleted(h, e, c) : done = True : End Sub
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			services.ExecQueryAsync sink, "SELECT * FROM Ware"
			Do Until n : WScript.Sleep 1 : Loop
			WScript.ConnectObject sink, "Y_"
			services.GetAsync sink, "Ware"
			Do Until done : WScript.Sleep 1 : Loop
			WScript.Echo n`,
			"1\n"},
		{"a sleep ends while events come.vbs", `
			Sub X_OnCompleted(h, e, c)
				n = n + 1
				services.GetAsync sink, "Ware"
				For i = 1 To 20 : services.Get "Ware" : Next
			End Sub
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			For i = 1 To 300 : services.GetAsync sink, "Ware" : Next
			WScript.Sleep 20
			WScript.Echo "end"`,
			"end\n"},
		{"nothing is called after quit.vbs", `
			Sub X_OnObjectReady(o, c)
				For i = 1 To 300 : services.Get "Ware" : Next
				WScript.Echo "quit"
				WScript.Quit
			End Sub
			Sub X_OnCompleted(h, e, c) : WScript.Echo "not here" : End Sub
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			services.ExecQueryAsync sink, "SELECT * FROM Ware"
			WScript.Sleep -1`,
			"quit\n"},
		{"handlers work while hundreds wait.vbs", `
			Dim n
			Sub X_OnObjectReady(o, c)
				n = n + 1
				o.Price = n : o.Put_
				If n Mod 100 = 0 Then services.ExecQuery("SELECT * FROM Ware WHERE Price = " & n).Count
			End Sub
			Sub X_OnCompleted(h, e, c) : WScript.Echo n, h : done = True : End Sub
			Set services = GetObject("winmgmts:")
			Set o = services.Get("Ware").SpawnInstance_
			For i = 4 To 600 : o.Name = "w" & i : o.Put_ : Next
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			services.InstancesOfAsync sink, "Ware"
			services.Get "Ware"
			Do Until done : WScript.Sleep 1 : Loop`,
			"600 0\n"},
		{"events of a subscription in order.vbs", `
			Sub X_OnObjectReady(e, c)
				n = n + 1
				If e.TargetInstance.Price <> n Then WScript.Echo "out of order", n, e.TargetInstance.Price
			End Sub
			Sub X_OnCompleted(h, e, c) : done = True : End Sub
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			services.ExecNotificationQueryAsync sink, "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Ware'"
			Set o = services.Get("Ware.Name='soap'")
			For i = 1 To 500 : o.Price = i : o.Put_ : Next
			Do While n < 500 : WScript.Sleep 1 : Loop
			sink.Cancel
			Do Until done : WScript.Sleep 1 : Loop
			WScript.Echo n`,
			"500\n"},
		{"a sleep in a handler.vbs", `
			Sub X_OnObjectReady(o, c)
				n = n + 1
				WScript.Sleep 1
				m = m + 1
			End Sub
			Sub X_OnCompleted(h, e, c) : done = True : End Sub
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			services.InstancesOfAsync sink, "Ware"
			Do Until done : WScript.Sleep 1 : Loop
			WScript.Echo n, m`,
			"3 3\n"},
		{"the object of a .wsf file.wsf", `<job><object id="sink" progid="WbemScripting.SWbemSink" events="true"/>
			<script language="JScript">
			function sink::OnObjectReady(o, c) { WScript.Echo(o.Path_.Class); }
			function sink::OnCompleted(h, e, c) { done = true; }
			var done = false;
			GetObject("winmgmts:").GetAsync(sink, "Ware");
			while (!done) WScript.Sleep(1);
			</script></job>`,
			"Ware\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, host.Options{Timeout: time.Minute, Locator: manager(t)}, test.name, test.script)
			if got := o.out + o.errs; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestNothingIsLeft ends sessions with calls, subscriptions and enumerations that are
// still open: no goroutine of theirs stays.
func TestNothingIsLeft(t *testing.T) {
	for name, script := range map[string]string{
		"end.vbs": `
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			For i = 1 To 100 : services.InstancesOfAsync sink, "Ware" : Next
			services.ExecNotificationQueryAsync sink, "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Ware'"
			Set source = services.ExecNotificationQuery("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Ware'")
			Set items = services.InstancesOf("Ware")
			For Each o In services.ExecQuery("SELECT * FROM Ware", , 48) : Exit For : Next
			Sub X_OnObjectReady(o, c) : End Sub`,
		"timeout.vbs": `
			WScript.Timeout = 1
			Set source = GetObject("winmgmts:").ExecNotificationQuery("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Ware'")
			source.NextEvent`,
		"enumerator.js": `
			var e = new Enumerator(GetObject("winmgmts:").InstancesOf("Ware"));
			WScript.Echo(e.item().Name);`,
	} {
		t.Run(name, func(t *testing.T) {
			m := manager(t)
			before := goroutines()
			run(t, host.Options{Timeout: time.Minute, Locator: m}, name, script)
			for end := time.Now().Add(time.Minute); goroutines() > before; runtime.Gosched() {
				if time.Now().After(end) {
					var b strings.Builder
					pprof.Lookup("goroutine").WriteTo(&b, 1)
					t.Fatalf("there were %d goroutines:\n%s", before, b.String())
				}
			}
		})
	}
}

// goroutines returns how many there are of the project.
func goroutines() int {
	var b strings.Builder
	pprof.Lookup("goroutine").WriteTo(&b, 2)
	n := 0
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(stack, "openwmi/") {
			n++
		}
	}
	return n
}
