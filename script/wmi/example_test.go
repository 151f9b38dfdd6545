package wmi_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"openwmi/cimom"
	"openwmi/internal/source"
	"openwmi/script/automation"
	"openwmi/script/vbscript"
	"openwmi/script/wmi"
)

// The objects of WMI work with an interpreter alone, without a script host.
func Example() {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	services, err := wmi.New(ctx, m).GetObject(`winmgmts:root\cimv2`)
	if err != nil {
		log.Fatal(err)
	}
	in := vbscript.New(vbscript.Options{})
	in.Set("services", vbscript.FromObject(services))
	script, err := vbscript.Parse(source.NewFile("put.vbs", `
		Set c = services.Get
		c.Path_.Class = "Disk"
		c.Properties_.Add("Id", 8).Qualifiers_.Add "key", True
		c.Put_
		Set disk = services.Get("Disk").SpawnInstance_
		disk.Id = "c"
		path = disk.Put_.RelPath`))
	if err == nil {
		err = in.Run(ctx, script)
	}
	disk := in.Global("disk")
	fmt.Println(in.Global("path"), err)
	fmt.Println(automation.ClassOf(disk).Name, strings.Join(automation.Names(disk)[:4], " "))
	// Output:
	// Disk.Id="c" <nil>
	// SWbemObjectEx Id Put_ PutAsync_ Delete_
}

// The events of a sink go where Connect says.
func ExampleRuntime_Connect() {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	r := wmi.New(ctx, m)
	services, err := r.GetObject("winmgmts:root")
	if err != nil {
		log.Fatal(err)
	}
	sink, err := r.Object("WbemScripting.SWbemSink")
	if err != nil {
		log.Fatal(err)
	}
	events := make(chan automation.Event)
	r.Connect(sink, func(e automation.Event) { events <- e })
	_, err = services.Get(ctx, "GetAsync", vbscript.MakeArgs(vbscript.FromObject(sink), vbscript.String("__Namespace")))
	if err != nil {
		log.Fatal(err)
	}
	for e := range events {
		fmt.Println(e.Name, e.Args[0].Type(), e.Stale())
		if e.Name == "OnCompleted" {
			break
		}
	}
	// Output:
	// OnObjectReady Object false
	// OnCompleted Long false
}
