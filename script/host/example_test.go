package host_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"openwmi/cimom"
	"openwmi/internal/source"
	"openwmi/script/host"
	"openwmi/script/sandbox"
)

// A script runs against an object manager, and may read one directory.
func Example() {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p, err := host.Parse("namespaces.vbs", `
		For Each ns In GetObject("winmgmts:root").InstancesOf("__Namespace")
			If LCase(ns.Name) = "cimv2" Then WScript.Echo "There is " & ns.Name
		Next
		WScript.Quit WScript.Arguments.Count`, nil, "")
	if err != nil {
		host.Report(os.Stdout, "namespaces.vbs", err)
		return
	}
	s, err := host.NewSession(context.Background(), host.Options{
		Locator: m, Policy: sandbox.Policy{Read: []string{os.TempDir()}},
		Stdout: os.Stdout, Stderr: os.Stderr,
		File: "namespaces.vbs", Args: []string{"one", "two"},
		Timeout: time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(p); err != nil {
		host.Report(os.Stdout, p.Name, err)
	}
	fmt.Println(s.Code())
	// Output:
	// There is cimv2
	// 2 true
}

// The events of a sink come while the script sleeps.
func Example_events() {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p, err := host.Parse("class.js", `
		var services = GetObject("winmgmts:root\\cimv2"), done = false;
		var sink = WScript.CreateObject("WbemScripting.SWbemSink", "SINK_");
		var c = services.Get();
		c.Path_.Class = "Disk";
		c.Properties_.Add("Id", 8).Qualifiers_.Add("key", true);
		c.PutAsync_(sink);
		while (!done) WScript.Sleep(10);

		function SINK_OnObjectPut(path) { WScript.Echo("stored " + path.RelPath); }
		function SINK_OnCompleted(result) { WScript.Echo("result " + result); done = true; }
	`, nil, "")
	if err != nil {
		host.Report(os.Stdout, "class.js", err)
		return
	}
	s, err := host.NewSession(context.Background(), host.Options{Locator: m, Stdout: os.Stdout, File: p.Name})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(p); err != nil {
		host.Report(os.Stdout, p.Name, err)
	}
	// Output:
	// stored Disk
	// result 0
}

// What is wrong with a script is told with its place, as cscript does.
func ExampleReport() {
	_, err := host.Parse("wrong.vbs", "x = 1\ny = (x\n", nil, "")
	host.Report(os.Stdout, "wrong.vbs", err)

	p, err := host.Parse("failing.vbs", "x = 1\ny = x / 0\n", nil, "")
	if err != nil {
		log.Fatal(err)
	}
	s, err := host.NewSession(context.Background(), host.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	host.Report(os.Stdout, "failing.vbs", s.Run(p))
	// Output:
	// wrong.vbs:2:7: Expected ')' (0x800A03EE)
	// 	y = (x
	// 	      ^
	// failing.vbs(2, 1) Microsoft VBScript runtime error: Division by zero
}

// An Engine runs one text after the other, as a prompt does.
func ExampleSession_Engine() {
	s, err := host.NewSession(context.Background(), host.Options{Stdout: os.Stdout})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	e := s.Engine(host.VBScript)
	for _, line := range []string{"x = 6", "WScript.Echo x * 7"} {
		if err := e.Run(s.Context(), source.NewFile("prompt", line)); err != nil {
			log.Fatal(err)
		}
	}
	v, err := e.Eval(s.Context(), "x & x")
	fmt.Println(v, err, e.Incomplete("If x Then"))
	// Output:
	// 42
	// 66 <nil> true
}
