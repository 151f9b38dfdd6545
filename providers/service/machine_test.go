package service_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	systemd = "org.freedesktop.systemd1"
	unique  = ":1.0" // the name that the bus has given it
)

// A machine stands in for systemd, and for the bus that it is on.
type machine struct {
	mu    sync.Mutex // guards what follows
	units map[string]*unit
	files map[string]string // states by name, of units that are not loaded too
	calls []string          // of methods that change something
	jobs  uint32

	forged bool // somebody else tells of the end of a job before it begins

	// answer, if not nil, may answer a call instead; the error silence is none.
	answer func(member string, args []any) (body []any, err *dbus.Error, handled bool)
}

// A unit has the properties that differ from those of all units.
type unit struct {
	props map[string]any
	fails string // how starting it ends, "" for well
	early bool   // whether a job ends before the call that queues it
}

func (u *unit) prop(name string) any {
	if v, ok := u.props[name]; ok {
		return v
	}
	return map[string]any{
		"LoadState": "loaded", "ActiveState": "inactive", "Description": "", "UnitFileState": "disabled", "FreezerState": "running",
		"Type": "simple", "User": "", "MainPID": uint32(0), "Result": "success", "CanStop": true, "CanFreeze": true,
		"ExecMainStartTimestamp": uint64(0), "ExecMainCode": int32(0), "ExecMainStatus": int32(0), "FailureAction": "none",
		"Requires": []string{}, "RequiredBy": []string{}, "ExecStart": []command{},
	}[name]
}

type command struct {
	Path   string
	Args   []string
	Ignore bool
	Begun  uint64
}

type listed struct {
	Name, Description, Load, Active, Sub, Following string
	Path                                            dbus.ObjectPath
	JobID                                           uint32
	JobType                                         string
	JobPath                                         dbus.ObjectPath
}

func (u *unit) text(name string) string { return u.prop(name).(string) }

func (m *machine) list(id string, u *unit) listed {
	return listed{Name: id, Description: u.text("Description"), Load: u.text("LoadState"), Active: u.text("ActiveState"), Sub: "sub", Path: path(id), JobPath: "/"}
}

// path escapes with the means of the tests: the names in them have nothing else.
func path(id string) dbus.ObjectPath {
	return dbus.ObjectPath("/org/freedesktop/systemd1/unit/" + strings.NewReplacer(".", "_2e", "-", "_2d", "@", "_40").Replace(id))
}

func (m *machine) byPath(p dbus.ObjectPath) (string, *unit) {
	for id, u := range m.units {
		if path(id) == p {
			return id, u
		}
	}
	return "", nil
}

func fail(name string) *dbus.Error {
	return &dbus.Error{Name: name, Body: []any{"the machine says " + name}}
}

var silence = fail("silence")

// handle answers a call. It emits signals itself.
func (m *machine) handle(p dbus.ObjectPath, member string, args []any, emit func(values ...any)) ([]any, *dbus.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answer != nil {
		if body, err, handled := m.answer(member, args); handled {
			return body, err
		}
	}
	name := ""
	switch {
	case len(args) == 0:
	case slices.Contains([]string{"StartUnit", "StopUnit", "FreezeUnit", "ThawUnit"}, member):
		name, _ = args[0].(string)
	case strings.HasSuffix(member, "UnitFiles"):
		name = args[0].([]string)[0]
	}
	u := m.units[name]
	if name != "" {
		m.calls = append(m.calls, member+" "+name)
		if u == nil {
			return nil, fail(systemd + ".NoSuchUnit")
		}
	}
	switch member {
	case "Hello":
		return []any{":1.1"}, nil
	case "AddMatch", "Subscribe":
		return nil, nil
	case "GetNameOwner":
		return []any{unique}, nil
	case "Reload":
		m.calls = append(m.calls, member)
		return nil, nil
	case "GetAll":
		id, u := m.byPath(p)
		if u == nil {
			return []any{map[string]dbus.Variant{"LoadState": dbus.MakeVariant("not-found"), "ActiveState": dbus.MakeVariant("inactive")}}, nil
		}
		props := map[string]dbus.Variant{"Id": dbus.MakeVariant(id)}
		for _, name := range []string{"LoadState", "ActiveState", "Description", "UnitFileState", "FreezerState", "Type", "User", "MainPID", "Result", "CanStop",
			"CanFreeze", "ExecMainStartTimestamp", "ExecMainCode", "ExecMainStatus", "FailureAction", "Requires", "RequiredBy", "ExecStart"} {
			props[name] = dbus.MakeVariant(u.prop(name))
		}
		return []any{props}, nil
	case "Get":
		_, u := m.byPath(p)
		if u == nil {
			return nil, fail("org.freedesktop.DBus.Error.UnknownObject")
		}
		return []any{dbus.MakeVariant(u.prop(args[1].(string)))}, nil
	case "GetUnitByPID":
		for id, u := range m.units {
			if u.prop("MainPID") == args[0] {
				return []any{path(id)}, nil
			}
		}
		return nil, fail(systemd + ".NoUnitForPID")
	case "ListUnitsByPatterns", "ListUnitsByNames":
		list := []listed{}
		for id, u := range m.units {
			if member == "ListUnitsByPatterns" || slices.Contains(args[0].([]string), id) {
				list = append(list, m.list(id, u))
			}
		}
		return []any{list}, nil
	case "ListUnitFilesByPatterns":
		list := []struct{ Path, State string }{}
		for id, state := range m.files {
			list = append(list, struct{ Path, State string }{"/lib/systemd/system/" + id, state})
		}
		return []any{list}, nil
	case "StartUnit", "StopUnit":
		m.jobs++
		job := jobPath(m.jobs)
		result, state := "done", "inactive"
		if member == "StartUnit" {
			state = "active"
			if u.fails != "" {
				result, state = u.fails, "failed"
			}
		}
		if result == "forever" {
			return []any{job}, nil
		}
		u.props["ActiveState"] = state
		if u.early {
			emit(m.jobs, job, name, result)
			return []any{job}, nil
		}
		go emit(m.jobs, job, name, result)
		return []any{job}, nil
	case "FreezeUnit":
		u.props["FreezerState"] = "frozen"
		return nil, nil
	case "ThawUnit":
		u.props["FreezerState"] = "running"
		return nil, nil
	case "EnableUnitFiles":
		can := u.prop("UnitFileState") != "static"
		if can {
			u.props["UnitFileState"] = "enabled"
		}
		return []any{can, []struct{ A, B, C string }{}}, nil
	case "DisableUnitFiles", "UnmaskUnitFiles":
		u.props["UnitFileState"] = "disabled"
		return []any{[]struct{ A, B, C string }{}}, nil
	case "MaskUnitFiles":
		u.props["UnitFileState"] = "masked"
		return []any{[]struct{ A, B, C string }{}}, nil
	}
	return nil, fail("org.freedesktop.DBus.Error.UnknownMethod")
}

