package commandline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/commandline"
	"openwmi/consumers/internal/consumertest"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// modeVariable makes this test a program that consumers run.
const modeVariable = "COMMANDLINE_TEST_MODE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVariable); mode != "" {
		// Without what coverage and the race detector do and print at the end.
		syscall.Exit(child(mode))
	}
	os.Exit(m.Run())
}

// child is what a program does that a consumer runs.
func child(mode string) int {
	switch mode {
	case "show":
		dir, _ := os.Getwd()
		b, err := json.Marshal(shown{os.Args, os.Environ(), dir})
		if err != nil {
			return 1
		}
		fmt.Println(string(b))
	case "exit":
		fmt.Fprintln(os.Stderr, "on standard error")
		return 3
	case "chatter":
		for range 1000 {
			fmt.Println(strings.Repeat("x", 99))
		}
	default:
		return systemChild(mode)
	}
	return 0
}

type shown struct {
	Args, Env []string
	Dir       string
}

// records is a handler of logs that passes them on.
type records chan map[string]string

func (r records) Enabled(context.Context, slog.Level) bool { return true }
func (r records) WithGroup(string) slog.Handler            { return r }
func (r records) WithAttrs([]slog.Attr) slog.Handler       { return r }

func (r records) Handle(_ context.Context, rec slog.Record) error {
	m := map[string]string{"msg": rec.Message, "level": rec.Level.String()}
	rec.Attrs(func(a slog.Attr) bool {
		m[a.Key] = a.Value.String()
		return true
	})
	r <- m
	return nil
}

