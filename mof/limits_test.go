package mof_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
)

// TestLimits parses what somebody may write to do harm. Each text must be
// refused, or not, in time and memory of the order of its length.
func TestLimits(t *testing.T) {
	const (
		million = 1_000_000
		many    = 200_000
	)
	embedded := func(n int) string {
		return strings.Repeat("instance of A { x = ", n) + "1" + strings.Repeat("; }", n) + ";"
	}
	for _, test := range []struct {
		name, text string
		want       cim.Status
	}{
		{"objects in objects", embedded(64), 0},
		{"too many objects in objects", embedded(65), cim.InvalidObject},
		{"a million objects in objects", embedded(million), cim.InvalidObject},
		{"a million braces", strings.Repeat("{", million), cim.MOFUnrecognizedToken},
		{"a million closing braces", strings.Repeat("}", million), cim.MOFUnrecognizedToken},
		{"arrays in arrays", "instance of A { x = " + strings.Repeat("{", million), cim.MOFExpectedCloseBrace},
		{"brackets", strings.Repeat("[", million), cim.MOFExpectedQualifierName},
		{"qualifiers in qualifiers", strings.Repeat("[a(", many), cim.MOFIllegalConstantValue},
		{"qualifiers of values of qualifiers", "instance of A { x = " + strings.Repeat("[a{", many), cim.MOFExpectedCloseBrace},
		{"classes in classes", strings.Repeat("class A { ", many), cim.MOFExpectedBraceOrBadType},
		{"classes in classes, line by line", strings.Repeat("class A {\n", many), cim.MOFExpectedBraceOrBadType},
		{"indented classes", strings.Repeat(" ", many) + strings.Repeat("class\n ", many), cim.MOFExpectedOpenBrace},
		{"semicolons", "class A {" + strings.Repeat(";", many), cim.MOFExpectedTypeIdentifier},
		{"a name as long as can be", "class " + strings.Repeat("a", 4096) + " {};", 0},
		{"a name that is too long", "class " + strings.Repeat("a", 4097) + " {};", cim.QuotaViolation},
		{"a long name of long characters", "class " + strings.Repeat("ä", 4096) + " {};", 0},
		{"characters of two units", "class " + strings.Repeat("\U00020000", 2049) + " {};", cim.QuotaViolation},
		{"a long number", "instance of A { x = " + strings.Repeat("1", many) + "; };", cim.MOFIllegalConstantValue},
		{"a long real", "instance of A { x = ." + strings.Repeat("1", many) + "; };", 0},
		{"a long string", `instance of A { x = "` + strings.Repeat("x", many) + `"; };`, 0},
		{"many strings", `instance of A { x = ` + strings.Repeat(`"\x41" `, many) + `; };`, 0},
		{"a string that does not end", `instance of A { x = "` + strings.Repeat("x\n", many), cim.MOFIllegalConstantValue},
		{"many strings that do not end", strings.Repeat("\"\n", many), cim.MOFUnrecognizedToken},
		{"quotes", strings.Repeat(`"`, many+1), cim.MOFUnrecognizedToken},
		{"backslashes", `"` + strings.Repeat(`\`, many), cim.MOFIllegalConstantValue},
		{"comments", strings.Repeat("/**/", many), 0},
		{"lines that end with CR", strings.Repeat("//\r", many), 0},
		{"comments that do not end", strings.Repeat("/*", many), cim.MOFUnrecognizedToken},
		{"strange characters", strings.Repeat("@!", many), cim.MOFUnrecognizedToken},
		{"many qualifiers", "[a" + strings.Repeat(",b", many) + "] class A {};", cim.MOFDuplicateQualifier},
		{"declarations and uses in turn", strings.Repeat("qualifier a : ToInstance; [a] class A {};", many/5), 0},
		{"unknown pragmas", strings.Repeat("#pragma x\n", many/5), 0},
		{"directives in one line", strings.Repeat("#pragma autorecover ", many/5), 0},
		{"tokens", strings.Repeat(";", 9*million), cim.QuotaViolation},
		{"U+0000", "class A\x00 {};", cim.MOFInvalidFile},
		{"what is no UTF-8", "class A\xFF\xC0\xED\xA0\x80 { string \"\xFF\xED\xA0\x80\"; };", cim.MOFUnrecognizedToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, list := parse(test.text, mof.Auto)
			mof.Check(tree, mof.Auto, list)
			var got cim.Status
			for _, d := range list.All() {
				if d.Severity == source.Error {
					got = cim.Status(d.Code)
					break
				}
			}
			if got == 0 {
				checkFormat(t, tree)
			}
			if got != test.want {
				t.Errorf("got %v, want %v", list.Err(), test.want)
			}
			if n := len(list.All()); n > 2*source.MaxErrors {
				t.Errorf("%d diagnostics", n)
			}
		})
	}
}

func TestFullList(t *testing.T) {
	list := source.List{Max: 3}
	text := strings.Repeat("class {};\n", 10)
	tree := mof.Parse(source.NewFile("x.mof", text), mof.Options{}, &list)
	mof.Check(tree, mof.Auto, &list)
	if list.Errors() != 3 || !list.Full() || len(list.All()) != 3 {
		t.Errorf("%d errors", list.Errors())
	}
	// What was read before is there; nothing behind the last error was read.
	if len(tree.Decls) > 3 {
		t.Errorf("%d declarations", len(tree.Decls))
	}
}
