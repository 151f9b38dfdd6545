package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A tty is a terminal on which a test types, and in which a program runs.
type tty struct {
	t     *testing.T
	keys  *os.File
	cmd   *exec.Cmd
	shown string // since the last thing that was looked for
}

// onTerminal runs wmi in a terminal of its own, on a store with a class.
func onTerminal(t *testing.T, args ...string) *tty {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	t.Cleanup(func() { keys.Close() })
	raw, err := keys.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	control := func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	}
	if e := raw.Control(control); e != nil || err != nil {
		t.Fatal(e, err)
	}
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	dir := t.TempDir()
	cmd := exec.Command("wmi", args...)
	cmd.Dir = dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen, screen, screen
	cmd.Env = append(os.Environ(), "OPENWMI_DATA="+filepath.Join(dir, "store"), "XDG_STATE_HOME="+dir, "TERM=xterm", "NO_COLOR=1", "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return &tty{t: t, keys: keys, cmd: cmd}
}

// expect reads what is shown until there is a text, and returns it up to there.
func (y *tty) expect(want string) string {
	y.t.Helper()
	y.keys.SetReadDeadline(time.Now().Add(time.Minute))
	b := make([]byte, 4096)
	for {
		if i := strings.Index(y.shown, want); i >= 0 {
			before := y.shown[:i]
			y.shown = y.shown[i+len(want):]
			return before
		}
		n, err := y.keys.Read(b)
		y.shown += string(b[:n])
		if err != nil {
			y.t.Fatalf("waiting for %q, the terminal shows %q: %v", want, y.shown, err)
		}
	}
}

// press sends keys.
func (y *tty) press(keys string) {
	y.t.Helper()
	if _, err := y.keys.WriteString(keys); err != nil {
		y.t.Fatal(err)
	}
}

// exit waits for the program, and returns its exit status and what it has shown since.
func (y *tty) exit() (int, string) {
	y.t.Helper()
	b := make([]byte, 4096)
	for {
		n, err := y.keys.Read(b)
		y.shown += string(b[:n])
		if err != nil { // EIO: nobody has the terminal any more
			break
		}
	}
	y.cmd.Wait()
	return y.cmd.ProcessState.ExitCode(), y.shown
}

// Ctrl-C ends what a line does, wherever it waits, and what is typed then is a line again.
func TestInterruptShell(t *testing.T) {
	y := onTerminal(t, "shell", "--computer", "web01=cimxml://me@127.0.0.1:1")
	const prompt = `vbs root\cimv2> `
	y.expect(prompt)
	for i, c := range []struct{ line, shown string }{
		{`WScript.Echo "on" : Do : Loop`, "on\r\n"},
		{`WScript.Echo "on" : WScript.Sleep 100000`, "on\r\n"},
		{`select * from __InstanceCreationEvent`, "Ctrl-C ends it)\r\n"},
		{`x = InputBox("who")`, "who "},
		{`x = MsgBox("sure", 4)`, "[Yes] / No? "},
		{`WScript.Echo "on" : x = WScript.StdIn.ReadLine`, "on\r\n"},
		{`Set s = GetObject("winmgmts:\\web01")`, "Password of me: "},
	} {
		y.press(c.line + "\r")
		y.expect(c.shown)
		y.press("\x03")
		y.expect(prompt)
		y.press(fmt.Sprintf("? 600 + %d\r", i))
		y.expect(fmt.Sprintf("%d\r\n", 600+i))
		y.expect(prompt)
	}
	// A script reads again, and an answer ends its line.
	y.press("WScript.Echo \"on\" : WScript.Echo WScript.StdIn.ReadLine\r")
	y.expect("on\r\n")
	y.press("typed\n")
	y.expect("typed\r\ntyped\r\n")
	y.expect(prompt)
	y.press("x = InputBox(\"who\")\r")
	y.expect("who ")
	y.press("me\n")
	if got := y.expect(prompt); !strings.HasPrefix(got, "me\r\n\x1b") {
		t.Errorf("after the answer there is %q", got)
	}
	y.press("\x04")
	if code, shown := y.exit(); code != 0 || !strings.HasPrefix(shown, "\r\n") {
		t.Errorf("exit status %d, and the terminal shows %q at the end", code, shown)
	}
}

func TestInterruptRun(t *testing.T) {
	for _, c := range []struct{ script, shown string }{
		{`x = InputBox("who")`, "who "},
		{`WScript.Echo "on" : x = WScript.StdIn.ReadLine`, "on\r\n"},
		{`WScript.Echo "on" : Do : Loop`, "on\r\n"},
	} {
		file := filepath.Join(t.TempDir(), "wait.vbs")
		if err := os.WriteFile(file, []byte(c.script), 0o600); err != nil {
			t.Fatal(err)
		}
		y := onTerminal(t, "run", file)
		y.expect(c.shown)
		y.press("\x03")
		code, shown := y.exit()
		if code != 1 || !strings.HasPrefix(shown, "^C\r\nwmi: RunScript ") || !strings.HasSuffix(shown, "CallCancelled (0x80041032): the script was interrupted\r\n") {
			t.Errorf("%s: exit status %d, and the terminal shows %q", c.script, code, shown)
		}
	}
}
