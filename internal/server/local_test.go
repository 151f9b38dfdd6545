//go:build linux

package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"openwmi/cimom"
	"openwmi/internal/server"
	"openwmi/wire/transport"
)

// TestLocal has the owner of the store ask at the local socket, and nobody else.
func TestLocal(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	socket := s.Addresses()[0].Address
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	c := transport.New(transport.Options{Socket: socket})
	defer c.CloseIdleConnections()
	r, err := c.Get("http://localhost/local/hello")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("the owner gets %s", r.Status)
	}
	if r, err := http.Get("http://" + s.address() + "/local/hello"); err != nil || r.StatusCode != http.StatusNotFound {
		t.Errorf("over a network: %v, %v", r, err)
	} else {
		r.Body.Close()
	}

	// A panic ends the connection, and is in the log.
	if _, err := c.Get("http://localhost/local/panic"); err == nil {
		t.Error("a panic is answered")
	}
	if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "it is broken") {
		t.Errorf("the log has\n%s", log)
	}
}

// TestLocalOfOthers has another user of the computer come through the socket, as
// can happen before its mode is set.
func TestLocalOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only the superuser can become somebody else")
	}
	s := start(t, server.Config{}, cimom.Options{})
	socket := s.Addresses()[0].Address
	for name := socket; name != os.TempDir() && name != "/"; name = name[:strings.LastIndexByte(name, '/')] {
		if err := os.Chmod(name, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	type answer struct {
		status int
		err    error
	}
	got := make(chan answer)
	go func() {
		// The thread ends with this goroutine: it is not unlocked.
		runtime.LockOSThread()
		const nobody, same = 65534, ^uintptr(0)
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, same, nobody, same); e != 0 {
			got <- answer{0, e}
			return
		}
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err == nil {
			err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket})
		}
		if err != nil {
			got <- answer{0, err}
			return
		}
		f := os.NewFile(uintptr(fd), "socket")
		defer f.Close()
		c, err := net.FileConn(f)
		if err != nil {
			got <- answer{0, err}
			return
		}
		defer c.Close()
		fmt.Fprint(c, "GET /local/hello HTTP/1.1\r\nHost: x\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			got <- answer{0, err}
			return
		}
		got <- answer{r.StatusCode, nil}
	}()
	if a := <-got; a.err != nil || a.status != http.StatusNotFound {
		t.Errorf("somebody else gets %d, %v", a.status, a.err)
	}
}
