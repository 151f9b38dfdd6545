//go:build unix

package process_test

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/process"
	"openwmi/wbem"
)

// A lab executes methods of Win32_Process.
type lab struct {
	t     *testing.T
	p     *process.Provider
	class *cim.Class
}

func newLab(t *testing.T, control func(*provider.Request, string) error) *lab {
	needProc(t)
	o := process.Options{Control: control}
	class, err := open(t, o).GetClass(t.Context(), "Win32_Process", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &lab{t, process.New(o), class}
}

// exec executes a method of a process, "" for none, and returns its code and what
// else it returns. args are names and values of parameters.
func (l *lab) exec(handle, method string, args ...any) (uint64, *cim.Instance, error) {
	l.t.Helper()
	var key, in *cim.Instance
	if handle != "" {
		key = cim.NewInstance(l.class)
		if err := key.Set("Handle", cim.StringValue(handle)); err != nil {
			l.t.Fatal(err)
		}
	}
	m := l.class.Method(method)
	if sig := m.Signature(false); sig != nil {
		in = cim.NewInstance(sig)
		for i := 0; i < len(args); i += 2 {
			if err := in.Set(args[i].(string), args[i+1].(cim.Value)); err != nil {
				l.t.Fatal(err)
			}
		}
	}
	out, err := l.p.ExecMethod(l.t.Context(), &provider.Request{Class: l.class}, key, m, in)
	if err != nil {
		return 0, nil, err
	}
	return value(out, "ReturnValue").Uint(), out, nil
}

func anybody(*provider.Request, string) error { return nil }

// sleep starts a program that does nothing until the test ends.
func sleep(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Skipf("no program to end: %v", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd
}

func TestOwner(t *testing.T) {
	l := newLab(t, nil)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(os.Getpid())
	code, out, err := l.exec(pid, "GetOwner")
	if err != nil || code != 0 || text(out, "User") != me.Username {
		t.Errorf("GetOwner = %d, %v, %v", code, out, err)
	}
	code, out, err = l.exec(pid, "GetOwnerSid")
	if err != nil || code != 0 || text(out, "Sid") != "S-1-22-1-"+me.Uid {
		t.Errorf("GetOwnerSid = %d, %v, %v", code, out, err)
	}
	if _, _, err := l.exec("4294967294", "GetOwner"); !errors.Is(err, wbem.NotFound) {
		t.Errorf("GetOwner of no process: %v", err)
	}
	if _, _, err := l.exec(pid, "AttachDebugger"); !errors.Is(err, wbem.MethodNotImplemented) {
		t.Errorf("AttachDebugger: %v", err)
	}
	if code, _, err := l.exec(pid, "GetAvailableVirtualSize"); err != nil || code != 0 {
		t.Errorf("GetAvailableVirtualSize = %d, %v", code, err)
	}
}

// Methods can be called where the class is.
func TestThroughManager(t *testing.T) {
	needProc(t)
	svc := open(t, process.Options{Control: anybody})
	pid := strconv.Itoa(sleep(t).Process.Pid)
	path := cim.MustParsePath(`Win32_Process.Handle="` + pid + `"`)
	for _, method := range []string{"GetOwner", "Terminate"} {
		out, err := svc.ExecMethod(t.Context(), path, method, nil, wbem.Options{})
		if err != nil || value(out, "ReturnValue").Uint() != 0 {
			t.Errorf("%s = %v, %v", method, out, err)
		}
	}
}

func TestTerminate(t *testing.T) {
	cmd := sleep(t)
	pid := strconv.Itoa(cmd.Process.Pid)
	if code, _, err := newLab(t, nil).exec(pid, "Terminate"); err != nil || code != 2 {
		t.Errorf("without Control: %d, %v", code, err)
	}
	if code, _, err := newLab(t, anybody).exec(pid, "Terminate", "Reason", cim.Uint32Value(0)); err != nil || code != 0 {
		t.Errorf("Terminate = %d, %v", code, err)
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the process ended with %v", err)
	}
}

func TestSetPriority(t *testing.T) {
	pid := strconv.Itoa(sleep(t).Process.Pid)
	l := newLab(t, anybody)
	for _, test := range []struct {
		class int32
		code  uint64
		nice  string
	}{{16384, 0, "10"}, {64, 0, "19"}, {7, 21, "19"}} {
		code, _, err := l.exec(pid, "SetPriority", "Priority", cim.Sint32Value(test.class))
		if err != nil || code != test.code {
			t.Errorf("SetPriority(%d) = %d, %v", test.class, code, err)
		}
		b, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			t.Fatal(err)
		}
		if f := strings.Fields(string(b)); f[18] != test.nice {
			t.Errorf("SetPriority(%d) made nice %s, want %s", test.class, f[18], test.nice)
		}
	}
	if code, _, _ := newLab(t, nil).exec(pid, "SetPriority", "Priority", cim.Sint32Value(64)); code != 2 {
		t.Errorf("without Control: %d", code)
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	line := cim.StringValue(`sh -c "pwd; echo \"$0\" $1 > out" "a b" c`)
	if code, _, err := newLab(t, nil).exec("", "Create", "CommandLine", line); err != nil || code != 2 {
		t.Errorf("without Control: %d, %v", code, err)
	}
	l := newLab(t, anybody)
	for name, test := range map[string]struct {
		code uint64
		args []any
	}{
		"no line":       {21, nil},
		"blanks":        {21, []any{"CommandLine", cim.StringValue("  ")}},
		"relative":      {21, []any{"CommandLine", line, "CurrentDirectory", cim.StringValue("tmp")}},
		"no directory":  {9, []any{"CommandLine", line, "CurrentDirectory", cim.StringValue(dir + "/none")}},
		"no program":    {9, []any{"CommandLine", cim.StringValue("/no/such/program")}},
		"none in PATH":  {9, []any{"CommandLine", cim.StringValue("no-such-program-at-all")}},
		"not a program": {2, []any{"CommandLine", cim.StringValue(dir)}},
	} {
		if code, _, err := l.exec("", "Create", test.args...); err != nil || code != test.code {
			t.Errorf("%s: %d, %v, want %d", name, code, err, test.code)
		}
	}
	fifo := dir + "/out"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("no pipe to wait at: %v", err)
	}
	code, out, err := l.exec("", "Create", "CommandLine", line, "CurrentDirectory", cim.StringValue(dir))
	if err != nil || code != 0 || value(out, "ProcessId").Uint() == 0 {
		t.Fatalf("Create = %d, %v, %v", code, out, err)
	}
	b, err := os.ReadFile(fifo)
	if err != nil || string(b) != "a b c\n" {
		t.Errorf("it wrote %q, %v", b, err)
	}
}
