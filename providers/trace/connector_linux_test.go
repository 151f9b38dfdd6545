package trace

import (
	"errors"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"openwmi/providers/internal/netlink"
)

// What is not read in time is lost, and that is known.
func TestLost(t *testing.T) {
	k, err := connect(t.Context())
	if err != nil {
		t.Skipf("the kernel does not tell of processes: %v", err)
	}
	defer k.close()
	if err := unix.SetsockoptInt(k.conn.File(), unix.SOL_SOCKET, unix.SO_RCVBUF, 1); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		exec.Command("true").Run()
	}
	for range 100 {
		b, err := k.conn.Receive()
		if errors.Is(err, netlink.ErrOverflow) {
			return
		}
		if err != nil || b == nil {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
	}
	t.Error("nothing was lost")
}
