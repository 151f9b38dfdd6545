package main

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

	"openwmi/cim"
	"openwmi/internal/auth/kerberos"
	"openwmi/wbem"
	"openwmi/wire/transport"
)

// logon returns how to log on to the server in a URL as --connect has it, and takes
// what says so out of the URL: the user, and auth among the parameters. Without
// that it is a password, shown to the server where nobody else sees it, and else
// NTLM. After a handshake messages are encrypted by themselves where there is no
// TLS and the protocol, which seals says, can do that.
func logon(ctx context.Context, u *url.URL, seals bool, find passwords) (o transport.Options, err error) {
	auth := strings.ToLower(u.Query().Get("auth"))
	user := u.User
	u.User, u.RawQuery = nil, ""
	seals = seals && u.Scheme == "http"
	if auth == "" && user != nil {
		if auth = "basic"; seals && !thisComputer(u.Hostname()) {
			auth = "ntlm"
		}
	}
	var name, password string
	if user != nil {
		if _, ok := user.Password(); ok {
			return o, cim.Errorf(wbem.InvalidParameter, "a password does not belong on the command line: set OPENWMI_PASSWORD, or be asked for it")
		}
		name = user.Username()
		if password, err = find(ctx, name); err != nil {
			return o, err
		}
	}
	n := &transport.Negotiate{Seal: seals}
	switch auth {
	case "":
		return o, nil
	case "basic":
		o.User, o.Password = name, password
		return o, nil
	case "ntlm", "negotiate":
		n.User, n.Password = name, password
		if domain, rest, ok := strings.Cut(name, `\`); ok {
			n.Domain, n.User = domain, rest
		}
		if auth == "negotiate" {
			n.Kerberos = &kerberos.ClientOptions{}
		}
	case "kerberos":
		n.Kerberos = &kerberos.ClientOptions{User: name, Password: password}
	default:
		return o, cim.Errorf(wbem.InvalidParameter, "%.20q is no way to log on: there are basic, ntlm, kerberos and negotiate", auth)
	}
	if n.User == "" && auth == "ntlm" {
		return o, cim.Errorf(wbem.InvalidParameter, "NTLM needs a user, as in wsman://alice@host")
	}
	o.Negotiate = n
	return o, nil
}

// thisComputer reports whether a host is reached without a network.
func thisComputer(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
