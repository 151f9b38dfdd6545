// Package address is the form in which addresses of servers are compared.
package address

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Of returns HOST:PORT in the form in which addresses are compared: in
// lower case, with the port that is given by default where there is none, and
// with brackets around addresses of IPv6.
func Of(s string, port uint16) (string, error) {
	host, service, err := net.SplitHostPort(s)
	if err != nil {
		host, service = s, strconv.Itoa(int(port))
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			host = s[1 : len(s)-1]
		}
	}
	n, err := strconv.ParseUint(service, 10, 16)
	if err != nil || n == 0 {
		return "", fmt.Errorf("%.100q has no port between 1 and 65535", s)
	}
	host, err = canonicalHost(host)
	if err != nil {
		return "", fmt.Errorf("%.100q: %w", s, err)
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

var errNoHost = errors.New("it is neither the name of a host nor an address")

func canonicalHost(host string) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", errNoHost
		}
		return ip.Unmap().String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "" || len(name) > 253 {
		return "", errNoHost
	}
	for _, c := range []byte(name) {
		if c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return "", errNoHost
		}
	}
	return name, nil
}
