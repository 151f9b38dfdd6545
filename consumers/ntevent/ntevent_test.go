package ntevent_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers/internal/consumertest"
	"openwmi/consumers/ntevent"
	"openwmi/internal/access"
	"openwmi/provider"
	"openwmi/wbem"
)

// A socket is where a log of the system gets its messages.
type socket struct {
	*net.UnixConn
	path string
}

func newSocket(t *testing.T) *socket {
	t.Helper()
	// The path of a socket is short, which that of the test need not be.
	dir, err := os.MkdirTemp("", "log")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skip("no such sockets here: ", err)
	}
	t.Cleanup(func() { conn.Close() })
	return &socket{conn, path}
}

// message returns the next message.
func (s *socket) message(t *testing.T) []byte {
	t.Helper()
	if err := s.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<18)
	n, err := s.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// fields decodes a message to the journal.
func fields(t *testing.T, b []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	for len(b) > 0 {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			t.Fatalf("no line end in %q", b)
		}
		if name, value, ok := bytes.Cut(line, []byte("=")); ok {
			out[string(name)] = string(value)
			b = rest
			continue
		}
		n := binary.LittleEndian.Uint64(rest)
		value := rest[8 : 8+n]
		if bytes.Count(value, []byte("\n")) == 0 || rest[8+n] != '\n' {
			t.Fatalf("field %s is %q", line, value)
		}
		out[string(line)] = string(value)
		b = rest[8+n+1:]
	}
	return out
}

// missing is a socket that there is not.
const missing = "/nonexistent/socket"

func logical(t *testing.T, values map[string]cim.Value) *cim.Instance {
	t.Helper()
	all := map[string]cim.Value{"Name": cim.StringValue("log"), "EventID": cim.Uint32Value(7), "SourceName": cim.StringValue("Disks")}
	for name, v := range values {
		all[name] = v
	}
	return consumertest.Instance(t, ntevent.Class, all)
}

func texts(s ...string) cim.Value { return cim.StringsValue(s) }

