package auth

import (
	"errors"
	"net"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"openwmi/cim"
	"openwmi/internal/peer"
	"openwmi/wbem"
)

// Peer returns who is at the other end of a local socket: the user of the
// operating system that made the connection, with the groups that it has there
// (SO_PEERCRED and its like). An account without a name is AccessDenied; so
// nobody can take the part of another one by choosing a number as name. The error
// is NotSupported where the system does not say who it is.
func Peer(conn *net.UnixConn) (*wbem.Identity, error) {
	uid, gid, err := peer.User(conn)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, cim.Errorf(wbem.NotSupported, "%s does not say who is at the other end of a socket", runtime.GOOS)
	}
	if err != nil {
		return nil, err
	}
	number := strconv.FormatUint(uint64(uid), 10)
	u, err := user.LookupId(number)
	if err != nil {
		return nil, cim.Errorf(wbem.AccessDenied, "user %s of the operating system: %v", number, err)
	}
	id := &wbem.Identity{Name: u.Username, Level: 6}
	numbers, err := u.GroupIds()
	if err != nil {
		return nil, cim.Errorf(wbem.AccessDenied, "groups of user %s: %v", u.Username, err)
	}
	if own := strconv.FormatUint(uint64(gid), 10); !slices.Contains(numbers, own) {
		numbers = append(numbers, own)
	}
	for _, n := range numbers {
		if g, err := user.LookupGroupId(n); err == nil {
			id.Groups = append(id.Groups, g.Name)
		}
	}
	return id, nil
}

// processUser is the user of this process.
var processUser = sync.OnceValue(func() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
})
