package mof_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"openwmi/cim"
	"openwmi/mof"
)

// Every error of a text is reported, with its place.
func ExampleParseText() {
	text := "class Disk\n{\n\tuint8 Size = 300;\n\tstring s; string S;\n};\n"
	_, err := mof.ParseText("disk.mof", []byte(text), mof.Options{})
	fmt.Println(errors.Is(err, cim.MOFIllegalConstantValue))
	var list interface{ Render(io.Writer) error }
	if errors.As(err, &list) {
		_ = list.Render(os.Stdout)
	}
	// Output:
	// true
	// disk.mof:3:15: 300 does not fit uint8 (0x80044007)
	// 	        uint8 Size = 300;
	// 	                     ^~~
	// disk.mof:4:19: property S is already declared in line 4 (0x8004401B)
	// 	        string s; string S;
	// 	                         ^
}

func ExampleFormat() {
	f, err := mof.ParseText("disk.mof", []byte(`class Disk{[key]string Name;/* bytes */uint64 Size;};`), mof.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(mof.Format(f))
	// Output:
	// class Disk
	// {
	// 	[key] string Name; /* bytes */
	// 	uint64 Size;
	// };
}

func ExampleText() {
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "Disk", Properties: []cim.PropertyDecl{
		{Name: "Size", Type: cim.TypeUint64}, {Name: "Path", Type: cim.TypeString},
	}})
	if err != nil {
		log.Fatal(err)
	}
	inst := cim.NewInstance(class)
	if err := errors.Join(inst.Set("Size", cim.Uint64Value(5)), inst.Set("Path", cim.StringValue(`C:\`))); err != nil {
		log.Fatal(err)
	}
	fmt.Print(mof.Text(inst, mof.TextOptions{}))
	// Output:
	// instance of Disk
	// {
	// 	Path = "C:\\";
	// 	Size = "5";
	// };
}
