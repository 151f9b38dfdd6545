//go:build linux

package eventlog_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

// startJournald starts a journald of its own, as for a LogNamespace, and returns the
// directory of its journal and a connection to write to it.
func startJournald(t *testing.T) (dir string, log net.Conn, signal func(syscall.Signal)) {
	t.Helper()
	const program = "/lib/systemd/systemd-journald"
	if _, err := os.Stat(program); err != nil || os.Getuid() != 0 {
		t.Skip("only the superuser of a system that has systemd-journald can start one")
	}
	name := fmt.Sprint("openwmi-test-", os.Getpid())
	run := "/run/systemd/journal." + name
	cmd := exec.CommandContext(t.Context(), program, name)
	if err := cmd.Start(); err != nil {
		t.Skipf("%s: %v", program, err)
	}
	// Its context ends before what is cleaned up, and so it has ended.
	t.Cleanup(func() {
		cmd.Wait()
		os.RemoveAll(run)
		if dir != "" {
			os.RemoveAll(dir)
		}
	})
	for deadline := time.Now().Add(20 * time.Second); log == nil || dir == ""; {
		if log == nil {
			log, _ = net.Dial("unixgram", filepath.Join(run, "socket"))
		}
		for _, root := range []string{"/var/log/journal", "/run/log/journal"} {
			if found, _ := filepath.Glob(filepath.Join(root, "*."+name, "system.journal")); len(found) > 0 {
				dir = filepath.Dir(found[0])
			}
		}
		if time.Now().After(deadline) {
			t.Skip("systemd-journald does not work here")
		}
	}
	t.Cleanup(func() { log.Close() })
	return dir, log, func(s syscall.Signal) { cmd.Process.Signal(s) }
}

// What is sent to journald is an event, also while it begins a new file, and can be
// queried.
func TestJournald(t *testing.T) {
	dir, log, signal := startJournald(t)
	svc := open(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sub, err := svc.Subscribe(ctx, "WQL", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Win32_NTLogEvent" AND TargetInstance.SourceName = "test"`, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	send := func(text string) {
		if _, err := fmt.Fprintf(log, "MESSAGE=%s\nPRIORITY=4\nSYSLOG_IDENTIFIER=test\n", text); err != nil {
			t.Fatal(err)
		}
	}
	next := func(ctx context.Context) map[string]string {
		event, err := sub.Next(ctx)
		if err != nil {
			return nil
		}
		v, _ := event.Get("TargetInstance")
		return providertest.Values(v.Object().(*cim.Instance))
	}
	for i := 0; ; i++ { // until the provider works
		text := fmt.Sprint("settle ", i)
		send(text)
		soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		v := next(soon)
		cancel()
		for v != nil && v["Message"] != text {
			v = next(ctx)
		}
		if v != nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("nothing is raised")
		}
	}
	var want, got []string
	for i := range 60 {
		if i%20 == 10 {
			signal(syscall.SIGUSR2) // begin a new file
		}
		want = append(want, fmt.Sprint("message ", i))
		send(want[i])
	}
	var first, last map[string]string
	for range want {
		last = next(ctx)
		if first == nil {
			first = last
		}
		got = append(got, last["Message"])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
	var queried []string
	for _, inst := range providertest.Query(t, svc, fmt.Sprintf(`SELECT * FROM Win32_NTLogEvent WHERE SourceName = "test" AND Type = "Warning" AND RecordNumber >= %s AND RecordNumber <= %s`, first["RecordNumber"], last["RecordNumber"])) {
		queried = append([]string{providertest.Values(inst)["Message"]}, queried...)
	}
	if diff := cmp.Diff(want, queried); diff != "" {
		t.Errorf("query:\n%s", diff)
	}
	if first["Logfile"] != "Application" || first["Type"] != "Warning" || first["User"] == "" || first["ComputerName"] == "" {
		t.Errorf("the first is %v", first)
	}
}
