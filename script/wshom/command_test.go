package wshom_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
	"openwmi/script/wshom"
)

func commands(t *testing.T) *script {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of a Unix system")
	}
	s := newScript(t)
	s.policy.Run = true
	return s
}

func TestRunNeedsPermission(t *testing.T) {
	newScript(t).check([]struct{ script, want string }{
		{`s.Run "true"`, `!70 Permission denied: WScript.Shell may not run "true" without --allow-run`},
		{`s.Exec "nope"`, `!70 Permission denied: WScript.Shell may not run "nope" without --allow-run`},
	})
}

func TestRun(t *testing.T) {
	s := commands(t)
	t.Setenv("OPENWMI_VALUE", "from outside")
	for _, test := range []struct{ script, file string }{
		{`P s.Run("sh -c ""echo one > out""", 0, True)`, "one\n"},
		{`P s.Run("cmd /c echo two > out", , True)`, "two\n"},
		{`P s.Run("%comspec% /v:on /C ""echo three > out""", 1, True)`, "three\n"},
		{`P s.Run("""C:\Windows\System32\CMD.EXE"" /c echo 'four  x' > """ & Dir & "\out""", 1, True)`, "four  x\n"},
		{`P s.Run("cmd /c echo five > %TEMP%\out", 1, True)`, "five\n"},
		{`P s.Run("SH.exe -c ""printf %s six > out""", 1, True)`, "six"},
		{`P s.Run("%windir%\system32\sh.exe -c ""printf seven > out""", 1, True)`, "seven"},
		{`P s.Run("cp """ & Dir & "\in"" " & Dir & "\out", 1, True)`, "input"},
		{`s.Environment("PROCESS")("MINE") = "8" : P s.Run("cmd /c echo $MINE $OPENWMI_VALUE %openwmi_value% > out", 1, True)`, "8 from outside from outside\n"},
		{`s.CurrentDirectory = "sub" : P s.Run("cmd /c pwd > ../out", 1, True)`, s.dir + "/sub\n"},
		{`s.CurrentDirectory = "sub" : P s.Run("..\tool nine", 1, True)`, "nine\n"},
		{`P s.Run("""./tool"" ""a b"" a\""b ""c\\""", 1, True)`, "a b a\"b c\\\n"},
	} {
		out := filepath.Join(s.dir, "out")
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"in": "input", "sub/x": "", "tool": "#!/bin/sh\necho \"$@\" > " + out} {
			path := filepath.Join(s.dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		got := s.run(test.script)
		if b, err := os.ReadFile(out); got != "0" || err != nil || string(b) != test.file {
			t.Errorf("%s: %s, %q, %v, want %q", test.script, got, b, err, test.file)
		}
	}
	s.check([]struct{ script, want string }{
		{`P s.Run("cmd /c exit 3", 0, True)`, "3"},
		{`P s.Run("sh -c ""kill -9 $$""", 0, True)`, "-1"},
		{`P s.Run("cmd /c exit 3")`, "0"},
		{`s.Run "openwmi-nope -x"`, `!-2147024894 The system cannot find the file specified: "openwmi-nope -x"`},
		{`s.Run ""`, `!-2147024894 The system cannot find the file specified: ""`},
		{`s.Run "Q:\x"`, `!-2147024894 The system cannot find the file specified: "Q:\x"`},
	})
}

func TestManyCommands(t *testing.T) {
	s := commands(t)
	if err := os.WriteFile(filepath.Join(s.dir, "on"), nil, 0o666); err != nil { // is gone with the test
		t.Fatal(err)
	}
	s.check([]struct{ script, want string }{
		{`For i = 1 To 100 : s.Run "cmd /c while [ -e on ]; do sleep 1; done" : Next`, "!67 A script has at most 64 commands at once"},
	})
}

func TestScriptHost(t *testing.T) {
	s := commands(t)
	const none = `!-2147024894 The system cannot find the file specified: "cscript a.vbs"`
	s.check([]struct{ script, want string }{{`s.Run "cscript a.vbs"`, none}})
	s.opts.ScriptHost = []string{"/bin/echo", "run", "-x"}
	s.check([]struct{ script, want string }{
		{`P s.Exec("cscript.exe //nologo C:\a\b.vbs ""c d""").StdOut.ReadAll`, "run -x //nologo /a/b.vbs c d\n"},
		{`P s.Exec("%windir%\System32\WScript.exe x.js").StdOut.ReadAll`, "run -x x.js\n"},
		{`P s.Exec("C:\a\B.VBS 1").StdOut.ReadAll & s.Exec("x.wsf").StdOut.ReadAll`, "run -x /a/B.VBS 1\nrun -x x.wsf\n"},
	})
}

// openShell returns a runtime and its WScript.Shell.
func openShell(t *testing.T, s *script) (*wshom.Runtime, vbscript.Object) {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{Policy: s.policy, Dir: s.dir})
	if err != nil {
		t.Fatal(err)
	}
	rt := wshom.New(wshom.Options{Sandbox: box})
	o, err := rt.Object("WScript.Shell")
	if err != nil {
		t.Fatal(err)
	}
	return rt, o
}

