package cimxml_test

import (
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// What GetText_ returns of a class, in the WMI DTD with PathLevel 1.
func ExampleEncoder() {
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: "Disk", Properties: []cim.PropertyDecl{{Name: "Size", Type: cim.TypeUint64}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	enc := cimxml.Encoder{DTD: cimxml.WMI, ClassOrigin: true}
	text, err := enc.Append(nil, c, cimxml.Named)
	fmt.Println(string(text), err)
	// Output: <VALUE.NAMEDOBJECT><CLASS NAME="Disk"><PROPERTY NAME="Size" TYPE="uint64" CLASSORIGIN="Disk"/></CLASS></VALUE.NAMEDOBJECT> <nil>
}

// The instances of a response are read as they arrive.
func ExampleDecoder() {
	d := cimxml.NewDecoder(strings.NewReader(`<?xml version="1.0"?>
		<IRETURNVALUE>
			<INSTANCE CLASSNAME="Disk"><PROPERTY NAME="Size" TYPE="uint64"><VALUE>5</VALUE></PROPERTY></INSTANCE>
			<INSTANCE CLASSNAME="Disk"><PROPERTY NAME="Size" TYPE="uint64"/></INSTANCE>
		</IRETURNVALUE>`))
	for d.Next() { // IRETURNVALUE
		for d.Next() {
			inst, err := d.Instance()
			if err != nil {
				break
			}
			size, _ := inst.Get("Size")
			fmt.Println(inst.ClassName(), size)
		}
	}
	fmt.Println(d.Err())
	// Output:
	// Disk 5
	// Disk NULL
	// <nil>
}
