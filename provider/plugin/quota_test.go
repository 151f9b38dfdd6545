package plugin_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

// newHosts returns a host with several programs of one kind.
func newHosts(t *testing.T, kind string, names ...string) (*plugin.Host, *journal) {
	t.Helper()
	j, c := newJournal(), plugin.Config{}
	for _, name := range names {
		c[name] = self(t, kind)
	}
	h, err := plugin.NewHost(c, slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, j
}

// Providers that are one program are one process if they have the same group, and
// several otherwise (system-classes.md 9.2).
func TestGroups(t *testing.T) {
	t.Parallel()
	h, _ := newHosts(t, "bad", "words")
	c := every(t)
	pid := func(l provider.Locator) string {
		t.Helper()
		v, err := resolve(t, h, l).Open(t.Context(), &provider.Environment{Name: l.Name, Namespace: `root\cimv2`})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = v.(io.Closer).Close() })
		return answered(ask(t.Context(), v, c, "pid"))
	}
	exec := "exec:" + self(t, "bad").Path
	alone := pid(provider.Locator{Name: "words"})
	if got := pid(provider.Locator{Name: "A", CLSID: "go-plugin:Words"}); got != alone {
		t.Error("without groups there are two processes")
	}
	mine := pid(provider.Locator{Name: "A", CLSID: exec, Group: "MINE"})
	if mine == alone {
		t.Error("a group shares a process with others")
	}
	if got := pid(provider.Locator{Name: "B", CLSID: "go-plugin:words", Group: "MINE"}); got != mine {
		t.Error("a group has two processes")
	}
}

// ProcessLimitAllHosts ends idle programs, and refuses more when none is.
func TestProcessLimit(t *testing.T) {
	t.Parallel()
	h, j := newHosts(t, "bad", "a", "b", "c")
	h.Limit(provider.HostQuotas{Processes: 2})
	c := every(t)
	opened := map[string]any{}
	for _, name := range []string{"a", "b", "c"} {
		v, err := resolve(t, h, provider.Locator{Name: name}).Open(t.Context(), &provider.Environment{Name: name})
		if err != nil {
			t.Fatal(err) // an idle one has made room
		}
		defer v.(io.Closer).Close()
		opened[name] = v
	}
	j.wait(t, "another one needs its place", 1)
	done := make(chan error)
	for _, name := range []string{"a", "b"} {
		go func() {
			_, err := ask(t.Context(), opened[name], c, "late-"+name)
			done <- err
		}()
	}
	j.wait(t, `line="I wait"`, 2)
	_, err := ask(t.Context(), opened["c"], c, "pid")
	wants(t, err, wbem.QuotaViolation, "2 programs of providers run already")
	h.Limit(provider.HostQuotas{Processes: 3})
	if _, err := ask(t.Context(), opened["c"], c, "pid"); err != nil {
		t.Error(err) // at once
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		<-done
	}
}

// What the system cannot limit is looked at now and then.
func TestUsage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what a program uses is known on Linux only")
	}
	t.Parallel()
	for _, test := range []struct {
		quotas provider.HostQuotas
		want   string
	}{
		{provider.HostQuotas{Threads: 10000, MemoryTogether: 1 << 40}, ""},
		{provider.HostQuotas{}, ""},
		{provider.HostQuotas{Threads: 1}, "ThreadsPerHost is 1"},
		{provider.HostQuotas{MemoryTogether: 4096}, "MemoryAllHosts is 4096"},
	} {
		t.Run(fmt.Sprint(test.quotas), func(t *testing.T) {
			h, j := newHosts(t, "bad", "a")
			v := mustOpen(t, h)
			h.Limit(test.quotas)
			plugin.Check(h)
			_, err := ask(t.Context(), v, every(t), "pid")
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			j.wait(t, test.want, 1)
			j.wait(t, "provider is gone", 1)
		})
	}
}

// HandlesPerHost and MemoryPerHost are limits of each program that is started.
func TestHandles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("limits are set on Linux only")
	}
	t.Parallel()
	h, _ := newHosts(t, "bad", "a")
	h.Limit(provider.HostQuotas{Handles: 123})
	if got := answered(ask(t.Context(), mustOpen(t, h), every(t), "files")); got != "123 123" {
		t.Errorf("it may open %s files", got)
	}
}

// A property provider can be a program.
func TestRemoteProperty(t *testing.T) {
	t.Parallel()
	h, _ := newHost(t, "echo", self(t, "echo"))
	s := start(t, cimom.Options{Host: h}, `
		#pragma namespace("root\\cimv2")
		instance of __Win32Provider as $P { Name = "P"; CLSID = "go-plugin:echo"; };
		instance of __PropertyProviderRegistration { provider = $P; SupportsGet = TRUE; SupportsPut = TRUE; };
		[DynProps, ClassContext("cc")] class Every { [key] string S; [dynamic, provider("P"), PropertyContext("pc")] string T; };
		[DynProps, InstanceContext("ic")] instance of Every { S = "k"; };`)
	read := func() *cim.Instance {
		t.Helper()
		inst, err := s.GetInstance(t.Context(), cim.MustParsePath(`Every.S="k"`), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return inst
	}
	inst := read()
	if err := inst.Set("T", cim.StringValue("written")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutInstance(t.Context(), inst, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	const want = `T\\HERE\root\cimv2:Every.S="k"ccicpcwritten`
	if v, _ := read().Get("T"); v.Text() != want {
		t.Errorf("%s, want %s", v.Text(), want)
	}
}

// fileLimit returns how many files this process may open.
func fileLimit() string {
	text, _ := os.ReadFile("/proc/self/limits")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			return strings.Join(strings.Fields(rest)[:2], " ")
		}
	}
	return ""
}
