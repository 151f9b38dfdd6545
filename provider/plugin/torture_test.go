package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

// ask gets the instance with a key, which tells programs here what to do.
func ask(ctx context.Context, p any, c *cim.Class, key string) (*cim.Instance, error) {
	inst := cim.NewInstance(c)
	_ = inst.Set("S", cim.StringValue(key))
	return p.(provider.InstanceGetter).GetInstance(ctx, request(c), inst)
}

// said returns what the program has answered in A.
func said(t *testing.T, inst *cim.Instance, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	v, _ := inst.Get("A")
	if v.Len() != 1 {
		t.Fatalf("it answers %v", v)
	}
	return v.Texts()[0]
}

func wants(t *testing.T, err error, status wbem.Status, text string) {
	t.Helper()
	if wbem.StatusOf(err) != status || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, not %v with %q", err, status, text)
	}
}

// refuses checks the error of a program that does not run: the reason, which may speak
// of files and of what the program says, is the cause, and callers are not told.
func refuses(t *testing.T, err error, reason string) {
	t.Helper()
	wants(t, err, wbem.ProviderLoadFailure, "started again in")
	var e *wbem.Error
	switch {
	case !errors.As(err, &e) || e.Err == nil || !strings.Contains(e.Err.Error(), reason):
		t.Errorf("the cause of %v is not %q", err, reason)
	case strings.Contains(err.Error(), reason):
		t.Errorf("callers are told %v", err)
	}
}

// What a program answers that cannot be true is ProviderFailure for that caller,
// and the program goes on.
func TestLies(t *testing.T) {
	h, _ := newHost(t, "liar", self(t, "liar"))
	p := mustOpen(t, h)
	c := every(t)
	for name := range lies {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t.Context(), p, c, name)
			if err == nil {
				t.Fatal("it was believed")
			}
			if name != "success" { // of which the object manager makes ProviderFailure
				wants(t, err, wbem.ProviderFailure, "program liar")
			}
		})
	}
}

// A crash fails those who wait, and the next call but for a second.
func TestCrash(t *testing.T) {
	t.Parallel()
	h, j := newHost(t, "bad", self(t, "bad"))
	p := mustOpen(t, h)
	c := every(t)
	first := answered(ask(t.Context(), p, c, "pid"))
	_, err := ask(t.Context(), p, c, "panic")
	if wbem.StatusOf(err).Failed() && !strings.Contains(err.Error(), "panicked: at the disco") {
		t.Errorf("panic: %v", err)
	}
	_, err = ask(t.Context(), p, c, "plain")
	if err == nil || err.Error() != "a secret" {
		t.Errorf("a plain error: %v", err)
	}
	if second := answered(ask(t.Context(), p, c, "pid")); second != first {
		t.Error("a panic in a call ended the program")
	}

	var group sync.WaitGroup
	for range 4 { // who waits in the program when it ends
		group.Go(func() {
			_, err := ask(t.Context(), p, c, "hang")
			wants(t, err, wbem.ProviderFailure, "is gone")
		})
	}
	_, err = ask(t.Context(), p, c, "goroutine")
	wants(t, err, wbem.ProviderFailure, "is gone")
	group.Wait()
	j.wait(t, "provider is gone", 1)
	j.wait(t, `line="panic: elsewhere"`, 1)
	_, err = ask(t.Context(), p, c, "")
	refuses(t, err, "it ended: exit status 2")
	again := eventually(t, func() (*cim.Instance, error) { return ask(t.Context(), p, c, "pid") })
	if again == first {
		t.Error("the same process answers after its end")
	}
	_, err = ask(t.Context(), p, c, "exit")
	wants(t, err, wbem.ProviderFailure, "is gone")
	j.wait(t, `line="I am leaving"`, 1)
	j.wait(t, "failures=2 again=2s", 1) // it takes longer each time
}

// answered returns what the program has answered in A, or the error.
func answered(inst *cim.Instance, err error) string {
	if err != nil {
		return err.Error()
	}
	v, _ := inst.Get("A")
	return v.Index(0).Text()
}

// eventually asks until the program may be started again.
func eventually(t *testing.T, fn func() (*cim.Instance, error)) string {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < time.Minute; runtime.Gosched() {
		inst, err := fn()
		if err == nil {
			return answered(inst, nil)
		}
		wants(t, err, wbem.ProviderLoadFailure, "started again in")
		timer := time.NewTimer(50 * time.Millisecond)
		<-timer.C
	}
	t.Fatal("it is never started again")
	return ""
}

// A call that hangs is ProviderTimedOut, and the others go on.
func TestHang(t *testing.T) {
	t.Parallel()
	c := every(t)
	// A slow computer may need longer for what does not hang.
	for limit := time.Second; ; limit *= 2 {
		cfg := self(t, "bad")
		cfg.CallTimeout = plugin.Duration(limit)
		h, _ := newHost(t, "bad", cfg)
		p := mustOpen(t, h)
		_, err := ask(t.Context(), p, c, "hang")
		wants(t, err, wbem.ProviderTimedOut, fmt.Sprintf("has said nothing for %v", limit))
		if _, err = ask(t.Context(), p, c, ""); err == nil {
			break
		}
		if limit > 20*time.Second {
			t.Fatalf("after a hang of another call: %v", err)
		}
	}
}

