package child_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/child"
)

const modeVariable = "OPENWMI_CHILD_MODE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVariable); mode != "" {
		os.Exit(behave(mode))
	}
	os.Exit(m.Run())
}

// behave is what the programs of the tests do. Those that stay end with their
// input, lest a test that fails leaves them behind.
func behave(mode string) int {
	stay := func() int {
		fmt.Println(os.Getpid())
		fmt.Fprintln(os.Stderr, "ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	}
	switch mode {
	case "stay":
		return stay()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		return stay()
	case "parent", "dead parent":
		x := exec.Command(os.Args[0])
		x.Env = append(os.Environ(), modeVariable+"=stubborn")
		x.Stdin, x.Stdout = os.Stdin, os.Stdout
		ready, err := x.StderrPipe()
		if err != nil || x.Start() != nil {
			return 1
		}
		if _, err := ready.Read(make([]byte, 1)); err != nil {
			return 1
		}
		if mode == "parent" {
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
	case "speak":
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 5000))
		fmt.Fprint(os.Stderr, "bad \xff\r\nno newline")
		return 3
	case "flood":
		for range 10000 {
			fmt.Fprintln(os.Stderr, "noise")
		}
	}
	return 0
}

func command(mode string) *exec.Cmd {
	x := exec.Command(os.Args[0])
	x.Env = child.Env(nil, map[string]string{modeVariable: mode, "GOCOVERDIR": os.TempDir()})
	x.WaitDelay = 10 * time.Second
	return x
}

// A running process has written a line, and is gone when the other end of its
// output, which those that it started have as well, is closed.
type running struct {
	*child.Process
	out   *bufio.Reader
	stdin io.Closer
	t     *testing.T
}

func start(t *testing.T, mode string, o child.Options) *running {
	t.Helper()
	x := command(mode)
	in, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x.Stdin, x.Stdout = in, stdout
	p, err := child.Start(x, o)
	_ = in.Close()
	_ = stdout.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = p.Wait()
		_ = out.Close()
	})
	r := &running{Process: p, out: bufio.NewReader(out), stdin: stdin, t: t}
	if _, err := r.out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return r
}

// silent waits until nobody has the output any more.
func (r *running) silent() {
	r.t.Helper()
	if _, err := r.out.ReadByte(); err != io.EOF {
		r.t.Error(err)
	}
}

func TestKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no process groups of this kind")
	}
	p := start(t, "parent", child.Options{})
	p.Kill()
	if err := p.Wait(); err == nil {
		t.Error("it ended well")
	}
	p.silent()
	p.Kill() // nothing happens

	// A program that ends takes with it what it has started.
	p = start(t, "dead parent", child.Options{})
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	p.silent()
}

func TestEnd(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a program cannot be asked to end")
	}
	p := start(t, "stay", child.Options{})
	if err := p.End(time.Minute); err == nil || !strings.Contains(p.State(), "terminated") {
		t.Error(err, p.State())
	}
	p = start(t, "stubborn", child.Options{})
	if err := p.End(time.Millisecond); err == nil || !strings.Contains(p.State(), "killed") {
		t.Error(err, p.State())
	}
	// The group ends with its leader, also a detached one.
	for _, detached := range []bool{false, true} {
		p = start(t, "parent", child.Options{Detached: detached})
		if err := p.End(time.Minute); err == nil {
			t.Error("it ended well")
		}
		p.silent()
	}
}

func TestDetachedAndAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no process groups of this kind")
	}
	stays := func(p *running) {
		t.Helper()
		got := make(chan error, 1)
		go func() {
			_, err := p.out.ReadByte()
			got <- err
		}()
		select {
		case err := <-got:
			t.Error("its child is gone:", err)
		default:
		}
		_ = p.stdin.Close() // and now it ends by itself
		<-got
	}
	p := start(t, "dead parent", child.Options{Detached: true})
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	stays(p)
	p = start(t, "parent", child.Options{Detached: true, Alone: true})
	if err := p.End(time.Minute); err == nil {
		t.Error("it ended well")
	}
	stays(p)
}

func TestLimits(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("limits are set on Linux only")
	}
	// The limit begins right after the start, so a shell that waits for a line
	// looks at it later.
	x := exec.Command("/bin/sh", "-c", "read x; cat /proc/self/limits")
	var out bytes.Buffer
	x.Stdout = &out
	stdin, err := x.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := child.Start(x, child.Options{Limits: child.Limits{Memory: 123 << 20, Files: 77}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(stdin, "go\n")
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(out.String()) {
		if name, rest, ok := strings.Cut(line, "  "); ok {
			got[name] = strings.Join(strings.Fields(rest)[:2], " ")
		}
	}
	want := map[string]string{"Max data size": "128974848 128974848", "Max open files": "77 77"}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %s, want %s", name, got[name], value)
		}
	}
}

func TestLog(t *testing.T) {
	said := func(mode string) string {
		var text bytes.Buffer
		log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}}))
		x := command(mode)
		x.Stderr = child.NewLog(log.With("name", "n"), "program")
		p, err := child.Start(x, child.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Wait()
		return text.String()
	}
	want := `msg="program says" name=n line=` + strings.Repeat("x", 4096) + "\n" +
		`msg="program says" name=n line="bad ` + "\uFFFD" + "\"\n" + `msg="program says" name=n line="no newline"` + "\n"
	if diff := cmp.Diff(want, said("speak")); diff != "" {
		t.Error(diff)
	}
	began := time.Now()
	n := strings.Count(said("flood"), "noise")
	if seconds := int(time.Since(began)/time.Second) + 2; n < 200 || n > 200*seconds {
		t.Errorf("%d lines in less than %d seconds", n, seconds)
	}
}

func TestStartError(t *testing.T) {
	if _, err := child.Start(exec.Command("/no/such/program"), child.Options{}); err == nil {
		t.Error("it was started")
	}
}

func TestEnv(t *testing.T) {
	if diff := cmp.Diff([]string{"PATH=/a" + string(os.PathListSeparator) + "/b", "A=1", "B=2"},
		child.Env([]string{"/a", "/b"}, map[string]string{"B": "2", "A": "1"})); diff != "" {
		t.Error(diff)
	}
	for name, value := range map[string]string{"": "x", "A=B": "x", "A": "x\x00", "\x00": ""} {
		if child.CheckEnv(map[string]string{name: value}) == nil {
			t.Errorf("%q=%q", name, value)
		}
	}
	if err := child.CheckEnv(map[string]string{"A": "="}); err != nil {
		t.Error(err)
	}
}