// A host that ends the context because the script has quit keeps what goes on.
func TestDetach(t *testing.T) {
	s := commands(t)
	rt, o := openShell(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	in, out := mkfifo(t, s, "in"), mkfifo(t, s, "out")
	if _, err := o.Get(ctx, "Run", vbscript.MakeArgs(vbscript.String("cmd /c cat in > out"))); err != nil {
		t.Fatal(err)
	}
	rt.Detach()
	cancel()
	go func() { _ = os.WriteFile(in, []byte("on"), 0) }()
	if b, err := os.ReadFile(out); err != nil || string(b) != "on" {
		t.Errorf("%q, %v", b, err)
	}
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
}

func TestRunOutput(t *testing.T) {
	s := commands(t)
	path := filepath.Join(s.dir, "output")
	var err error
	if s.opts.Output, err = os.Create(path); err != nil {
		t.Fatal(err)
	}
	defer s.opts.Output.Close()
	s.run(`s.Run "cmd /c echo a; echo b >&2", 0, True`)
	if b, err := os.ReadFile(path); err != nil || string(b) != "a\nb\n" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestExec(t *testing.T) {
	commands(t).check([]struct{ script, want string }{
		{`Set e = s.Exec("echo hello") : P TypeName(e) & TypeName(e.StdOut) : P e.StdOut.ReadAll : Do While e.Status = 0 : Loop : P e.Status & e.ExitCode : P e.ProcessID > 0`,
			"WshExecTextStream|hello\n|10|True"},
		{`Set e = s.Exec("cat") : e.StdIn.WriteLine "one" : e.StdIn.Write "two" : P e.StdOut.ReadLine : P e.Status & e.ExitCode : e.StdIn.Close : P e.StdOut.ReadAll : P e.StdOut.AtEndOfStream`,
			"one|00|two|True"},
		{`Set e = s.Exec("cmd /c echo out; echo err >&2; exit 7") : P e.StdErr.ReadLine & e.StdOut.ReadLine : Do Until e.Status : Loop : P e.ExitCode`, "errout|7"},
		{`Set e = s.Exec("cmd /c sleep 100 & sleep 100") : e.Terminate : P e.Status & e.StdOut.AtEndOfStream : e.Terminate`, "1True"},
		{`Set e = s.Exec("true") : Do Until e.Status : Loop : e.StdIn.Write "x"`, "!57 Device I/O error"},
		{`Set e = s.Exec("true") : e.StdIn.ReadAll`, "!54 Bad file mode"},
		{`Set e = s.Exec("true") : e.StdOut.Write "x"`, "!54 Bad file mode"},
		{`s.Exec "openwmi-nope"`, `!-2147024894 The system cannot find the file specified: "openwmi-nope"`},
		{`For i = 1 To 200 : s.Exec("echo x").StdOut.ReadAll : Next : P i`, "201"},
	})
}

// alive is a pipe that a command of the test has: it ends with the last process that does.
func alive(t *testing.T, s *script) (wait func()) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.opts.Output = w
	t.Cleanup(func() { _ = r.Close() })
	return func() {
		t.Helper()
		_ = w.Close()
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Error("it wrote something")
		}
	}
}

