package host_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"openwmi/script/host"
)

// TestTimeout ends scripts that wait in all ways there are, also those that would rather
// have more time.
func TestTimeout(t *testing.T) {
	for name, script := range map[string]string{
		"loop.vbs":   `On Error Resume Next : Do : Loop`,
		"loop.js":    `while (true) try { for (;;); } catch (e) {}`,
		"sleep.vbs":  `On Error Resume Next : Do : WScript.Sleep 1000 : Loop`,
		"more.vbs":   `WScript.Timeout = 100 : WScript.Timeout = 0 : If WScript.Timeout <> 0 Then WScript.Quit 1 : End If : Do : WScript.Sleep 10 : Loop`,
		"read.vbs":   `x = WScript.StdIn.ReadLine`,
		"event.vbs":  `GetObject("winmgmts:").ExecNotificationQuery("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Ware'").NextEvent`,
		"ask.vbs":    `MsgBox "wait"`,
		"nested.vbs": `Execute "Do : WScript.Sleep 1 : Loop"`,
		"quiet.js":   `try { WScript.Sleep(-1); } finally { while (true); }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, out := io.Pipe()
			defer out.Close()
			o := run(t, host.Options{Timeout: 50 * time.Millisecond, Locator: manager(t), Stdin: in, Ask: nobody{}}, name, script)
			if !strings.Contains(o.errs, "execution time was exceeded") {
				t.Error(o.out, o.errs)
			}
		})
	}
	t.Run("shorter", func(t *testing.T) {
		t.Parallel()
		o := run(t, host.Options{Timeout: time.Hour}, "shorter.vbs", `
			WScript.Timeout = 1
			WScript.Echo WScript.Timeout
			WScript.Timeout = 30000
			WScript.Echo WScript.Timeout
			WScript.Timeout = 1
			WScript.Sleep -1`)
		if o.out != "1\n3600\n" || !strings.Contains(o.errs, "execution time was exceeded") {
			t.Error(o.out, o.errs)
		}
	})
}

// TestTerminate terminates instances after Quit.
func TestTerminate(t *testing.T) {
	o := run(t, host.Options{}, "terminate.vbs", `
		Class C
			Private Sub Class_Terminate : WScript.Echo "terminated" : End Sub
		End Class
		Set c1 = New C
		WScript.Quit 3`)
	if o.out != "terminated\n" || o.code != 3 {
		t.Error(o.out, o.code)
	}
}
