package trace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/trace"
	"openwmi/wbem"
)

func open(t *testing.T, o trace.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{trace.Name: trace.New(o)}, trace.MOF)
}

func subscribe(t *testing.T, svc wbem.Services, query string) wbem.Subscription {
	t.Helper()
	sub, err := svc.Subscribe(t.Context(), "WQL", query, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sub.Close() })
	return sub
}

// A record is the log of a provider.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// until returns the next event about a process.
func until(ctx context.Context, sub wbem.Subscription, class string, pid int) (*cim.Instance, error) {
	for {
		e, err := sub.Next(ctx)
		if err != nil {
			return nil, err
		}
		if id, _ := e.Get("ProcessID"); e.ClassName() == class && id.Uint() == uint64(pid) {
			return e, nil
		}
	}
}

// A program that is started here and ends with a status is told of as it was.
func TestThisMachine(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("this system has no sh")
	}
	log := &record{}
	svc := open(t, trace.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	sub := subscribe(t, svc, "SELECT * FROM Win32_ProcessTrace")
	// A process is missed until the provider listens.
	for patience := 200 * time.Millisecond; patience < time.Minute; patience *= 2 {
		cmd := exec.Command(shell, "-c", "read line; exit 7")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := cmd.Process.Pid
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		start, err := until(ctx, sub, "Win32_ProcessStartTrace", pid)
		cancel()
		io.WriteString(in, "go on\n")
		cmd.Wait()
		if errors.Is(err, context.DeadlineExceeded) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		stop, err := until(t.Context(), sub, "Win32_ProcessStopTrace", pid)
		if err != nil {
			t.Fatal(err)
		}
		same := map[string]string{
			"ProcessID": strconv.Itoa(pid), "ParentProcessID": strconv.Itoa(os.Getpid()), "ProcessName": "sh",
			"Sid": cim.BytesValue([]byte{1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, byte(os.Geteuid()), byte(os.Geteuid() >> 8), byte(os.Geteuid() >> 16), byte(os.Geteuid() >> 24)}).String(),
		}
		if session := strings.TrimSpace(read("/proc/self/sessionid")); session != "" && session != "4294967295" {
			same["SessionID"] = session
		}
		for _, e := range []*cim.Instance{start, stop} {
			got := providertest.Values(e)
			created, _ := e.Get("TIME_CREATED")
			at := time.Unix(int64(created.Uint()/1e7)-11644473600, int64(created.Uint()%1e7)*100)
			if at.Before(before.Add(-100*time.Millisecond)) || at.After(time.Now()) {
				t.Errorf("TIME_CREATED is %v, not after %v", at, before)
			}
			delete(got, "TIME_CREATED")
			exit := got["ExitStatus"]
			delete(got, "ExitStatus")
			if diff := cmp.Diff(same, got); diff != "" {
				t.Errorf("%s differs:\n%s", e.ClassName(), diff)
			}
			if told := strings.Contains(log.String(), "does not tell"); e == stop && exit != "7" && !told {
				t.Errorf("ExitStatus = %q, want 7", exit)
			}
		}
		if !strings.Contains(log.String(), "does not tell") {
			flood(t, sub, shell)
		}
		return
	}
	t.Errorf("no process was told of; log: %s", log)
}

// flood starts programs one after the other, which are all told of.
func flood(t *testing.T, sub wbem.Subscription, shell string) {
	const n = 200
	cmd := exec.Command(shell, "-c", fmt.Sprintf("i=0; while [ $i -lt %d ]; do /bin/true; i=$((i+1)); done", n))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	parent := uint64(cmd.Process.Pid)
	started, named, stopped := map[uint64]bool{}, 0, 0
	for stopped < n {
		e, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		by, _ := e.Get("ParentProcessID")
		if by.Uint() != parent {
			continue
		}
		id, _ := e.Get("ProcessID")
		name, _ := e.Get("ProcessName")
		switch e.ClassName() {
		case "Win32_ProcessStartTrace":
			if started[id.Uint()] {
				t.Errorf("process %d has started twice", id.Uint())
			}
			started[id.Uint()] = true
			if name.Text() == "true" {
				named++
			} else if !name.IsNull() && name.Text() != "sh" { // it may take its time
				t.Errorf("process %d is %q", id.Uint(), name.Text())
			}
		case "Win32_ProcessStopTrace":
			stopped++
			if status, _ := e.Get("ExitStatus"); !started[id.Uint()] || status.IsNull() || status.Uint() != 0 {
				t.Errorf("process %d has ended with %v; started: %t", id.Uint(), status, started[id.Uint()])
			}
		}
	}
	t.Logf("%d of %d had a name", named, n)
}

