package activescript_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/activescript"
	"openwmi/consumers/internal/consumertest"
	"openwmi/internal/access"
	"openwmi/provider"
	"openwmi/wbem"
)

// runs records what a consumer lets run.
type runs struct {
	mu   sync.Mutex
	list []string
	err  error
}

func (r *runs) run(_ context.Context, s *activescript.Script) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, _ := s.Event.Instance.Get("Text")
	r.list = append(r.list, s.Engine+"|"+s.Name+"|"+string(s.Text)+"|"+text.Text())
	return r.err
}

// logicalConsumer is an instance of the class that an administrator has put.
func logicalConsumer(t *testing.T, values map[string]cim.Value) *cim.Instance {
	t.Helper()
	all := map[string]cim.Value{"Name": cim.StringValue("c"), "CreatorSID": cim.BytesValue(access.Administrators.Bytes())}
	for name, v := range values {
		all[name] = v
	}
	return consumertest.Instance(t, activescript.Class, all)
}

// events.md 10.1: what is run, and what is refused.
func TestConsume(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "a.vbs"), "from a file")
	write(filepath.Join(outside, "b.vbs"), "from elsewhere")
	write(filepath.Join(dir, "long.vbs"), strings.Repeat("x", 1<<20+1))
	if err := os.Symlink(filepath.Join(outside, "b.vbs"), filepath.Join(dir, "link.vbs")); err != nil {
		t.Fatal(err)
	}
	text := cim.StringValue
	for _, test := range []struct {
		name   string
		values map[string]cim.Value
		want   string // what was run for each event, or the status and a part of the error
	}{
		{"text", map[string]cim.Value{"ScriptingEngine": text("VBSCRIPT"), "ScriptText": text("x = 1")}, "VBScript|ActiveScriptEventConsumer c|x = 1|"},
		{"file", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text(dir + "/a.vbs")}, "VBScript|" + dir + "/a.vbs|from a file|"},
		{"both", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptText": text(""), "ScriptFileName": text(dir + "/a.vbs")}, "InvalidParameter one of"},
		{"neither", map[string]cim.Value{"ScriptingEngine": text("VBScript")}, "InvalidParameter one of"},
		{"engine", map[string]cim.Value{"ScriptingEngine": text("JScript"), "ScriptText": text("")}, "AccessDenied activeScript.engines"},
		{"dir", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text(outside + "/b.vbs")}, "AccessDenied activeScript.dirs"},
		{"above", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text(dir + "/../b.vbs")}, "AccessDenied activeScript.dirs"},
		{"link", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text(dir + "/link.vbs")}, "Failed escapes"},
		{"long", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text(dir + "/long.vbs")}, "Failed more than"},
		{"none", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text(dir + "/no.vbs")}, "NotFound no.vbs"},
		{"relative", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptFileName": text("a.vbs")}, "InvalidParameter full path"},
		{"creator", map[string]cim.Value{"ScriptingEngine": text("VBScript"), "ScriptText": text(""), "CreatorSID": cim.BytesValue(access.Everyone.Bytes())}, "AccessDenied administrator"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r runs
			c, err := activescript.New(activescript.Options{Rules: consumers.ActiveScriptRules{Engines: []string{"VBScript"}, Dirs: []string{dir}}, Run: r.run})
			if err != nil {
				t.Fatal(err)
			}
			err = c.Consume(t.Context(), logicalConsumer(t, test.values), consumertest.Events(t, "one", "two"))
			if status, part, ok := strings.Cut(test.want, " "); err != nil && ok {
				if got := wbem.StatusOf(err).Name(); got != status || !strings.Contains(err.Error(), part) || len(r.list) > 0 {
					t.Errorf("%v (%s), and %d scripts ran; want %s", err, got, len(r.list), test.want)
				}
				return
			}
			want := []string{test.want + "one", test.want + "two"}
			if err != nil || strings.Join(r.list, "\n") != strings.Join(want, "\n") {
				t.Errorf("ran %q: %v\nwant %q", r.list, err, want)
			}
		})
	}
}

// Nothing is allowed without a configuration, or without something that runs scripts.
func TestZero(t *testing.T) {
	for _, o := range []activescript.Options{{Run: (&runs{}).run}, {Rules: consumers.ActiveScriptRules{Engines: []string{"VBScript"}}}} {
		c, err := activescript.New(o)
		if err != nil {
			t.Fatal(err)
		}
		consumer := logicalConsumer(t, map[string]cim.Value{"ScriptingEngine": cim.StringValue("VBScript"), "ScriptText": cim.StringValue("")})
		if err := c.Consume(t.Context(), consumer, consumertest.Events(t, "one")); wbem.StatusOf(err) != wbem.AccessDenied {
			t.Error(err)
		}
	}
	if _, err := activescript.New(activescript.Options{Rules: consumers.ActiveScriptRules{Engines: []string{"sh"}}}); err == nil || !strings.Contains(err.Error(), "engines[0]") {
		t.Error(err)
	}
}

// A script that takes too long is ended and fails its event; one that fails does not
// keep the others from the next events; no more run at once than may.
func TestLimits(t *testing.T) {
	consumer := logicalConsumer(t, map[string]cim.Value{
		"ScriptingEngine": cim.StringValue("VBScript"), "ScriptText": cim.StringValue(""), "KillTimeout": cim.Uint32Value(2),
	})
	events := consumertest.Events(t, "slow", "bad", "good")
	synctest.Test(t, func(t *testing.T) {
		running, most, good := 0, 0, 0
		var mu sync.Mutex
		c, err := activescript.New(activescript.Options{
			Rules: consumers.ActiveScriptRules{Engines: []string{"VBScript"}, MaxScripts: 2},
			Run: func(ctx context.Context, s *activescript.Script) error {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				defer func() {
					mu.Lock()
					running--
					mu.Unlock()
				}()
				switch text, _ := s.Event.Instance.Get("Text"); text.Text() {
				case "slow":
					<-ctx.Done()
					return ctx.Err()
				case "bad":
					return errors.New("broken")
				}
				mu.Lock()
				good++
				mu.Unlock()
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				err := c.Consume(t.Context(), consumer, events)
				var u *provider.Undelivered
				if !errors.As(err, &u) || u.Errs[0] == nil || !strings.Contains(u.Errs[0].Error(), "after 2s") || u.Errs[1] == nil || u.Errs[2] != nil {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != 4*time.Second || most != 2 || good != 4 {
			t.Errorf("took %v, at most %d at once, %d good", took, most, good)
		}
	})
}
