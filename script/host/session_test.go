package host_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/host"
)

// TestSessionsAtOnce runs the same programs in several sessions, over one object manager.
func TestSessionsAtOnce(t *testing.T) {
	m := manager(t)
	programs := map[string]*host.Program{}
	for name, text := range map[string]string{
		"a.vbs": `
			Set services = GetObject("winmgmts:")
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			For Each o In services.InstancesOf("Fruit") : n = n + 1 : Next
			services.InstancesOfAsync sink, "Fruit"
			Do Until done : WScript.Sleep 1 : Loop
			WScript.Echo n
			Sub X_OnObjectReady(o, c) : n = n + 1 : End Sub
			Sub X_OnCompleted(h, e, c) : done = True : End Sub`,
		"a.js": `
			var services = GetObject("winmgmts:"), n = 0, done = false;
			var sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_");
			for (var e = new Enumerator(services.InstancesOf("Fruit")); !e.atEnd(); e.moveNext()) n++;
			services.InstancesOfAsync(sink, "Fruit");
			while (!done) WScript.Sleep(1);
			WScript.Echo(n);
			function X_OnObjectReady() { n++; }
			function X_OnCompleted() { done = true; }`,
	} {
		p, err := host.Parse(name, text, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		programs[name] = p
	}
	var all sync.WaitGroup
	for name, p := range programs {
		for range 3 {
			all.Go(func() {
				var out bytes.Buffer
				s, err := host.NewSession(t.Context(), host.Options{Locator: m, Stdout: &out, Stderr: &out, Timeout: time.Minute})
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				if err := s.Run(p); err != nil || out.String() != "4\n" {
					t.Error(name, err, out.String())
				}
			})
		}
	}
	all.Wait()
}

// TestClose closes sessions twice, and after errors; what is used then has ended.
func TestClose(t *testing.T) {
	for _, l := range host.Languages {
		s, err := host.NewSession(t.Context(), host.Options{Locator: manager(t)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.RunText(l, source.NewFile("x", "nothing.at.all()")); err == nil {
			t.Error(l.Name, " runs nonsense")
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := s.RunText(l, source.NewFile("x", "GetObject('winmgmts:')")); err == nil {
			t.Error(l.Name, " runs after Close")
		}
		if s.Context().Err() == nil {
			t.Error("the context has not ended")
		}
	}
}

// TestBare leaves out WScript.
func TestBare(t *testing.T) {
	for name, text := range map[string]string{"a.vbs": "WScript.Echo 1", "a.js": "WScript.Echo(1)"} {
		o := run(t, host.Options{Bare: true}, name, text)
		if o.err == nil || !strings.Contains(fmt.Sprint(o.err), "WScript") {
			t.Error(o.err)
		}
	}
}