// A program that does not even say that it is alive is killed.
func TestFreeze(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the program freezes by a signal")
	}
	cfg := self(t, "bad")
	cfg.CallTimeout = plugin.Duration(time.Second)
	h, j := newHost(t, "bad", cfg)
	_, err := ask(t.Context(), mustOpen(t, h), every(t), "freeze")
	wants(t, err, wbem.ProviderTimedOut, "has said nothing")
	j.wait(t, "does not answer and is killed", 1)
	j.wait(t, "signal: killed", 1)
}

// Whoever cancels waits no longer, and what comes then is nobody's.
func TestAnswerAfterCancel(t *testing.T) {
	h, j := newHost(t, "bad", self(t, "bad"))
	p := mustOpen(t, h)
	c := every(t)
	before := runtime.NumGoroutine()
	for i := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := ask(ctx, p, c, "late")
			failed <- err
		}()
		j.wait(t, "I wait", i+1)
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("late: %v", err)
		}
		j.wait(t, "too late", i+1)
		if _, err := ask(t.Context(), p, c, ""); err != nil {
			t.Error(err)
		}
	}
	for range 8 { // those that never answer
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		_, err := ask(ctx, p, c, "hang")
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("hang: %v", err)
		}
	}
	for begin := time.Now(); runtime.NumGoroutine() > before+4; runtime.Gosched() {
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d goroutines became %d", before, runtime.NumGoroutine())
		}
	}
}

// A flood goes on as long as somebody reads it, in bounded memory.
func TestFlood(t *testing.T) {
	h, j := newHost(t, "bad", self(t, "bad"))
	p := mustOpen(t, h)
	c := every(t)
	n := 0
	for inst, err := range p.(provider.InstanceEnumerator).Instances(t.Context(), request(c)) {
		if err != nil || inst == nil {
			t.Fatal(err)
		}
		if n++; n == 5000 {
			break
		}
	}
	if _, err := ask(t.Context(), p, c, "print"); err != nil {
		t.Errorf("after 4 MiB on both outputs: %v", err)
	}
	j.wait(t, "xxx", 64)
	for line := range strings.Lines(j.String()) {
		if len(line) > 5<<10 {
			t.Errorf("a line of %d bytes in the log", len(line))
		}
	}
}

// A message that is too long fails, in either direction, and nothing else does.
func TestMessageSize(t *testing.T) {
	cfg := self(t, "bad")
	cfg.MaxMessage = 1 << 20
	h, _ := newHost(t, "bad", cfg)
	p := mustOpen(t, h)
	c := every(t)
	_, err := ask(t.Context(), p, c, "large")
	wants(t, err, wbem.ProviderFailure, "too long")
	_, err = ask(t.Context(), p, c, strings.Repeat("x", 2<<20))
	wants(t, err, wbem.QuotaViolation, "too long")
	if _, err := ask(t.Context(), p, c, ""); err != nil {
		t.Error(err)
	}
}

// A program that takes too much memory ends, not the machine.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || raced {
		t.Skip("needs RLIMIT_DATA, and a program without the race detector")
	}
	cfg := self(t, "bad")
	cfg.MemoryLimit = 256 << 20
	h, j := newHost(t, "bad", cfg)
	p := mustOpen(t, h)
	_, err := ask(t.Context(), p, every(t), "memory")
	wants(t, err, wbem.ProviderFailure, "is gone")
	j.wait(t, "provider is gone", 1)
}

// Too many calls wait, and then fail.
func TestMaxCalls(t *testing.T) {
	t.Parallel()
	cfg := self(t, "bad")
	cfg.MaxCalls = 1
	cfg.CallTimeout = plugin.Duration(2 * time.Second) // in which it also has to say that it is alive
	h, _ := newHost(t, "bad", cfg)
	p := mustOpen(t, h)
	c := every(t)
	errs := make(chan error, 40)
	for range cap(errs) {
		go func() {
			_, err := ask(t.Context(), p, c, "hang")
			errs <- err
		}()
	}
	refused := 0
	for range cap(errs) {
		err := <-errs
		switch wbem.StatusOf(err) {
		case wbem.QuotaViolation:
			refused++
		case wbem.ProviderTimedOut:
		default:
			t.Errorf("got %v", err)
		}
	}
	if refused < 40-17 {
		t.Errorf("%d of 40 were refused", refused)
	}
}

