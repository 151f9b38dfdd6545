package peer_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"openwmi/internal/peer"
)

// Both ends are this process here.
func TestUser(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer dialed.Close()
	accepted, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	for end, conn := range map[string]*net.UnixConn{"dialed": dialed, "accepted": accepted} {
		uid, gid, err := peer.User(conn)
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("this system does not say who is at the other end of a socket")
		}
		if err != nil || int(uid) != os.Geteuid() || int(gid) != os.Getegid() {
			t.Errorf("%s: user %d, group %d, %v", end, uid, gid, err)
		}
	}
	accepted.Close()
	if _, _, err := peer.User(accepted); err == nil {
		t.Error("a closed connection has a user")
	}
}
