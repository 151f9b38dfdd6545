package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"openwmi/cim"
	"openwmi/wbem"
)

const (
	systemd = "org.freedesktop.systemd1" // the name on the bus, and of interfaces
	manager = systemd + ".Manager"
	root    = dbus.ObjectPath("/org/freedesktop/systemd1")
)

// A bus is a connection to the bus, made when it is first needed and again after
// it was lost.
type bus struct {
	address string
	timeout time.Duration // of each call
	gate    chan struct{} // has room for who looks at conn and closed
	conn    *connection   // nil if there is none
	closed  bool
}

// A connection is one connection to the bus.
type connection struct {
	*dbus.Conn
	jobs       *jobs
	subscribed bool // to the ends of jobs
}

func newBus(address string, timeout time.Duration) *bus {
	return &bus{address: address, timeout: timeout, gate: make(chan struct{}, 1)}
}

func (b *bus) close() error {
	b.gate <- struct{}{}
	defer func() { <-b.gate }()
	b.closed = true
	if b.conn == nil {
		return nil
	}
	return b.conn.Close()
}

// connect returns the connection: NotAvailable. It is told of the ends of jobs if
// that is wanted.
func (b *bus) connect(ctx context.Context, subscribed bool) (*connection, error) {
	select {
	case b.gate <- struct{}{}:
		defer func() { <-b.gate }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if b.closed {
		return nil, wbem.ShuttingDown
	}
	if b.conn == nil || !b.conn.Connected() {
		c, err := b.dial(ctx)
		if err != nil {
			return nil, cim.Errorf(wbem.NotAvailable, "systemd cannot be asked: %v", err)
		}
		b.conn = c
	}
	if subscribed && !b.conn.subscribed {
		err := b.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(systemd), dbus.WithMatchInterface(manager), dbus.WithMatchMember("JobRemoved"))
		if err == nil {
			err = b.conn.Object(systemd, root).CallWithContext(ctx, manager+".Subscribe", 0).Err
		}
		if err != nil && !says(err, systemd+".AlreadySubscribed") {
			return nil, err
		}
		b.conn.subscribed = true
	}
	return b.conn, nil
}

// dial connects to the first of the addresses that answers.
func (b *bus) dial(ctx context.Context) (*connection, error) {
	err := fmt.Errorf("%q is no address of a bus", b.address)
	for address := range strings.SplitSeq(b.address, ";") {
		name, ok := socket(address)
		if !ok {
			continue
		}
		var c *connection
		if c, err = greet(ctx, name, b.timeout); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// socket returns the name of the unix socket in an address. "Server Addresses" in
// the D-Bus specification
func socket(address string) (string, bool) {
	keys, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return "", false
	}
	for pair := range strings.SplitSeq(keys, ",") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := dbus.UnescapeBusAddressValue(value)
		switch {
		case err != nil || name == "":
		case key == "path":
			return name, true
		case key == "abstract":
			return "@" + name, true
		}
	}
	return "", false
}

// greet opens a connection and says who we are.
func greet(ctx context.Context, name string, timeout time.Duration) (*connection, error) {
	var d net.Dialer
	sock, err := d.DialContext(ctx, "unix", name)
	if err != nil {
		return nil, err
	}
	c := &connection{jobs: newJobs()}
	c.Conn, err = dbus.NewConn(newStream(sock, timeout), dbus.WithSignalHandler(c.jobs), dbus.WithIncomingInterceptor(harmless))
	if err != nil {
		sock.Close()
		return nil, err
	}
	// Neither of the two knows of ctx.
	stop := context.AfterFunc(ctx, func() { sock.Close() })
	if err = c.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Geteuid()))}); err == nil {
		err = c.Hello()
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// harmless makes the library pass over whatever we have not asked for: it would
// start a goroutine for every call, and trust the bus to send well-formed signals.
func harmless(m *dbus.Message) {
	switch m.Type {
	case dbus.TypeMethodReply, dbus.TypeError:
		return
	case dbus.TypeSignal:
		if m.Headers[dbus.FieldInterface].Value() == manager {
			return
		}
	}
	m.Type = 0
}

// A silence is that of systemd when it should answer.
type silence struct {
	method  string
	timeout time.Duration
}

func (s silence) Error() string {
	return fmt.Sprintf("systemd has not answered %s for %v", s.method, s.timeout)
}

// call calls a method of an object of systemd. The error is what systemd said, a
// dbus.Error; a silence; that of ctx; or NotAvailable.
func (b *bus) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) ([]any, error) {
	timed, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	var body []any
	c, err := b.connect(timed, false)
	if err == nil {
		call := c.Object(systemd, path).CallWithContext(timed, method, 0, args...)
		body, err = call.Body, call.Err
		if err != nil && timed.Err() == nil && !errors.As(err, new(dbus.Error)) {
			c.Close() // so that the next call makes another one
		}
	}
	return body, b.failure(ctx, timed, method, err)
}

// failure makes an error one of those that call returns.
func (b *bus) failure(ctx, timed context.Context, method string, err error) error {
	switch {
	case err == nil || errors.As(err, new(dbus.Error)):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return silence{method, b.timeout}
	case cim.StatusOf(err) != wbem.Failed:
		return err
	}
	return cim.Errorf(wbem.NotAvailable, "systemd was asked %s: %v", method, err)
}

// says reports whether an error is one of those that systemd or the bus names.
func says(err error, names ...string) bool {
	var e dbus.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, name := range names {
		if e.Name == name {
			return true
		}
	}
	return false
}

const errorNames = "org.freedesktop.DBus.Error."

// status makes an error of call one that callers of the provider see.
func status(err error) error {
	var e dbus.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(silence)):
		return cim.Errorf(wbem.NotAvailable, "%v", err)
	case !errors.As(err, &e):
		return err
	case says(err, errorNames+"AccessDenied", errorNames+"InteractiveAuthorizationRequired", errorNames+"AuthFailed"):
		return cim.Errorf(wbem.AccessDenied, "systemd: %v", e)
	case says(err, errorNames+"ServiceUnknown", errorNames+"NameHasNoOwner", errorNames+"NoReply", errorNames+"Timeout",
		errorNames+"TimedOut", errorNames+"Disconnected") || strings.HasPrefix(e.Name, errorNames+"Spawn."):
		return cim.Errorf(wbem.NotAvailable, "systemd is not on the bus: %v", e)
	}
	return cim.Errorf(wbem.Failed, "systemd: %v", e)
}
