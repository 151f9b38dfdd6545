//go:build unix

package commandline_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/commandline"
	"openwmi/consumers/internal/consumertest"
	"openwmi/wbem"
)

// systemChild is what a program does that has to do with processes. One that
// stays tells an address, the last argument, that it is there, and keeps the
// connection until it is gone.
func systemChild(mode string) int {
	address := os.Args[len(os.Args)-1]
	switch mode {
	case "stay":
		return stay(address)
	case "brief":
		if conn, err := net.Dial("tcp", address); err == nil {
			defer conn.Close()
			fmt.Fprintln(conn, os.Getpid())
			time.Sleep(300 * time.Millisecond) // as a program that does something
			return 0
		}
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		return stay(address)
	case "parent":
		// Its child ends at no SIGTERM, and it does.
		x := exec.Command(os.Args[0], address)
		x.Env = append(os.Environ(), modeVariable+"=stubborn")
		if x.Start() != nil {
			return 1
		}
		return stay(address)
	case "limits":
		// The limit begins after the start.
		for {
			b, err := os.ReadFile("/proc/self/limits")
			if err != nil {
				return 1
			}
			for line := range strings.Lines(string(b)) {
				if f := strings.Fields(line); len(f) > 4 && f[1] == "data" && f[3] != "unlimited" {
					fmt.Println(f[3], f[4])
					return 0
				}
			}
			runtime.Gosched()
		}
	case "nice":
		for {
			// What the system call returns is 20 minus the priority.
			if n, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0); err == nil && n == 1 {
				return 0
			}
			runtime.Gosched()
		}
	}
	return 1
}

func stay(address string) int {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 1
	}
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, os.Getpid()); err != nil {
		return 1
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		return 1
	}
	return 0
}

// A station is where programs that stay say so.
type station struct {
	net.Listener
	t *testing.T
}

func newStation(t *testing.T) *station {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &station{l, t}
}

// pid waits for a program and returns its process.
func (s *station) pid() int {
	s.t.Helper()
	conn, err := s.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	var pid int
	if _, err := fmt.Fscanln(conn, &pid); err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// arrival waits for a program; gone waits until it is no more. It is nil if no
// program comes until the deadline, or one that says nothing.
func (s *station) arrival() (gone func()) {
	s.t.Helper()
	conn, err := s.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		conn.Close()
		return nil
	}
	return func() {
		s.t.Helper()
		defer conn.Close()
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			s.t.Fatal(err)
		}
		if _, err := r.ReadByte(); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
			s.t.Fatalf("the program is still there: %v", err)
		}
	}
}

func (s *station) consumer(values map[string]cim.Value) *cim.Instance {
	all := map[string]cim.Value{"ExecutablePath": text(self(s.t)), "CommandLineTemplate": text(self(s.t) + " " + s.Addr().String())}
	for name, v := range values {
		all[name] = v
	}
	return logical(s.t, all)
}

// A timed is a program that is ended when its time is over.
type timed struct {
	mode   string
	values map[string]cim.Value
	grace  time.Duration
	count  int // of processes
	status string
}

func TestTimeLimit(t *testing.T) {
	alone := map[string]cim.Value{"CreateNewProcessGroup": cim.BoolValue(false)}
	own := map[string]cim.Value{"KillTimeout": {}} // the time is that of the consumer
	const long, short = time.Minute, 100 * time.Millisecond
	programs := []timed{
		{"stay", nil, long, 1, "signal: terminated"},
		{"stay", alone, long, 1, "signal: terminated"},
		{"stubborn", nil, short, 1, "signal: killed"},
		{"stubborn", alone, short, 1, "signal: killed"},
		{"parent", nil, long, 2, "signal: terminated"},
		{"stay", own, long, 1, "signal: terminated"},
	}
	// Some may need more time to start.
	for limit := time.Second; len(programs) > 0; limit *= 2 {
		if limit > time.Minute {
			t.Fatalf("not all have started: %v", programs)
		}
		var checks []func() bool
		for _, p := range programs {
			checks = append(checks, p.start(t, limit))
		}
		var late []timed
		for i, check := range checks { // all of them take their time together
			if !check() {
				late = append(late, programs[i])
			}
		}
		programs = late
	}
}