func TestJournal(t *testing.T) {
	s := newSocket(t)
	c := ntevent.New(ntevent.Options{Journal: s.path, Syslog: missing})
	sid := access.NewSID(22, 1, 1000)
	common := map[string]string{
		"PRIORITY": "3", "SYSLOG_IDENTIFIER": "Disks", "SOURCE": "Disks", "EVENT_ID": "7", "EVENT_TYPE": "1", "CATEGORY": "0",
		"WMI_EVENT_ID": "id", "WMI_EVENT_NAMESPACE": `root\cimv2`, "WMI_EVENT_CLASS": "TestEvent",
		"MESSAGE": "event 7 of Disks",
	}
	for _, tc := range []struct {
		name   string
		values map[string]cim.Value
		event  map[string]cim.Value
		want   map[string]string // besides the common ones, "-" for none
	}{
		{"plain", nil, nil, nil},
		{"strings", map[string]cim.Value{
			"NumberOfInsertionStrings": cim.Uint32Value(2), "InsertionStringTemplates": texts("a %Text%", `"%Text%"`, "c"),
			"EventType": cim.Uint32Value(2), "Category": cim.Uint16Value(9), "SourceName": {},
		}, map[string]cim.Value{"Text": cim.StringValue("b")}, map[string]string{
			"MESSAGE": `a b "%Text%"`, "STRING_1": "a b", "STRING_2": `"%Text%"`, "PRIORITY": "4", "EVENT_TYPE": "2", "CATEGORY": "9",
			"SOURCE": "WinMgmt", "SYSLOG_IDENTIFIER": "WinMgmt",
		}},
		{"more lines", map[string]cim.Value{
			"NumberOfInsertionStrings": cim.Uint32Value(1), "InsertionStringTemplates": texts("%Text%"), "EventType": {},
		}, map[string]cim.Value{"Text": cim.StringValue("a\nPRIORITY=0\n")}, map[string]string{
			"MESSAGE": "a\nPRIORITY=0\n", "STRING_1": "a\nPRIORITY=0\n",
		}},
		{"empty string", map[string]cim.Value{"NumberOfInsertionStrings": cim.Uint32Value(1)}, nil, map[string]string{"STRING_1": ""}},
		{"raw data", map[string]cim.Value{"NameOfRawDataProperty": cim.StringValue("Bytes"), "NameOfUserSIDProperty": cim.StringValue("Text")},
			map[string]cim.Value{"Bytes": cim.BytesValue([]byte{0, '\n', 255}), "Text": cim.StringValue(sid.String())},
			map[string]string{"RAW_DATA": "\x00\n\xFF", "USER_SID": "S-1-22-1-1000"}},
		{"text as raw data", map[string]cim.Value{"NameOfRawDataProperty": cim.StringValue("text"), "NameOfUserSIDProperty": cim.StringValue("Bytes")},
			map[string]cim.Value{"Bytes": cim.BytesValue(sid.Bytes()), "Text": cim.StringValue("x")},
			map[string]string{"RAW_DATA": "x", "USER_SID": "S-1-22-1-1000"}},
		{"no such properties", map[string]cim.Value{"NameOfRawDataProperty": cim.StringValue("X"), "NameOfUserSIDProperty": cim.StringValue("Text")},
			map[string]cim.Value{"Text": cim.StringValue("x")}, nil},
		{"success", map[string]cim.Value{"EventType": cim.Uint32Value(0)}, nil, map[string]string{"EVENT_TYPE": "0", "PRIORITY": "6"}},
		{"information", map[string]cim.Value{"EventType": cim.Uint32Value(4)}, nil, map[string]string{"EVENT_TYPE": "4", "PRIORITY": "6"}},
		{"audit success", map[string]cim.Value{"EventType": cim.Uint32Value(8)}, nil, map[string]string{"EVENT_TYPE": "8", "PRIORITY": "5"}},
		{"audit failure", map[string]cim.Value{"EventType": cim.Uint32Value(16)}, nil, map[string]string{"EVENT_TYPE": "16", "PRIORITY": "5"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			events := []provider.Event{consumertest.Event(t, "id", tc.event)}
			if err := c.Consume(t.Context(), logical(t, tc.values), events); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, m := range []map[string]string{common, tc.want} {
				for name, value := range m {
					want[name] = value
				}
			}
			if diff := cmp.Diff(want, fields(t, s.message(t))); diff != "" {
				t.Errorf("fields differ:\n%s", diff)
			}
		})
	}
}

func TestSyslog(t *testing.T) {
	s := newSocket(t)
	c := ntevent.New(ntevent.Options{Journal: missing, Syslog: s.path})
	consumer := logical(t, map[string]cim.Value{
		"NumberOfInsertionStrings": cim.Uint32Value(1), "InsertionStringTemplates": texts("%Text%"), "EventType": cim.Uint32Value(2),
	})
	long := strings.Repeat("ü", 7<<10)
	if err := c.Consume(t.Context(), consumer, consumertest.Events(t, "a\n<0>b\x00", long)); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`^<28>[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d Disks\[%d\]: 7: a <0>b $`, os.Getpid())
	if got := s.message(t); !regexp.MustCompile(want).Match(got) {
		t.Errorf("line = %q, want %s", got, want)
	}
	if got := s.message(t); len(got) > 8<<10 || !bytes.HasSuffix(got, []byte("ü…")) {
		t.Errorf("a long text has %d bytes, which end in %q", len(got), got[len(got)-10:])
	}
}