// end returns the record with which a program has ended, and all the messages up
// to it.
func (r records) end(t *testing.T) (rec map[string]string, messages []string) {
	t.Helper()
	for {
		select {
		case rec := <-r:
			messages = append(messages, rec["msg"])
			if rec["msg"] == "program has ended" {
				return rec, messages
			}
		case <-time.After(time.Minute):
			t.Fatalf("no program has ended; there is %q", messages)
		}
	}
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newConsumer returns a consumer that may run this test in a mode.
func newConsumer(t *testing.T, mode string, change func(*commandline.Options)) (*commandline.Consumer, records) {
	t.Helper()
	log := make(records, 100)
	path := self(t)
	o := commandline.Options{
		Rules: consumers.CommandLineRules{
			Programs: []string{path}, Path: []string{filepath.Dir(path)}, Environment: map[string]string{modeVariable: mode, "A": "b"},
		},
		Logger: slog.New(log),
	}
	if change != nil {
		change(&o)
	}
	c, err := commandline.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, log
}

func logical(t *testing.T, values map[string]cim.Value) *cim.Instance {
	t.Helper()
	all := map[string]cim.Value{"Name": cim.StringValue("run")}
	for name, v := range values {
		all[name] = v
	}
	return consumertest.Instance(t, commandline.Class, all)
}

func text(s string) cim.Value { return cim.StringValue(s) }

// show runs a consumer for an event, and returns what its program saw.
func show(t *testing.T, values map[string]cim.Value, event string) shown {
	t.Helper()
	c, log := newConsumer(t, "show", nil)
	if err := c.Consume(t.Context(), logical(t, values), consumertest.Events(t, event)); err != nil {
		t.Fatal(err)
	}
	rec, _ := log.end(t)
	var s shown
	if err := json.Unmarshal([]byte(rec["output"]), &s); err != nil {
		t.Fatalf("%v: %v", rec, err)
	}
	return s
}

func TestArguments(t *testing.T) {
	path := self(t)
	base := filepath.Base(path)
	for _, tc := range []struct {
		name, program, template, event string
		want                           []string
	}{
		// Without the program in the template, its first word takes that
		// place: events.md#24
		{"no program in the template", path, "first second", "", []string{"first", "second"}},
		{"program in the template", path, base + " first", "", []string{base, "first"}},
		{"no ExecutablePath", "", path + " first", "", []string{path, "first"}},
		{"quoted", "", `"` + path + `" first`, "", []string{path, "first"}},
		{"name", "", base + " first", "", []string{base, "first"}},
		{"name in ExecutablePath", base, "x first", "", []string{"x", "first"}},
		{"no template", path, "", "", []string{path}},
		{"event", path, "x %Text% y", "a b", []string{"x", "a", "b", "y"}},
		{"no shell", path, "x $HOME `id` ; %Text% * >f", "$(id) | &", []string{"x", "$HOME", "`id`", ";", "$(id)", "|", "&", "*", ">f"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			values := map[string]cim.Value{}
			if tc.program != "" {
				values["ExecutablePath"] = text(tc.program)
			}
			if tc.template != "" {
				values["CommandLineTemplate"] = text(tc.template)
			}
			if diff := cmp.Diff(tc.want, show(t, values, tc.event).Args); diff != "" {
				t.Errorf("arguments differ:\n%s", diff)
			}
		})
	}
}

// Programs see nothing of the environment of the service.
func TestEnvironment(t *testing.T) {
	t.Setenv("SECRET", "of the service")
	got := show(t, map[string]cim.Value{"ExecutablePath": text(self(t)), "WorkingDirectory": text(filepath.Dir(self(t)))}, "")
	want := []string{
		"PATH=" + filepath.Dir(self(t)), "A=b", modeVariable + "=show",
		"WMI_EVENT_ID=id-0", `WMI_EVENT_NAMESPACE=root\cimv2`, "WMI_EVENT_CLASS=TestEvent",
	}
	isOurs := func(v string) bool {
		return !strings.HasPrefix(strings.ToUpper(v), "SYSTEMROOT=") && !strings.HasPrefix(v, "PWD=")
	}
	if diff := cmp.Diff(want, slices.DeleteFunc(got.Env, func(v string) bool { return !isOurs(v) })); diff != "" {
		t.Errorf("environment differs:\n%s", diff)
	}
	if got.Dir != filepath.Dir(self(t)) {
		t.Errorf("directory = %s", got.Dir)
	}
	if got := show(t, map[string]cim.Value{"ExecutablePath": text(self(t))}, ""); filepath.Dir(got.Dir) != got.Dir {
		t.Errorf("directory by default = %s", got.Dir)
	}
}

func TestRefused(t *testing.T) {
	path := self(t)
	admin, user := cim.BytesValue(access.Administrators.Bytes()), cim.BytesValue(access.NewSID(22, 1, 1000).Bytes())
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tc := range []struct {
		name   string
		values map[string]cim.Value
		status wbem.Status
		text   string
	}{
		{"nothing to run", nil, wbem.InvalidParameter, "ExecutablePath and CommandLineTemplate are NULL"},
		{"empty", map[string]cim.Value{"CommandLineTemplate": text("%Inner%")}, wbem.InvalidParameter, "the command line is empty"},
		{"empty name", map[string]cim.Value{"CommandLineTemplate": text(`""`)}, wbem.InvalidParameter, "neither a full path nor only a name"},
		{"not listed", map[string]cim.Value{"ExecutablePath": text("/bin/sh")}, wbem.AccessDenied,
			`commandLine.programs in consumers.json, the configuration of consumers, would need the entry "/bin/sh"`},
		{"not listed, by dots", map[string]cim.Value{"ExecutablePath": text(filepath.Dir(path) + "/../sh")}, wbem.AccessDenied, "/sh\""},
		{"relative", map[string]cim.Value{"ExecutablePath": text("bin/sh")}, wbem.InvalidParameter, "neither a full path nor only a name"},
		{"not in the path", map[string]cim.Value{"CommandLineTemplate": text("sh -c x")}, wbem.NotFound, `"sh" is not in ` + filepath.Dir(path)},
		{"from an event", map[string]cim.Value{"CommandLineTemplate": text("%Text% x")}, wbem.AccessDenied, `entry "/from/event"`},
		{"missing", map[string]cim.Value{"ExecutablePath": text(missing)}, wbem.NotFound, "did not start"},
		{"no program", map[string]cim.Value{"ExecutablePath": text(filepath.Dir(missing))}, wbem.AccessDenied, "did not start"},
		{"missing directory", map[string]cim.Value{"ExecutablePath": text(path), "WorkingDirectory": text(missing)}, wbem.NotFound, "did not start"},
		{"relative directory", map[string]cim.Value{"ExecutablePath": text(path), "WorkingDirectory": text("tmp")}, wbem.InvalidParameter, "WorkingDirectory"},
		{"priority", map[string]cim.Value{"ExecutablePath": text(path), "Priority": cim.Sint32Value(7)}, wbem.InvalidParameter, "Priority is 0x7"},
		{"real time", map[string]cim.Value{"ExecutablePath": text(path), "Priority": cim.Sint32Value(0x100)}, wbem.AccessDenied, "commandLine.realtime"},
		{"ordinary creator", map[string]cim.Value{"ExecutablePath": text(path), "CreatorSID": user}, wbem.AccessDenied, "was put by S-1-22-1-1000"},
		{"no creator", map[string]cim.Value{"ExecutablePath": text(path), "CreatorSID": {}}, wbem.AccessDenied, "CreatorSID"},
		{"administrator", map[string]cim.Value{"ExecutablePath": text(path), "CreatorSID": admin}, wbem.OK, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := newConsumer(t, "show", func(o *commandline.Options) {
				o.Rules.Programs = append(o.Rules.Programs, missing, filepath.Dir(missing))
			})
			err := c.Consume(t.Context(), logical(t, tc.values), consumertest.Events(t, "/from/event"))
			if wbem.StatusOf(err) != tc.status || err != nil && !strings.Contains(err.Error(), tc.text) {
				t.Errorf("Consume = %v (%v)", err, wbem.StatusOf(err))
			}
		})
	}
}

func TestNoRules(t *testing.T) {
	c, err := commandline.New(commandline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Consume(t.Context(), logical(t, map[string]cim.Value{"ExecutablePath": text(self(t))}), consumertest.Events(t, ""))
	if !errors.Is(err, wbem.AccessDenied) {
		t.Errorf("Consume = %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := commandline.New(commandline.Options{Rules: consumers.CommandLineRules{Programs: []string{"sh"}}}); err == nil {
		t.Errorf("New = %v", c)
	}
}

// How a program ends is not the failure of an event, but is logged.
func TestExit(t *testing.T) {
	c, log := newConsumer(t, "exit", nil)
	if err := c.Consume(t.Context(), logical(t, map[string]cim.Value{"ExecutablePath": text(self(t))}), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	rec, _ := log.end(t)
	if rec["status"] != "exit status 3" || rec["output"] != "on standard error\n" {
		t.Errorf("record = %v", rec)
	}
}

func TestOutput(t *testing.T) {
	c, log := newConsumer(t, "chatter", nil)
	if err := c.Consume(t.Context(), logical(t, map[string]cim.Value{"ExecutablePath": text(self(t))}), consumertest.Events(t, "")); err != nil {
		t.Fatal(err)
	}
	rec, _ := log.end(t)
	if len(rec["output"]) != 8<<10 || rec["outputBytes"] != "100000" || rec["status"] != "exit status 0" {
		t.Errorf("%d bytes of output of %s, %s", len(rec["output"]), rec["outputBytes"], rec["status"])
	}
}
