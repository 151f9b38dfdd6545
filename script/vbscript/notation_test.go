package vbscript_test

import (
	"context"
	"testing"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// TestNotation runs calls as the reference pages print them.
func TestNotation(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"Sink = 1 : iFlags = 3\nF( _\n  ByVal Sink, _\n  ByVal 2, _\n  [ ByVal iFlags ], _\n  [ ByVal Context ] _\n)", "1 2 3 Empty"},
		{"x = F(ByVal 1, [ ByVal a ], 3, [byval B])", "1  3 Empty"},
		{"Call F(1, 2, 3, ByVal 4)", "1 2 3 Integer"},
		{"F(1, 2, 3, 4)", "error 1044"},
		{"[ ByVal x ] = 5 : F [ ByVal x ], 0, 0, 0", "5 0 0 Integer"}, // a name, outside of parentheses
		{"F([ByVal a b], 0, 0, ByVal 0)", " 0 0 Integer"},
		{"F(ByVal)", "error 1023"},
	} {
		text := "Dim r : " + test.script + "\nFunction F(a, b, c, d) : r = a & \" \" & b & \" \" & c & \" \" & TypeName(d) : End Function\n"
		script, err := vbscript.Parse(source.NewFile("", text))
		var got string
		if err == nil {
			in := vbscript.New(vbscript.Options{})
			err = in.Run(context.Background(), script)
			got = in.Global("r").String()
		}
		if list, ok := err.(*source.List); ok {
			got = "error " + vbscript.Long(int32(list.All()[0].Code)).String()
		} else if err != nil {
			t.Error(err)
		}
		if got != test.want {
			t.Errorf("%s\n got %q\nwant %q", test.script, got, test.want)
		}
	}
}