// The journal goes first, and what is left is the log of the service.
func TestOrder(t *testing.T) {
	journal, syslog := newSocket(t), newSocket(t)
	var own bytes.Buffer
	c := ntevent.New(ntevent.Options{Journal: journal.path, Syslog: syslog.path, Logger: slog.New(slog.NewJSONHandler(&own, nil))})
	consumer := logical(t, nil)
	write := func() {
		t.Helper()
		if err := c.Consume(t.Context(), consumer, consumertest.Events(t, "x")); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if got := fields(t, journal.message(t)); got["EVENT_ID"] != "7" {
		t.Errorf("journal has %v", got)
	}
	journal.Close()
	write()
	if got := syslog.message(t); !bytes.HasPrefix(got, []byte("<27>")) {
		t.Errorf("system logger has %q", got)
	}
	syslog.Close()
	write()
	var rec map[string]any
	if err := json.Unmarshal(own.Bytes(), &rec); err != nil {
		t.Fatal(err)
	}
	if rec["level"] != "ERROR" || rec["msg"] != "event 7 of Disks" || rec["EVENT_ID"] != "7" || rec["WMI_EVENT_ID"] != "id-0" {
		t.Errorf("log of the service has %v", rec)
	}
}

func TestTooLong(t *testing.T) {
	s := newSocket(t)
	c := ntevent.New(ntevent.Options{Journal: s.path, Syslog: missing})
	consumer := logical(t, map[string]cim.Value{
		"NumberOfInsertionStrings": cim.Uint32Value(1), "InsertionStringTemplates": texts("%Text%"),
	})
	err := c.Consume(t.Context(), consumer, consumertest.Events(t, strings.Repeat("x", 1<<17), "y"))
	if !errors.Is(err, wbem.QuotaViolation) {
		t.Errorf("Consume = %v", err)
	}
	if got := fields(t, s.message(t)); got["MESSAGE"] != "y" {
		t.Errorf("journal has %v", got)
	}
}

func TestValidate(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	c := ntevent.New(ntevent.Options{Journal: missing, Syslog: missing, Logger: slog.New(slog.DiscardHandler)})
	for _, tc := range []struct {
		name   string
		values map[string]cim.Value
		status wbem.Status
		text   string
	}{
		{"good", nil, wbem.OK, ""},
		{"fewer templates", map[string]cim.Value{"NumberOfInsertionStrings": cim.Uint32Value(2)}, wbem.InvalidParameter,
			"NumberOfInsertionStrings is 2, and InsertionStringTemplates has 1"},
		{"no templates", map[string]cim.Value{"NumberOfInsertionStrings": cim.Uint32Value(1), "InsertionStringTemplates": {}}, wbem.InvalidParameter, "has 0"},
		{"many strings", map[string]cim.Value{
			"NumberOfInsertionStrings": cim.Uint32Value(257), "InsertionStringTemplates": texts(make([]string, 257)...),
		}, wbem.InvalidParameter, "up to 256"},
		{"type", map[string]cim.Value{"EventType": cim.Uint32Value(3)}, wbem.InvalidParameter, "EventType is 3"},
		{"colon", map[string]cim.Value{"SourceName": cim.StringValue("a:b")}, wbem.InvalidParameter, "SourceName"},
		{"two lines", map[string]cim.Value{"SourceName": cim.StringValue("a\nb")}, wbem.InvalidParameter, "SourceName"},
		{"this computer", map[string]cim.Value{"UNCServerName": cim.StringValue(`\\` + strings.ToUpper(host))}, wbem.OK, ""},
		{"this computer by a dot", map[string]cim.Value{"UNCServerName": cim.StringValue(`\\.`)}, wbem.OK, ""},
		{"another computer", map[string]cim.Value{"UNCServerName": cim.StringValue(`\\other`)}, wbem.NotSupported, "UNCServerName"},
	} {
		consumer := logical(t, tc.values)
		for what, err := range map[string]error{
			"Validate": c.Validate(consumer),
			"Consume":  c.Consume(t.Context(), consumer, consumertest.Events(t, "x")),
		} {
			if wbem.StatusOf(err) != tc.status || err != nil && !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%s: %s = %v (%v)", tc.name, what, err, wbem.StatusOf(err))
			}
		}
	}
}
