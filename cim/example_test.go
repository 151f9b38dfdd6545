package cim_test

import (
	"fmt"
	"log"

	"openwmi/cim"
)

// A class is derived from what its author wrote and from its superclass; an
// instance shows the defaults of its class until it is told otherwise.
func ExampleDerive() {
	base, err := cim.Derive(nil, &cim.ClassDecl{
		Name: "Disk",
		Properties: []cim.PropertyDecl{
			{Name: "Name", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
			{Name: "Label", Type: cim.TypeString, Default: cim.StringValue("unnamed"), HasDefault: true},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ssd, err := cim.Derive(base, &cim.ClassDecl{
		Name: "Ssd", Super: "Disk",
		Properties: []cim.PropertyDecl{{Name: "Wear", Type: cim.TypeUint8}},
	})
	if err != nil {
		log.Fatal(err)
	}
	inst := cim.NewInstance(ssd)
	fmt.Println(inst.Set("Name", cim.StringValue("nvme0")))
	fmt.Println(inst.Set("Wear", cim.Sint32Value(300)))
	label, _ := inst.Get("Label")
	fmt.Println(inst, label)
	// Output:
	// <nil>
	// property Ssd.Wear: 300 does not fit uint8
	// Ssd.Name="nvme0" unnamed
}

func ExampleParsePath() {
	p, err := cim.ParsePath(`//./root/cimv2:Link.To='b',From="a"`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p)
	_, err = cim.ParsePath(`Link.To=`)
	fmt.Println(err)
	// Output:
	// \\.\root\cimv2:Link.From="a",To="b"
	// object path "Link.To=": a value is expected at character 9
}

func ExampleDatetime_Compare() {
	a, _ := cim.ParseDatetime("20240101010000.000000+060")
	b, _ := cim.ParseDatetime("20240101000000.000000+000")
	fmt.Println(a.Compare(b))
	// Output: 0 true
}
