package transport

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// errPlain refuses to show a password to whoever is on the way.
var errPlain = cim.Errorf(wbem.AccessDenied, "a password is sent over TLS only; use the secure scheme of the protocol")
