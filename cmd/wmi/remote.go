package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/transport"
	"openwmi/wire/wsman"
)

// A protocol is one that --connect takes.
type protocol struct {
	scheme string // of the URL
	http   string // that of the URL behind it
	port   string
	seals  bool // messages can be encrypted by themselves
	client func(url string, c *http.Client) (wbem.Locator, error)
}

// socketScheme is that of URLs which name a local socket.
const socketScheme = "unix"

var protocols = []protocol{
	{"cimxml", "http", "5988", false, cimxmlClient},
	{"cimxmls", "https", "5989", false, cimxmlClient},
	{"wsman", "http", "5985", true, wsmanClient},
	{"wsmans", "https", "5986", true, wsmanClient},
}

func cimxmlClient(url string, c *http.Client) (wbem.Locator, error) {
	return cimxml.NewClient(url, cimxml.ClientOptions{HTTP: c})
}

func wsmanClient(url string, c *http.Client) (wbem.Locator, error) {
	return wsman.NewClient(url, wsman.ClientOptions{HTTP: c})
}

// locator returns what the command line works on: the server of --connect, the
// server that has the store open, or the store.
func (c *cli) locator(ctx context.Context) (wbem.Locator, error) {
	switch {
	case c.remote != nil:
		return c.remote, nil
	case c.server != "":
		l, err := c.connect(ctx)
		if err != nil {
			return nil, err
		}
		c.remote = l
		return l, nil
	case c.manager != nil:
		return c.manager, nil
	}
	socket, err := c.localServer()
	if err != nil {
		return nil, err
	}
	if socket != "" {
		c.remote, err = socketClient(socket)
		return c.remote, err
	}
	return c.open()
}

// socketClient returns the client of the server at a local socket.
func socketClient(path string) (wbem.Locator, error) {
	return cimxmlClient("http://localhost"+server.CIMXMLPath, transport.New(transport.Options{Socket: path}))
}

// localServer returns the socket of the server that has the store open, "" if there
// is none or --connect names another one.
func (c *cli) localServer() (socket string, err error) {
	if c.server != "" {
		return "", nil
	}
	dir, err := c.storeDir()
	if err != nil {
		return "", err
	}
	if socket = server.SocketOf(dir); !answers(socket) {
		return "", nil
	}
	c.dir = dir
	return socket, nil
}

// answers reports whether a server listens at a socket.
func answers(socket string) bool {
	if _, err := os.Stat(socket); err != nil {
		return false
	}
	conn, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// place is locator, and the name of the computer that it is.
func (c *cli) place(ctx context.Context) (l wbem.Locator, server string, err error) {
	if l, err = c.locator(ctx); err != nil {
		return nil, "", err
	}
	if m, ok := l.(*cimom.Manager); ok {
		return l, m.Server(), nil
	}
	svc, err := l.Connect(ctx, "root", wbem.ConnectOptions{})
	if err != nil {
		return nil, "", err
	}
	defer svc.Close()
	return l, svc.Server(), nil
}

// An endpoint is a server and how to reach it.
type endpoint struct {
	URL         string `json:"url"`                   // cimxmls://alice@host
	CA          string `json:"ca,omitempty"`          // a file of certificates
	Fingerprint string `json:"fingerprint,omitempty"` // of its certificate
	ClientCert  string `json:"clientCert,omitempty"`  // a file
}

// passwords finds the password of a user.
type passwords func(ctx context.Context, user string) (string, error)

// connect returns the client of the server that --connect names.
func (c *cli) connect(ctx context.Context) (wbem.Locator, error) {
	return dial(ctx, endpoint{c.server, c.ca, c.fingerprint, c.clientCert}, c.connectPassword)
}

// dial returns the client of a server.
func dial(ctx context.Context, e endpoint, password passwords) (wbem.Locator, error) {
	u, err := url.Parse(e.URL)
	name := e.URL
	if err == nil {
		name = u.Redacted() // logs have it
	}
	wrong := func(format string, args ...any) error {
		return failed("ConnectServer", name, cim.Errorf(wbem.InvalidParameter, format, args...))
	}
	if err == nil && strings.EqualFold(u.Scheme, socketScheme) {
		if u.Host != "" || u.User != nil || u.Path == "" {
			return nil, wrong("a local socket is named by its absolute path, such as unix:///var/lib/openwmi/wmi.sock")
		}
		return socketClient(u.Path)
	}
	if err != nil || u.Host == "" {
		return nil, wrong("a server is named by a URL such as cimxmls://host")
	}
	i := slices.IndexFunc(protocols, func(p protocol) bool { return strings.EqualFold(p.scheme, u.Scheme) })
	if i < 0 {
		return nil, wrong("%s is none of the protocols %s", u.Scheme, strings.Join(append(schemes(), socketScheme), ", "))
	}
	p := protocols[i]
	u.Scheme = p.http
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), p.port)
	}
	o, err := logon(ctx, u, p.seals, password)
	if err != nil {
		return nil, failed("ConnectServer", name, err)
	}
	if e.CA != "" {
		if o.RootCAs, err = readCertificates(e.CA); err != nil {
			return nil, failed("ReadFile", e.CA, err)
		}
	}
	if e.Fingerprint != "" {
		if o.Fingerprint, err = transport.ParseFingerprint(e.Fingerprint); err != nil {
			return nil, failed("ConnectServer", name, err)
		}
	}
	if e.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(e.ClientCert, e.ClientCert)
		if err != nil {
			return nil, failed("ReadFile", e.ClientCert, invalid(e.ClientCert, err))
		}
		o.Certificates = []tls.Certificate{pair}
	}
	return p.client(u.String(), transport.New(o))
}

func schemes() []string {
	var names []string
	for _, p := range protocols {
		names = append(names, p.scheme)
	}
	return names
}

// connectPassword returns the password for --connect.
func (c *cli) connectPassword(ctx context.Context, user string) (string, error) {
	if p, ok := os.LookupEnv("OPENWMI_PASSWORD"); ok {
		return p, nil
	}
	if !c.typing() {
		return "", cim.Errorf(wbem.InvalidParameter, "the password of %s is asked for on a terminal; elsewhere set OPENWMI_PASSWORD", user)
	}
	return c.ask(ctx, "Password of "+user+": ")
}

// readCertificates reads a file of certificates in PEM.
func readCertificates(name string) (*x509.CertPool, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, cim.Errorf(wbem.InvalidParameter, "it has no certificate in PEM")
	}
	return pool, nil
}
