package jscript_test

import (
	"context"
	"errors"
	"fmt"

	"openwmi/internal/source"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// A script runs with an object of its surroundings.
func Example() {
	script, err := jscript.Parse(source.NewFile("hello.js", `
var greeting = "Hello, " + WScript.Name;
function onEvent(n) { return n * 2; }
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	in := jscript.New(jscript.Options{})
	defer in.Close(ctx)
	in.Set("WScript", vbscript.FromObject(plain{}))
	if err := in.Run(ctx, script); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(in.Global("greeting"))
	v, err := in.Call(ctx, "onEvent", vbscript.Long(21))
	fmt.Println(v, err)
	// Output:
	// Hello, plain
	// 42 <nil>
}

// All syntax errors are found at once.
func ExampleParse() {
	_, err := jscript.Parse(source.NewFile("bad.js", "var a = 1 2;\nvar b = [3 4];\n"))
	var list *source.List
	if errors.As(err, &list) {
		for _, d := range list.All() {
			fmt.Println(d.Error())
		}
	}
	// Output:
	// bad.js:1:11: Expected ';'
	// bad.js:2:12: Expected ']'
}

// The number of an error has the facility of scripts in its upper half.
func ExampleInterp_Run() {
	script, err := jscript.Parse(source.NewFile("error.js", "var o = {};\no.missing();"))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = jscript.New(jscript.Options{}).Run(context.Background(), script)
	var e *vbscript.Error
	if errors.As(err, &e) {
		fmt.Printf("%d %#x %v %s\n", e.Number&0xFFFF, uint32(e.Number), e.Position, e.Description)
	}
	// Output:
	// 438 0x800a01b6 error.js:2:10 Object doesn't support this property or method
}
