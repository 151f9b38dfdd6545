package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal returns both ends of a terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this computer has no terminals: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skipf("this computer has no terminals: %v", err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// SIGHUP has files read again, unless it says that the terminal has gone.
func TestHangup(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("the test ignores the signal, as with nohup, and so does what it starts")
	}
	for _, inside := range []bool{false, true} {
		dir := t.TempDir()
		cmd := exec.Command("wmi", "--data", filepath.Join(dir, "store"), "serve", "--listen", "127.0.0.1:0", "--tls-auto")
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		end := func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
		if inside {
			master, slave := terminal(t)
			cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 0
			cmd.Stdin = slave
			end = func() {
				slave.Close()
				master.Close()
			}
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		log, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // an address
			t.Fatal(err)
		}
		for range 2 {
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			waitFor(t, log, "credentials were read again")
		}
		end()
		_, _ = io.Copy(io.Discard, log)
		if err := cmd.Wait(); err != nil {
			t.Errorf("in a terminal %v: %v", inside, err)
		}
	}
}

// waitFor reads a log until it has a text.
func waitFor(t *testing.T, log io.Reader, text string) {
	t.Helper()
	var line strings.Builder
	b := make([]byte, 1)
	for !strings.Contains(line.String(), text) {
		if _, err := log.Read(b); err != nil {
			t.Fatalf("%v after %q", err, line.String())
		}
		if line.Write(b); b[0] == '\n' {
			line.Reset()
		}
	}
}
