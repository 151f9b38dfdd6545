package plugin_test

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"openwmi/provider"
	"openwmi/provider/plugin"
)

// listenAs listens as somebody else. Only the thread that does is somebody else.
func listenAs(uid int, socket string) (l net.Listener, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and the thread ends with the goroutine
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); e != 0 {
			err = e
			return
		}
		l, err = net.Listen("unix", socket)
	}()
	<-done
	return l, err
}

// Whoever else has made a socket is not believed unless the configuration says so.
func TestDecoupledPeer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only the superuser can become somebody else")
	}
	dir, err := os.MkdirTemp("", "openwmi")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := listenAs(4711, socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- plugin.ServeAt(ctx, l, &echo{}) }()
	for _, users := range [][]string{nil, {"root", "4712"}, {"4711"}} {
		h, _ := newHost(t, "lamps", plugin.Program{Socket: socket, Users: users})
		v, err := open(t, h, &provider.Environment{Name: "P", Namespace: `root\cimv2`})
		switch {
		case len(users) == 1 && err == nil:
			_ = v.(io.Closer).Close()
		case len(users) == 1:
			t.Errorf("%v: %v", users, err)
		default:
			refuses(t, err, "a process of user 4711 serves there")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
