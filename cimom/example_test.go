package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// A class and an instance of it are stored and read back.
func Example() {
	m, err := cimom.OpenMemory(cimom.Options{Server: "HOST"})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	svc, err := m.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	err = svc.PutClass(ctx, &cim.ClassDecl{Name: "Disk", Properties: []cim.PropertyDecl{
		{Name: "Name", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
	}}, wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	class, err := svc.GetClass(ctx, "Disk", wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	disk := cim.NewInstance(class)
	if err := disk.Set("Name", cim.StringValue("sda")); err != nil {
		log.Fatal(err)
	}
	path, err := svc.PutInstance(ctx, disk, wbem.Options{Flags: wbem.CreateOnly})
	fmt.Println(path, err)
	_, err = svc.PutInstance(ctx, disk, wbem.Options{Flags: wbem.CreateOnly})
	fmt.Println(errors.Is(err, wbem.AlreadyExists))
	// Output:
	// \\HOST\root\cimv2:Disk.Name="sda" <nil>
	// true
}