func read(name string) string {
	b, _ := os.ReadFile(name)
	return string(b)
}

// Where the kernel does not tell, processes are compared every second. Another
// process with the same number is another one.
func TestCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := providertest.Tree(t, map[string]string{"1/stat": stat("1", "init", "S", 5), "1/status": "Uid:\t0\t0\t0\t0\n", "x/stat": "", "2/stat": "2 (cut", "9/stat": stat("9", "dead", "Z", 4)})
		m, err := cimom.OpenMemory(cimom.Options{MOF: trace.MOF, Providers: map[string]any{trace.Name: trace.New(trace.Options{System: &live.System{Proc: root}})}})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		svc, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sub, err := svc.Subscribe(t.Context(), "WQL", "SELECT * FROM Win32_ProcessTrace WHERE ProcessID > 1", wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		synctest.Wait()
		write := func(name, content string) {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(class string, want map[string]string) {
			t.Helper()
			e, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := providertest.Values(e)
			delete(got, "TIME_CREATED")
			if diff := cmp.Diff(want, got); diff != "" || e.ClassName() != class {
				t.Errorf("%s, want %s:\n%s", e.ClassName(), class, diff)
			}
		}
		write("7/status", "Name:\tx\nUid:\t1000\t258\t0\t0\n")
		write("7/sessionid", "3")
		write("7/cmdline", "/opt/fifteen bytes x and more\x00-v")
		write("7/stat", stat("7", "fifteen bytes x", "S", 100))
		user := cim.BytesValue([]byte{1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 2, 1, 0, 0}).String()
		seven := map[string]string{"ProcessID": "7", "ParentProcessID": "1", "ProcessName": "fifteen bytes x and more", "SessionID": "3", "Sid": user}
		expect("Win32_ProcessStartTrace", seven)
		write("7/stat", stat("7", "other", "R", 200))
		expect("Win32_ProcessStopTrace", seven)
		other := map[string]string{"ProcessID": "7", "ParentProcessID": "1", "ProcessName": "other", "SessionID": "3", "Sid": user}
		expect("Win32_ProcessStartTrace", other)
		// Its first thread ends before another one does.
		write("7/task/8/stat", stat("8", "other", "S", 200))
		write("7/stat", strings.Replace(stat("7", "other", "Z", 200), " 20 0 1 ", " 20 0 2 ", 1))
		time.Sleep(3 * time.Second)
		write("7/task/8/stat", stat("8", "other", "X", 200))
		expect("Win32_ProcessStopTrace", other)
	})
}

// stat is the content of a file stat.
func stat(pid, comm, state string, start int) string {
	return fmt.Sprintf("%s (%s) %s 1 7 7 0 -1 4194560 10 0 3 0 250 125 0 0 20 0 1 0 %d 8192 2", pid, comm, state, start)
}

// A system without /proc has no processes to tell of.
func TestNoProc(t *testing.T) {
	svc := open(t, trace.Options{System: &live.System{Proc: t.TempDir() + "/none"}})
	err := trace.New(trace.Options{System: &live.System{Proc: t.TempDir() + "/none"}}).ProvideEvents(t.Context(), &provider.Request{Services: svc}, func(*cim.Instance) error { return nil })
	if cim.StatusOf(err) != wbem.NotAvailable {
		t.Errorf("%v", err)
	}
}
