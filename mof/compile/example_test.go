package compile_test

import (
	"context"
	"fmt"
	"log"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// A MOF text is compiled into a namespace, and an alias becomes a path.
func ExampleParseText() {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	program, err := compile.ParseText(ctx, compile.Options{Namespace: `root\cimv2`}, "disk.mof", []byte(`
		class Disk { [key] string Name; };
		[association] class Link { [key] Disk ref From; [key] Disk ref To; };
		instance of Link { From = $A; To = "Disk.Name=\"b\""; };
		instance of Disk as $A { Name = "a"; };
	`))
	if err != nil {
		log.Fatal(err)
	}
	result, err := program.Store(ctx, m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result)
	svc, err := m.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for link, err := range svc.Instances(ctx, "Link", wbem.Options{}) {
		if err != nil {
			log.Fatal(err)
		}
		path, _ := cim.RelPath(link)
		fmt.Println(path)
	}
	// Output:
	// 2 classes created, 2 instances stored
	// Link.From="Disk.Name=\"a\"",To="Disk.Name=\"b\""
}
