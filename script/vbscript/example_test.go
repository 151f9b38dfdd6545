package vbscript_test

import (
	"context"
	"fmt"
	"strings"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

func Example() {
	script, err := vbscript.Parse(source.NewFile("greet.vbs", `
Function Greet(name)
  Greet = "Hello, " & UCase(Left(name, 1)) & Mid(name, 2)
End Function`))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	in := vbscript.New(vbscript.Options{Steps: 1e6})
	if err := in.Run(ctx, script); err != nil {
		fmt.Println(err)
		return
	}
	v, err := in.Call(ctx, "greet", vbscript.String("world"))
	fmt.Println(v, err)
	// Output: Hello, World <nil>
}

func ExampleParse() {
	_, err := vbscript.Parse(source.NewFile("bad.vbs", "x = \ny = )\n"))
	fmt.Println(strings.TrimSpace(err.Error()))
	// Output: bad.vbs:1:5: Expected expression (and 1 more)
}