// What does not start as it should is ProviderLoadFailure.
func TestLoadFailure(t *testing.T) {
	t.Parallel()
	if _, err := plugin.NewHost(plugin.Config{"x": {Path: "x"}}, nil); err == nil {
		t.Error("a relative path is accepted")
	}
	sum := strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		change func(*plugin.Program)
		want   string
	}{
		"garbage": {func(p *plugin.Program) {}, "hello, I am no provider"},
		"mute":    {func(p *plugin.Program) { p.StartTimeout = plugin.Duration(200 * time.Millisecond) }, "timeout"},
		"exits":   {func(p *plugin.Program) {}, "could not be started"},
		"deaf": {func(p *plugin.Program) {
			p.StartTimeout, p.Plain = plugin.Duration(200*time.Millisecond), true
		}, "could not be started"},
		"elsewhere": {func(p *plugin.Program) {}, "not on a socket in its directory"},
		"missing":   {func(p *plugin.Program) { p.Path = "/nonexistent/program" }, "no such file"},
		"sum":       {func(p *plugin.Program) { p.SHA256 = sum }, "not that of the configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := self(t, name)
			test.change(&cfg)
			h, _ := newHost(t, name, cfg)
			_, err := open(t, h, &provider.Environment{})
			refuses(t, err, test.want)
		})
	}
}

// A program is ended when nobody uses it, and with its children when the host
// closes.
func TestLife(t *testing.T) {
	cfg := self(t, "bad")
	cfg.IdleTimeout = plugin.Duration(100 * time.Millisecond)
	h, j := newHost(t, "bad", cfg)
	p := mustOpen(t, h)
	c := every(t)
	first := answered(ask(t.Context(), p, c, "pid"))
	j.wait(t, "is idle and ended", 1)
	second := answered(ask(t.Context(), p, c, "pid"))
	if first == second {
		t.Errorf("process %s was not ended", first)
	}
	if strings.Contains(j.String(), "provider is gone") {
		t.Errorf("an end on purpose is taken for a crash:\n%s", j)
	}
	if runtime.GOOS == "windows" {
		return
	}
	inst, err := ask(t.Context(), p, c, "child")
	child, _ := strconv.Atoi(said(t, inst, err))
	if err := p.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	for begin := time.Now(); alive(child); runtime.Gosched() {
		if time.Since(begin) > time.Minute {
			t.Fatalf("child %d of the program lives on", child)
		}
	}
	if _, err := ask(t.Context(), p, c, ""); wbem.StatusOf(err) != wbem.ShuttingDown {
		t.Errorf("after Close: %v", err)
	}
}

// alive reports whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		return !strings.Contains(string(b), ") Z ")
	}
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// A provider that opens others serves each namespace with its own.
func TestOpener(t *testing.T) {
	h, _ := newHost(t, "opener", self(t, "opener"))
	c := every(t)
	for _, ns := range []string{`root\a`, `root\b`, `root\a`} {
		p, err := open(t, h, &provider.Environment{Name: "P", Namespace: ns})
		if err != nil {
			t.Fatal(err)
		}
		inst, err := ask(t.Context(), p, c, "x")
		if got := said(t, inst, err); got != ns {
			t.Errorf("%s is served by that of %s", ns, got)
		}
		if _, err := p.(provider.PropertyGetter).GetProperty(t.Context(), request(c), provider.PropertyRequest{Property: c.Property("T")}); wbem.StatusOf(err) != wbem.ProviderNotCapable {
			t.Errorf("a method that is not there: %v", err)
		}
	}
	p, err := open(t, h, &provider.Environment{Name: "Broken", Namespace: `root\a`})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ask(t.Context(), p, c, "x")
	wants(t, err, wbem.InitializationFailure, "it is broken")
}

// The sample in Go, which the test builds, works with TLS and its checksum.
func TestSampleGo(t *testing.T) {
	t.Parallel()
	bin := t.TempDir() + "/words"
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", bin, "./sample/words").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wordsWork(t, plugin.Program{Path: bin, SHA256: sum(t, bin)})
}

// The sample in Python works, if grpcio is there. OPENWMI_TEST_PYTHON names an
// interpreter that has it.
func TestSamplePython(t *testing.T) {
	t.Parallel()
	python := os.Getenv("OPENWMI_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	python, err := exec.LookPath(python)
	if err != nil {
		t.Skip("no Python: ", err)
	}
	dir := t.TempDir()
	generate := exec.Command(python, "-m", "grpc_tools.protoc", "-Ipluginpb", "--python_out="+dir, "provider.proto")
	if out, err := generate.CombinedOutput(); err != nil {
		t.Skipf("%s has no grpcio-tools (python3 -m pip install grpcio grpcio-tools): %v\n%s", python, err, out)
	}
	script, err := os.ReadFile("sample/python/words.py")
	if err != nil {
		t.Fatal(err)
	}
	file := dir + "/words.py"
	if err := os.WriteFile(file, script, 0o600); err != nil {
		t.Fatal(err)
	}
	wordsWork(t, plugin.Program{Path: python, Args: []string{file}, Plain: true})
}