// The context ends commands, with what they have started.
func TestContext(t *testing.T) {
	for _, line := range []string{
		`s.Run "cmd /c echo > started; sleep 1000 & sleep 1000; exit 0", 0, True`,
		`s.Run "cmd /c echo > started; sleep 1000 & sleep 1000; exit 0" : Do : Loop`,
		`s.Exec("cmd /c echo > started; sleep 1000 & sleep 1000; exit 0").StdOut.ReadAll`,
	} {
		s := commands(t)
		gone := alive(t, s)
		started := mkfifo(t, s, "started")
		ctx, cancel := context.WithCancel(context.Background())
		s.ctx = ctx
		go func() {
			_, _ = os.ReadFile(started) // waits for the command
			cancel()
		}()
		if got := s.run(line); !strings.Contains(got, "context canceled") {
			t.Errorf("%s: %s", line, got)
		}
		gone()
	}
}

// The context ends the waits for a process that has left the group of the command and
// kept its streams.
func TestContextEndsWaits(t *testing.T) {
	for _, use := range []string{`e.StdOut.ReadAll`, `e.StdIn.Write String(1000000, "x")`, `Do : e.StdIn.Write "x" : Loop`} {
		s := commands(t)
		if _, err := exec.LookPath("setsid"); err != nil {
			t.Skip("there is no setsid, with which a process leaves the group: ", err)
		}
		started := mkfifo(t, s, "started")
		ctx, cancel := context.WithCancel(context.Background())
		s.ctx = ctx
		pid := make(chan int, 1)
		go func() {
			b, _ := os.ReadFile(started) // waits for it
			n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
			pid <- n
			cancel()
		}()
		const line = `exec 3<&0; setsid sh -c 'echo $$ > started; exec sleep 100' <&3 & sleep 100`
		if got := s.run(`Set e = s.Exec("cmd /c ` + line + `") : ` + use); !strings.Contains(got, "context canceled") {
			t.Errorf("%s: %s", use, got)
		}
		kill(<-pid)
	}
}

// After Close nothing starts.
func TestClosed(t *testing.T) {
	s := commands(t)
	rt, o := openShell(t, s)
	for range 2 {
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, member := range []string{"Run", "Exec"} {
		if _, err := o.Get(context.Background(), member, vbscript.MakeArgs(vbscript.String("true"))); err == nil {
			t.Errorf("%s: no error", member)
		}
	}
}

// A command of Exec ends with the script; one of Run goes on, but for the context.
func TestClose(t *testing.T) {
	s := commands(t)
	ctx, cancel := context.WithCancel(context.Background())
	s.ctx = ctx
	in, out := mkfifo(t, s, "in"), mkfifo(t, s, "out")
	got := s.run(`s.Run "cmd /c cat in > out" : Set e = s.Exec("sleep 1000") : P e.ProcessID`)
	cancel()
	var pid int
	if _, err := fmt.Sscan(got, &pid); err != nil {
		t.Fatal(got)
	}
	if running(pid) {
		t.Error("the command of Exec is still there")
	}
	go func() { _ = os.WriteFile(in, []byte("on"), 0) }()
	if b, err := os.ReadFile(out); err != nil || string(b) != "on" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestDefaultButton(t *testing.T) {
	for buttons, want := range map[int]int{
		0: 1, 1: 1, 0x101: 2, 2: 3, 0x202: 5, 3: 6, 0x203: 2, 4: 6, 0x104: 7, 0x304: 7, 5: 4, 6: 2, 0x206: 11, 9: 1, 64: 1,
	} {
		if got := wshom.DefaultButton(buttons); got != want {
			t.Errorf("DefaultButton(%#x) = %d, want %d", buttons, got, want)
		}
	}
}