// jobPath returns the path of the n-th job.
func jobPath(n uint32) dbus.ObjectPath {
	return dbus.ObjectPath("/org/freedesktop/systemd1/job/" + string(rune('a'+n)))
}

// forge returns what somebody else tells when a unit is started: that the job which
// is about to begin has failed.
func (m *machine) forge(call *dbus.Message) []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return []any{m.jobs + 1, jobPath(m.jobs + 1), call.Body[0], "dependency"}
}

// starts reports whether a message asks for a unit to be started.
func starts(call *dbus.Message) bool { return call.Headers[dbus.FieldMember].Value() == "StartUnit" }

// respond makes the answer to a message; nil for none.
func (m *machine) respond(call *dbus.Message, emit func(values ...any)) *dbus.Message {
	p, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	member, _ := call.Headers[dbus.FieldMember].Value().(string)
	body, err := m.handle(p, member, call.Body, emit)
	reply := &dbus.Message{Type: dbus.TypeMethodReply, Body: body, Headers: map[dbus.HeaderField]dbus.Variant{dbus.FieldReplySerial: dbus.MakeVariant(call.Serial())}}
	switch {
	case err == silence:
		return nil
	case err != nil:
		reply.Type, reply.Body = dbus.TypeError, err.Body
		reply.Headers[dbus.FieldErrorName] = dbus.MakeVariant(err.Name)
	}
	if len(reply.Body) > 0 {
		reply.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(reply.Body...))
	}
	if sender, ok := call.Headers[dbus.FieldSender]; ok {
		reply.Headers[dbus.FieldDestination] = sender
	}
	return reply
}

// jobRemoved is the signal that a job has ended, sent by the owner of a name.
func jobRemoved(sender string, values []any) *dbus.Message {
	return &dbus.Message{Type: dbus.TypeSignal, Body: values, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath:      dbus.MakeVariant(dbus.ObjectPath("/org/freedesktop/systemd1")),
		dbus.FieldInterface: dbus.MakeVariant(systemd + ".Manager"),
		dbus.FieldMember:    dbus.MakeVariant("JobRemoved"),
		dbus.FieldSender:    dbus.MakeVariant(sender),
		dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(values...)),
	}}
}

// A server is a socket that talks like a bus.
type server struct {
	address string
	l       net.Listener

	mu    sync.Mutex // guards conns
	conns []net.Conn
}

// listen serves connections with a function until the test ends.
func listen(t testing.TB, serve func(c net.Conn, in *bufio.Reader)) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus") // that of the test may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	name := filepath.Join(dir, "s")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Skipf("this system has no unix sockets: %v", err)
	}
	s := &server{address: "unix:path=" + dbus.EscapeBusAddressValue(name), l: l}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				if in := bufio.NewReader(c); welcome(c, in) {
					serve(c, in)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.drop()
		wg.Wait()
	})
	return s
}

// drop ends all connections.
func (s *server) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
}

// welcome lets a client in.
func welcome(c io.Writer, in *bufio.Reader) bool {
	if _, err := in.ReadByte(); err != nil {
		return false
	}
	for {
		line, err := in.ReadString('\n')
		switch {
		case err != nil:
			return false
		case line == "AUTH\r\n":
			io.WriteString(c, "REJECTED EXTERNAL\r\n")
		case strings.HasPrefix(line, "AUTH EXTERNAL"):
			io.WriteString(c, "OK 0123456789abcdef0123456789abcdef\r\n")
		case line == "BEGIN\r\n":
			return true
		default:
			io.WriteString(c, "ERROR\r\n")
		}
	}
}

// serve is a bus that has only this machine on it.
func (m *machine) serve(t testing.TB) *server {
	return listen(t, func(c net.Conn, in *bufio.Reader) {
		var mu sync.Mutex
		send := func(msg *dbus.Message) {
			mu.Lock()
			defer mu.Unlock()
			_ = msg.EncodeTo(c, binary.LittleEndian)
		}
		for {
			call, err := dbus.DecodeMessage(in)
			if err != nil {
				return
			}
			if m.forged && starts(call) {
				send(jobRemoved(":1.66", m.forge(call)))
			}
			if reply := m.respond(call, func(values ...any) { send(jobRemoved(unique, values)) }); reply != nil {
				send(reply)
			}
		}
	})
}
