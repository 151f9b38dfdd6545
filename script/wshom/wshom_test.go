package wshom_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/script/internal/scripttest"
	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
	"openwmi/script/wshom"
)

// A script is what a test runs: its C: is /, and its current directory one of the test.
type script struct {
	t      *testing.T
	dir    string
	policy sandbox.Policy
	opts   wshom.Options
	ctx    context.Context
}

func newScript(t *testing.T) *script {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &script{t: t, dir: dir, opts: wshom.Options{Computer: "BOX", User: "ann"}, ctx: context.Background()}
}

// run runs a text with s and n, a WScript.Shell and a WScript.Network, and Dir, the
// folder of the test. It returns what P was called with, and at the end the error.
func (s *script) run(text string) string {
	s.t.Helper()
	box, err := sandbox.New(sandbox.Options{Policy: s.policy, Dir: s.dir, Temp: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	s.opts.Sandbox = box
	rt := wshom.New(s.opts)
	in := vbscript.New(vbscript.Options{})
	for name, class := range map[string]string{"s": "WScript.SHELL", "n": "wscript.network"} {
		o, err := rt.Object(class)
		if err != nil || o == nil {
			s.t.Fatal(o, err)
		}
		in.Set(name, vbscript.FromObject(o))
	}
	in.Set("Dir", vbscript.String(box.Path(s.dir)))
	return scripttest.Run(s.ctx, s.t, in, text, rt.Close)
}

func (s *script) check(tests []struct{ script, want string }) {
	s.t.Helper()
	for _, test := range tests {
		if got := s.run(test.script); got != test.want {
			s.t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
}

func TestObject(t *testing.T) {
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rt := wshom.New(wshom.Options{Sandbox: box})
	if o, err := rt.Object("Shell.Application"); o != nil || err != nil {
		t.Errorf("another's class: %v, %v", o, err)
	}
}

func TestNetwork(t *testing.T) {
	newScript(t).check([]struct{ script, want string }{
		{`P n.ComputerName & n.UserName & n.UserDomain & TypeName(n)`, "BOXannBOXIWshNetwork2"},
		{`P n.EnumNetworkDrives.Count & n.EnumPrinterConnections.Length : For Each x In n.EnumNetworkDrives : P x : Next`, "00"},
		{`P n.EnumNetworkDrives.Item(0)`, "!9 Subscript out of range"},
		{`n.MapNetworkDrive "X:", "\\s\h"`, "!445 Object doesn't support this action: drives of a network are not connected here"},
		{`n.RemoveNetworkDrive "X:", True, True`, "!445 Object doesn't support this action: drives of a network are not connected here"},
		{`n.AddPrinterConnection "LPT1", "\\s\p"`, "!445 Object doesn't support this action: printers of a network are not connected here"},
		{`n.AddWindowsPrinterConnection "\\s\p"`, "!445 Object doesn't support this action: printers of a network are not connected here"},
		{`n.RemovePrinterConnection "LPT1"`, "!445 Object doesn't support this action: printers of a network are not connected here"},
		{`n.SetDefaultPrinter "x"`, "!445 Object doesn't support this action: printers of a network are not connected here"},
	})
}

func TestNames(t *testing.T) {
	s := newScript(t)
	s.opts = wshom.Options{}
	if got := s.run(`P n.ComputerName <> "" : P n.UserName <> "" : P InStr(n.UserName, "\")`); got != "True|True|0" {
		t.Error(got)
	}
}

func TestEnvironment(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the variables are those of Windows itself")
	}
	t.Setenv("HOME", "/home/ann")
	t.Setenv("OPENWMI_SECRET", "token")
	t.Setenv("OpenWMI_Case", "case")
	s := newScript(t)
	const no = `!70 Permission denied: WScript.Shell may not read the environment variable "`
	s.check([]struct{ script, want string }{
		// What is no secret.
		{`P s.ExpandEnvironmentStrings("%computername% %USERNAME% %UserDomain% %windir% %SystemRoot%\x %SystemDrive% %HOMEDRIVE%%HOMEPATH% %USERPROFILE% %OS% %ComSpec%")`,
			`BOX ann BOX C:\Windows C:\Windows\x C: C:\home\ann C:\home\ann Windows_NT C:\Windows\System32\cmd.exe`},
		{`P s.ExpandEnvironmentStrings("%TEMP%") = Dir : P s.ExpandEnvironmentStrings("%TMP%") = Dir : P s.Environment("PROCESS")("NUMBER_OF_PROCESSORS") > 0 : P s.Environment("PROCESS")("PROCESSOR_ARCHITECTURE")`,
			"True|True|True|" + map[string]string{"386": "x86"}[runtime.GOARCH] + map[bool]string{true: strings.ToUpper(runtime.GOARCH)}[runtime.GOARCH != "386"]},
		{`P s.ExpandEnvironmentStrings("100% of %% %x=y% %") : P s.ExpandEnvironmentStrings("")`, "100% of %% %x=y% %|"},
		{`P s.Environment("PROCESS").Item("OPENWMI_SECRET")`, no + `OPENWMI_SECRET" without --allow-env`},
		{`P s.ExpandEnvironmentStrings("a%OPENWMI_SECRET%")`, no + `OPENWMI_SECRET" without --allow-env`},
		{`P s.ExpandEnvironmentStrings("%NOT_THERE%")`, no + `NOT_THERE" without --allow-env`},
		{`P s.Environment.Count`, no + `*" without --allow-env`},
		{`For Each x In s.Environment : Next`, no + `*" without --allow-env`},
		// What the script has set is its own.
		{`Set e = s.Environment("process") : e("A") = 1 : e.Item("b") = "%A%" : P e("a") & e("B") & s.ExpandEnvironmentStrings("%a%%B%") : e.Remove "A" : P e("A") & "." : P TypeName(e)`,
			"1%A%1%A%|.|IWshEnvironment"},
		{`s.Environment("PROCESS")("computername") = "other" : P s.ExpandEnvironmentStrings("%COMPUTERNAME%") & n.ComputerName`, "otherBOX"},
		{`s.Environment("SYSTEM")("a") = 1`, "!445 Object doesn't support this action: only the variables of the process can be changed"},
		{`s.Environment.Remove "a"`, "!445 Object doesn't support this action: only the variables of the process can be changed"},
		{`s.Environment("PROCESS")("a=b") = 1`, "!5 Invalid procedure call or argument"},
		{`s.Environment("PROCESS")("a") = String(40000, "x")`, "!7 Out of memory"},
		{`Set e = s.Environment("PROCESS") : For i = 1 To 100000 : e.Remove "x" & i : Next`, "!7 Out of memory"},
		{`s.Environment("PROCESS")("A") = String(10000, "x") : s.ExpandEnvironmentStrings Replace(String(10000, "y"), "y", "%A%")`, "!7 Out of memory"},
		{`P Len(s.ExpandEnvironmentStrings(String(1000000, "%")))`, "1000000"},
		{`P s.Environment("OTHER").Count`, "!5 Invalid procedure call or argument"},
	})
	s.policy.Env = true
	s.check([]struct{ script, want string }{
		{`P s.Environment("PROCESS")("OPENWMI_SECRET") & s.Environment("USER")("openwmi_case") : P s.ExpandEnvironmentStrings("%openwmi_secret%%NOT_THERE%") : P s.Environment("SYSTEM")("NOT_THERE")`,
			"tokencase|token%NOT_THERE%|"},
		{`c = 0 : For Each x In s.Environment("PROCESS") : If x = "OPENWMI_SECRET=token" Then P x
c = c + 1 : Next : P c = s.Environment.Count And c = s.Environment.Length`, "OPENWMI_SECRET=token|True"},
		{`s.Environment("PROCESS")("OPENWMI_CASE") = "new" : For Each x In s.Environment : If LCase(Left(x, 12)) = "openwmi_case" Then P x
Next`, "OpenWMI_Case=new"},
	})
}

func TestSpecialFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("paths are what they are on Windows")
	}
	t.Setenv("HOME", "/home/ann")
	newScript(t).check([]struct{ script, want string }{
		{`P s.SpecialFolders("Desktop") : P s.SpecialFolders.Item("mydocuments") : P s.SpecialFolders("NetHood") : P s.SpecialFolders(0) : P TypeName(s.SpecialFolders)`,
			`C:\home\ann\Desktop|C:\home\ann\Documents||C:\home\ann\Desktop|IWshCollection`},
		{`For Each x In s.SpecialFolders : P x : Next : P s.SpecialFolders.Count & s.SpecialFolders.Length`,
			`C:\home\ann\Desktop|C:\home\ann\Favorites|C:\home\ann\Documents|C:\home\ann\Templates|44`},
		{`P s.SpecialFolders(9)`, "!9 Subscript out of range"},
	})
}

func TestShell(t *testing.T) {
	s := newScript(t)
	var logged []string
	s.opts.Log = func(_ context.Context, kind int, message string) bool {
		logged = append(logged, fmt.Sprint(kind, message))
		return kind != 1
	}
	s.check([]struct{ script, want string }{
		{`P TypeName(s)`, "IWshShell3"},
		{`s.RegRead "HKLM\Software\x"`, `!-2147024894 Unable to open registry key "HKLM\Software\x" for reading: there is no registry here`},
		{`s.RegWrite "HKCU\x", 1, "REG_DWORD"`, `!-2147024894 Unable to open registry key "HKCU\x" for writing: there is no registry here`},
		{`s.RegDelete "HKCU\x"`, `!-2147024894 Unable to open registry key "HKCU\x" for deleting: there is no registry here`},
		{`s.SendKeys "a"`, "!445 Object doesn't support this action: scripts have no windows here"},
		{`s.AppActivate "a"`, "!445 Object doesn't support this action: scripts have no windows here"},
		{`s.CreateShortcut "a.lnk"`, "!445 Object doesn't support this action: there are no shortcuts here"},
		{`P s.LogEvent(4, "hello") & s.LogEvent(1, "bad") & s.LogEvent(0, "x", "other")`, "TrueFalseFalse"},
		{`s.LogEvent 3, "x"`, "!5 Invalid procedure call or argument"},
		{`P s.Popup("x") & s.Popup("x", 1, "t", 4) & s.Popup("x", , , 4 + 256) & s.Popup("x", , , 3 + 512) & s.Popup("x", , , 2) & s.Popup("x", , , 5 + 48 + 512)`, "167232"},
		{`s.Popup "x", -1`, "!5 Invalid procedure call or argument"},
	})
	if got := strings.Join(logged, ","); got != "4hello,1bad" {
		t.Error(got)
	}
	s.opts.Popup = func(_ context.Context, text, title string, buttons int, wait time.Duration) (int, error) {
		if title == "fail" {
			return 0, errors.New("nobody is there")
		}
		logged = append(logged, fmt.Sprint(text, "/", title, "/", buttons, "/", wait))
		return -1, nil
	}
	logged = nil
	s.check([]struct{ script, want string }{
		{`P s.Popup("a") & s.Popup("b", 1.5, "t", 36)`, "-1-1"},
		{`s.Popup "a", 0, "fail"`, "!440 nobody is there"},
	})
	if got := strings.Join(logged, ","); got != "a/Windows Script Host/0/0s,b/t/36/1.5s" {
		t.Error(got)
	}
}

func TestCurrentDirectory(t *testing.T) {
	s := newScript(t)
	if err := os.Mkdir(filepath.Join(s.dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.run(`P s.CurrentDirectory = Dir : s.CurrentDirectory = "sub"`); !strings.HasPrefix(got, "True!70 Permission denied: WScript.Shell may not read ") || !strings.Contains(got, "--allow-read") {
		t.Error(got)
	}
	tests := []struct{ script, want string }{
		{`s.CurrentDirectory = "sub" : P s.CurrentDirectory = Dir & "\sub" : s.CurrentDirectory = ".." : P s.CurrentDirectory = Dir`, "True|True"},
		{`s.CurrentDirectory = "no"`, `!-2147024894 The system cannot find the file specified: "no"`},
	}
	s.policy.Read = []string{s.dir}
	s.check(tests)
	s.policy = sandbox.Policy{Run: true}
	s.check(tests)
	if after, err := os.Getwd(); after != before || err != nil {
		t.Error("the process has moved:", after, err)
	}
}