// start starts the program. What it returns waits for its end, and returns false if
// that came before its start.
func (p timed) start(t *testing.T, limit time.Duration) (check func() bool) {
	t.Helper()
	s := newStation(t)
	values := maps.Clone(p.values)
	c, log := newConsumer(t, p.mode, func(o *commandline.Options) {
		o.Grace = p.grace
		if _, own := values["KillTimeout"]; own {
			values["KillTimeout"] = cim.Uint32Value(uint32(limit / time.Second))
		} else {
			o.Rules.TimeLimit = consumers.Duration(limit)
		}
	})
	if err := c.Consume(t.Context(), s.consumer(values), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		t.Helper()
		rec, messages := log.end(t)
		// Those that have started have connected.
		if err := s.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		for range p.count {
			gone := s.arrival()
			if gone == nil {
				return false
			}
			gone()
		}
		if rec["status"] != p.status || !slices.Contains(messages, "program is ended: its time is over") {
			t.Errorf("%s: record = %v after %q", p.mode, rec, messages)
		}
		return true
	}
}

// Close starts no more programs, and leaves those alone that run.
func TestCloseLeavesPrograms(t *testing.T) {
	s := newStation(t)
	c, log := newConsumer(t, "stay", nil)
	c.SetCloseWait(time.Millisecond)
	if err := c.Consume(t.Context(), s.consumer(nil), consumertest.Events(t, "1", "2")); err != nil {
		t.Fatal(err)
	}
	pids := []int{s.pid(), s.pid()}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for range pids {
		if rec := <-log; rec["msg"] != "program is left running: the service stops" {
			t.Errorf("record = %v", rec)
		}
	}
	for _, pid := range pids {
		if group, err := syscall.Getpgid(pid); err != nil || group != pid {
			t.Errorf("process %d is of group %d, %v", pid, group, err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("the program is not there: %v", err)
		}
	}
	for range pids {
		if rec, _ := log.end(t); rec["status"] != "signal: killed" {
			t.Errorf("record = %v", rec)
		}
	}
	if err := c.Consume(t.Context(), s.consumer(nil), consumertest.Events(t, "")); !errors.Is(err, wbem.ShuttingDown) {
		t.Errorf("Consume after Close = %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A program that is about to end does so before Close returns.
func TestCloseWaits(t *testing.T) {
	s := newStation(t)
	c, log := newConsumer(t, "brief", nil)
	c.SetCloseWait(time.Minute)
	if err := c.Consume(t.Context(), s.consumer(nil), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	s.pid()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if rec, messages := log.end(t); rec["status"] != "exit status 0" || rec["level"] != "DEBUG" || len(messages) != 1 {
		t.Errorf("record = %v after %q", rec, messages)
	}
}

// One more program than may run waits, as long as its caller does.
func TestMaxProcesses(t *testing.T) {
	s := newStation(t)
	c, log := newConsumer(t, "stay", func(o *commandline.Options) { o.Rules.MaxProcesses = 1 })
	if err := c.Consume(t.Context(), s.consumer(nil), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	pid := s.pid()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Consume(ctx, s.consumer(nil), consumertest.Events(t, "")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Consume = %v", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	log.end(t)
}

func TestMemoryLimit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system has no limit that can be set for another process")
	}
	c, log := newConsumer(t, "limits", func(o *commandline.Options) { o.Rules.MemoryLimit = 512 << 20 })
	if err := c.Consume(t.Context(), logical(t, map[string]cim.Value{"ExecutablePath": text(self(t))}), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	if rec, _ := log.end(t); rec["output"] != "536870912 536870912\n" {
		t.Errorf("record = %v", rec)
	}
}

func TestPriority(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the test reads priorities as Linux returns them")
	}
	c, log := newConsumer(t, "nice", nil)
	values := map[string]cim.Value{"ExecutablePath": text(self(t)), "Priority": cim.Sint32Value(0x40)}
	if err := c.Consume(t.Context(), logical(t, values), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	if rec, _ := log.end(t); rec["status"] != "exit status 0" {
		t.Errorf("record = %v", rec)
	}
}
