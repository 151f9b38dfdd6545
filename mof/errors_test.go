package mof_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
)

// TestDiagnostics checks which diagnostics Parse and Check give together, as
// line:column and the name of the status, in the Auto dialect unless it is said
// otherwise. Warnings have a question mark.
func TestDiagnostics(t *testing.T) {
	for _, test := range []struct {
		name, text string
		dialect    mof.Dialect
		want       string
	}{
		// Syntax: each status of mof.md 10.1 that it can give.
		{name: "no qualifier name", text: `[A, ] class X {};`, want: "1:5 ExpectedQualifierName"},
		{name: "no semicolon", text: "class X { string a }\n;", want: "1:20 ExpectedSemi"},
		{name: "no semicolon after a class", text: "class X {}\nclass Y {};", want: "2:1 ExpectedSemi"},
		{name: "no semicolon after an instance", text: "instance of X {}", want: "1:17 ExpectedSemi"},
		{name: "no equals sign", text: "instance of X { a 1; b = 2; };", want: "1:19 ExpectedSemi"},
		{name: "no opening brace", text: "class X : Y string a; };", want: "1:13 ExpectedOpenBrace"},
		{name: "no closing brace", text: "instance of X { a = 1;\ninstance of Y {};", want: "2:1 ExpectedCloseBrace"},
		{name: "illegal element", text: "instance of X { a = {1, }; b = {{1}}; c = {1 2}; d = {x}; };",
			want: "1:25 ExpectedCloseBrace, 1:33 ExpectedCloseBrace, 1:46 ExpectedCloseBrace, 1:55 ExpectedCloseBrace"},
		{name: "no closing bracket", text: "[A class X {};", want: "1:4 ExpectedCloseBracket"},
		{name: "no closing bracket of an array", text: "class X { string a[1; };", want: "1:21 ExpectedCloseBracket"},
		{name: "no closing parenthesis", text: "[A(1] class X {};", want: "1:5 ExpectedCloseParen"},
		{name: "no closing parenthesis of a method", text: "class X { void M([in] string a; };", want: "1:31 ExpectedCloseParen"},
		{name: "no value", text: "instance of X { a = ; b = yes; c = }; };", want: "1:21 IllegalConstantValue, 1:27 IllegalConstantValue, 1:36 IllegalConstantValue, 1:39 UnrecognizedToken"},
		{name: "no type", text: "class X { 1; [Q] = 2; string a; };", want: "1:11 ExpectedTypeIdentifier, 1:18 ExpectedTypeIdentifier"},
		{name: "no opening parenthesis", text: "#pragma include\n", want: "1:9 ExpectedOpenParen"},
		{name: "strange characters", text: "class X { string a; @@ string\x01 b; };\n<<- class Y {};",
			want: "1:21 UnrecognizedToken, 1:30 UnrecognizedToken, 2:1 UnrecognizedToken, 2:3 UnrecognizedToken"},
		{name: "strange productions", text: "string a;\nclass A {};\n}; foo bar { ; } class B {};",
			want: "1:1 UnrecognizedToken, 3:1 UnrecognizedToken, 3:4 UnrecognizedToken"},
		{name: "a comment without end", text: "class A {}; /* *", want: "1:13 UnrecognizedToken"},
		{name: "no property name", text: "class X { string; string 1; string[] a; };",
			want: "1:17 ExpectedPropertyName, 1:26 ExpectedPropertyName, 1:35 ExpectedPropertyName"},
		{name: "mof.md#52: typedef", text: "typedef int x;\nenum e {a}; struct s { int x; }; interface i {};\nenumeration E : string { a };",
			want: "1:1 TypedefNotSupported, 2:1 TypedefNotSupported, 2:13 TypedefNotSupported, 2:34 TypedefNotSupported, 3:1 TypedefNotSupported"},
		{name: "typedef in a class", text: "class X { struct s { string x; }; structure T { string y; }; string z; };",
			want: "1:11 TypedefNotSupported, 1:47 TypedefNotSupported"},
		{name: "no class name", text: "class {}; class 1 {}; class A : {}; instance of {};",
			want: "1:7 ExpectedClassName, 1:17 ExpectedClassName, 1:33 ExpectedClassName, 1:49 ExpectedClassName"},
		{name: "no alias", text: "class A as B {}; instance of A as $ {}; instance of A { b = $; };",
			want: "1:12 ExpectedDollar, 1:35 ExpectedDollar, 1:61 ExpectedAliasName"},
		{name: "no class body", text: "class A; [Q] string B;", want: "1:8 InvalidClassDeclaration, 1:14 InvalidClassDeclaration"},
		{name: "no of", text: "instance A {};", want: "1:10 InvalidInstanceDeclaration"},
		{name: "mof.md#17: no flavor", text: "[q : Foo] class X {}; [q :] class Y {};", want: "1:6 ExpectedFlavorType, 1:27 ExpectedFlavorType"},
		{name: "the end of the class is missing", text: "class A {};\nclass X { string a;", want: "2:20 ExpectedBraceOrBadType"},
		{name: "a class in a class", text: "class X {\n string a;\n[Q]\nclass Y {};", want: "4:1 ExpectedBraceOrBadType"},
		{name: "qualifier declarations", text: `
Qualifier : string, Scope(any);
Qualifier Q string, Scope(any);
Qualifier Q : string;
Qualifier Q : string, Scope;
Qualifier Q : string, Scope();
Qualifier Q : string, Scope(any any);
Qualifier Q : string, Scope(qualifier);
Qualifier Q : string, Scope(any), Flavor;
Qualifier Q : string, Scope(any), Flavor(ToInstance ToSubclass);
Qualifier Q : string, Scope(any), Flavor(Any);
Qualifier Q : Scope(any);
Qualifier Q : foo, Scope(any);
Qualifier Q : ToInstance, ToSubclass;
Qualifier Q : ToInstance`,
			want: "2:11 InvalidQualifierSyntax, 3:13 InvalidQualifierSyntax, 4:21 InvalidQualifierSyntax, 5:28 InvalidQualifierSyntax, " +
				"6:29 InvalidQualifierSyntax, 7:33 InvalidQualifierSyntax, 8:29 InvalidQualifierSyntax, 9:41 InvalidQualifierSyntax, " +
				"10:53 InvalidQualifierSyntax, 11:42 ExpectedFlavorType, 12:15 InvalidQualifierSyntax, 13:15 ExpectedFlavorType, " +
				"14:25 ExpectedSemi, 15:25 ExpectedSemi"},
		{name: "a stray semicolon", text: "class A {};;", want: "1:12 UnrecognizedToken?"},

		// Literals.
		{name: "numbers", text: "instance of X { a = 0778; b = 0x; c = 0b1; d = 12b; e = 1.; f = 1e; g = 123abc; h = 1.2.3; i = 0xG; j = -; };",
			want: "1:21 IllegalConstantValue, 1:31 IllegalConstantValue, 1:39 IllegalConstantValue, 1:48 IllegalConstantValue, 1:57 IllegalConstantValue, " +
				"1:65 IllegalConstantValue, 1:73 IllegalConstantValue, 1:85 IllegalConstantValue, 1:96 IllegalConstantValue, 1:105 UnrecognizedToken, 1:106 IllegalConstantValue"},
		{name: "large numbers", text: "instance of X { a = 18446744073709551616; b = 1e400; c = 0x10000000000000000; d = -18446744073709551615; };",
			want: "1:21 IllegalConstantValue, 1:47 IllegalConstantValue, 1:58 IllegalConstantValue"},
		{name: "characters", text: `instance of X { a = ''; b = 'ab'; c = '😀'; d = '\x1F600'; };`,
			want: "1:21 IllegalConstantValue, 1:29 IllegalConstantValue, 1:39 IllegalConstantValue, 1:48 IllegalConstantValue"},
		{name: "a character without end", text: "instance of X { a = 'a;\nb = 1; };", want: "1:21 IllegalConstantValue"},
		{name: "a string without end", text: "instance of X { a = \"a;\nb = 1; };", want: "1:21 IllegalConstantValue"},
		{name: "a string over the end of its line", text: "instance of X { a = \"a\nb\"; };", want: "1:21 IllegalConstantValue?"},
		{name: "the same, WMI", dialect: mof.WMI, text: "instance of X { a = \"a\n; c = \"d\"; };", want: "1:21 IllegalConstantValue"},
		{name: "unknown escapes", text: `instance of X { a = "\.\x\"; };` + "\n\";};", want: `1:21 IllegalConstantValue?, 1:22 IllegalConstantValue?, 1:24 IllegalConstantValue?`},
		{name: "unknown escapes, DMTF", dialect: mof.DMTF, text: `instance of X { a = "\.\x"; };`, want: "1:22 IllegalConstantValue, 1:24 IllegalConstantValue"},

		// Directives.
		{name: "mof.md#36: unknown pragma, WMI", dialect: mof.WMI, text: "#pragma bogus\nclass A {};", want: "1:9 InvalidPragma"},
		{name: "unknown pragma", text: "#pragma bogus '\"\nclass A {};", want: "1:9 InvalidPragma?"},
		{name: "for the C preprocessor", text: "#define A \"b\n#include <x.h>\n#include \"y.mof\"\n#endif\nclass A {};",
			want: "1:2 InvalidPragma, 2:2 ExpectedOpenParen, 3:2 ExpectedOpenParen, 4:2 InvalidPragma"},
		{name: "pragma without a name", text: "#pragma\nclass A {}; #pragma [x]\n# 1", want: "2:1 InvalidPragma, 2:21 InvalidPragma, 3:3 InvalidPragma"},
		{name: "namespaces", text: `
#pragma namespace
#pragma namespace()
#pragma namespace(root)
#pragma namespace("root", "x")
#pragma namespace("\\\\.\\root" "\\cimv2")
#pragma namespace("//./root/cimv2")
#pragma namespace("\\root")
#pragma namespace("\\\\server\\root")
#pragma namespace("\\\\.\root")
#pragma namespace("http://x/root")
#pragma namespace("")`,
			want: "2:9 InvalidNamespaceSyntax, 3:19 InvalidNamespaceSyntax, 4:1 InvalidNamespaceSyntax, 5:1 InvalidNamespaceSyntax, " +
				"10:1 InvalidNamespaceSyntax, 11:1 InvalidNamespaceSyntax, 12:1 InvalidNamespaceSyntax"},
		{name: "mof.md#35: flags", text: `
#pragma classflags("foo")
#pragma classflags("createonly, SafeUpdate") #pragma classflags("updateonly", "forceupdate") #pragma classflags(64)
#pragma classflags(128)
#pragma classflags(createonly)
#pragma instanceflags("safeupdate")
#pragma instanceflags("createonly")`,
			want: "2:20 InvalidFlagsSyntax, 4:20 InvalidFlagsSyntax, 5:20 InvalidFlagsSyntax, 6:23 InvalidFlagsSyntax"},
		{name: "mof.md#32: deleteclass", text: "#pragma deleteclass(\"None\")\n#pragma deleteclass(\"None\", perhaps)\n#pragma deleteclass(\"None\" FAIL)\n#pragma deleteclass(\"None\", \"fail\")",
			want: "1:1 InvalidDeleteclassSyntax, 2:1 InvalidDeleteclassSyntax, 3:28 InvalidDeleteclassSyntax"},
		{name: "deleteinstance", text: "#pragma deleteinstance(\"A.k=\\\"1\\\"\", nofail)\n#pragma deleteinstance(A, FAIL)", want: "2:1 InvalidDeleteinstanceSyntax"},
		{name: "amendments", text: "#pragma amendment(\"MS_409\")\n#pragma amendment(\"ms_407\")\n#pragma amendment(\"en-US\")\n#pragma amendment(409)",
			want: "2:1 InvalidDuplicateAmendment, 3:1 InvalidAmendmentSyntax, 3:1 InvalidDuplicateAmendment, 4:1 InvalidAmendmentSyntax, 4:1 InvalidDuplicateAmendment"},
		{name: "an include of nothing", text: "#pragma include(\"a\", \"b\") #pragma include(x)", want: "1:1 ErrorInvalidIncludeFile, 1:27 ErrorInvalidIncludeFile"},

		// Qualifiers.
		{name: "mof.md#14: a qualifier twice", text: "[a, b, A] class X { [k, K] string s; void M([in, In] string p); };\n[q, Q] instance of X { [r, r] s = 1; };",
			want: "1:8 DuplicateQualifier, 1:25 DuplicateQualifier, 1:50 DuplicateQualifier, 2:5 DuplicateQualifier, 2:28 DuplicateQualifier"},
		{name: "mof.md#15: both overrides", text: "[q : EnableOverride DisableOverride] class X {};", want: "1:6 IncompatibleFlavorTypes"},
		{name: "mof.md#16: restricted", text: "[q : Restricted ToInstance, r : ToSubclass Restricted] class X {};",
			want: "1:6 IncompatibleFlavorTypes2, 1:33 IncompatibleFlavorTypes2"},
		{name: "to and not to", text: "[q : ToInstance NotToInstance, r : NotToSubclass ToSubclass] class X {};",
			want: "1:6 IncompatibleFlavorTypes, 1:36 IncompatibleFlavorTypes"},
		{name: "flavors of declarations", text: "qualifier q : EnableOverride DisableOverride;\nQualifier r : string, Scope(any), Flavor(Restricted, ToSubclass);",
			want: "1:15 IncompatibleFlavorTypes, 2:42 IncompatibleFlavorTypes2"},
		{name: "mof.md#18: cimtype", text: `class X { [cimtype("x")] string s; };`, want: "1:12 CimtypeQualifier"},
		{name: "values of qualifiers", text: `[a($x), b{1, "x"}, c{NULL}, d{TRUE, 'x'}, ValueMap{0, "1"}, e(NULL), f(1.5, 2)] class X {};`,
			want: `1:4 UnexpectedAlias, 1:14 TypeMismatch, 1:22 NullArrayElem, 1:37 TypeMismatch`},
		{name: "an object in a qualifier", text: "[a(instance of b {})] class X {};", want: "1:4 IllegalConstantValue"},
		{name: "mof.md#45: scope", text: "Qualifier Foo : string = null, Scope(class), Flavor(DisableOverride);\n[Foo(\"x\")] class X { [Foo(\"y\")] string s; };",
			want: "2:23 QualifierUsedOutsideScope"},
		{name: "scopes", text: `
Qualifier A : boolean, Scope(association);
Qualifier R : boolean, Scope(reference);
Qualifier P : boolean, Scope(property);
Qualifier M : boolean, Scope(method);
Qualifier p1 : boolean, Scope(parameter);
[Association, A] class X { [R, P] Y ref a; [R, P] string b; [M, P] void N([in, p1, M] string c); };
[A] class Y {}; [A] class Z : Y {}; [M] instance of Y { [P, M] a = 1; };`,
			want: "7:45 QualifierUsedOutsideScope, 7:65 QualifierUsedOutsideScope, 7:84 QualifierUsedOutsideScope, " +
				"8:2 QualifierUsedOutsideScope, 8:38 QualifierUsedOutsideScope, 8:61 QualifierUsedOutsideScope"},
		{name: "a declaration counts for what follows", text: "[Foo(1)] class X {};\nQualifier Foo : string, Scope(property);\n[Foo(\"x\")] class Y {};",
			want: "3:2 QualifierUsedOutsideScope"},
		{name: "values of typed qualifiers", text: `
Qualifier B : boolean = false, Scope(any);
Qualifier S : string, Scope(any);
Qualifier L : string[], Scope(any);
Qualifier N : uint8, Scope(any);
Qualifier Deprecated : string[], Scope(any);
Qualifier ValueMap : string[], Scope(any);
Qualifier Bad : uint8 = 256, Scope(any);
Qualifier O : object, Scope(any);
[B, S, L, N, Deprecated] class X1 {};
[B(1), S("x"), L{"x"}, N(0xFF), Deprecated(true), ValueMap{1}] class X2 {};
[b("True"), s(1), l(1), n(256)] class X3 {};
[B{TRUE}, S{"x"}, L{1, NULL}, N("1")] class X4 {};`,
			want: "8:25 IllegalConstantValue, 9:15 UnsupportedCimv22DataType, " +
				"12:4 UnsupportedCimv22QualValue, 12:15 UnsupportedCimv22QualValue, 12:21 UnsupportedCimv22QualValue, 12:27 UnsupportedCimv22QualValue, " +
				"13:3 UnsupportedCimv22QualValue, 13:12 UnsupportedCimv22QualValue, 13:21 UnsupportedCimv22QualValue, 13:24 NullArrayElem, 13:33 UnsupportedCimv22QualValue"},
		{name: "undeclared qualifiers, DMTF", dialect: mof.DMTF, text: "[Foo] class X {};", want: "1:2 InvalidQualifierSyntax?"},

		// Properties.
		{name: "mof.md#6: out of range", text: "class X { uint8 a = 256; uint8 b = -1; sint8 c = -128; sint8 d = 128; uint16 e = 0x10000; sint32 f = 0x80000000; uint64 g = -1; };",
			want: "1:21 IllegalConstantValue, 1:36 IllegalConstantValue, 1:66 IllegalConstantValue, 1:82 IllegalConstantValue, 1:102 IllegalConstantValue, 1:125 IllegalConstantValue"},
		{name: "quoted out of range", text: `class X { uint8 a = "256"; uint64 b = "18446744073709551615"; sint64 c = "0x8000000000000000"; uint64 d = "0xFFFFFFFFFFFFFFFFF"; uint32 e = "x"; };`,
			want: "1:21 OutOfRange, 1:74 OutOfRange, 1:107 OutOfRange, 1:141 TypeMismatch"},
		{name: "reals out of range", text: "class X { real32 a = 1e39; real64 b = 1e39; uint8 c = 255.5; uint8 d = 255.4; };",
			want: "1:22 IllegalConstantValue, 1:55 IllegalConstantValue"},
		{name: "types", text: `class X { boolean a = "True"; boolean b = 1; boolean c = 2; boolean d = "yes"; string e = 23; string f = TRUE; uint32 g = TRUE;
datetime h = "x"; datetime i = "20240101000000.000000+000"; datetime j = 1; char16 k = 65; char16 l = "A"; char16 m = 65536; Y ref n = "Y"; Y ref o = 1;
Y p = "Y"; object q = instance of Y {}; string r = instance of Y {}; real32 s = "1"; real32 t = 1; uint8 u = 'A'; uint8 v = '\x100'; Y w = NULL; };`,
			want: "1:58 TypeMismatch, 1:73 TypeMismatch, 1:106 TypeMismatch, 1:123 TypeMismatch, 2:14 TypeMismatch, 2:74 TypeMismatch, 2:103 TypeMismatch, " +
				"2:119 IllegalConstantValue, 2:151 TypeMismatch, 3:7 TypeMismatch, 3:52 TypeMismatch, 3:81 TypeMismatch, 3:125 IllegalConstantValue"},
		{name: "mof.md#11: braces", text: `class X { string a[] = {"x","y"}; string s = {"x"}; string t[] = "x"; };`, want: "1:46 UnexpectedArrayInit"},
		{name: "mof.md#12: NULL in an array", text: "class X { sint32 a[] = {1, NULL}; sint32 b[] = NULL; }; instance of X { a = {NULL}; };", want: "1:28 NullArrayElem, 1:78 NullArrayElem"},
		{name: "mof.md#27: an alias for an object", text: "class X { C E = $A; C ref F = $A; string G = $A; object H[] = {$A}; }; instance of C as $A {};",
			want: "1:17 AliasesInEmbedded, 1:46 UnexpectedAlias, 1:64 AliasesInEmbedded"},
		{name: "an alias of an embedded object", text: "instance of X { a = instance of Y as $Y {}; };", want: "1:39 AliasesInEmbedded"},
		{name: "mof.md#19: a property twice", text: "class X { string s; string S; void s(); void S(); };\ninstance of X { a = 1; A = 2; };",
			want: "1:28 DuplicateProperty, 1:46 DuplicateProperty, 2:24 DuplicateProperty"},
		{name: "in an embedded object too", text: "instance of X { a = {instance of Y { b = 1; B = 2; }}; c = class Z { byte d; }; };",
			want: "1:45 DuplicateProperty, 1:70 UnrecognizedType"},
		{name: "types of other languages", text: "class X { int a; Byte b; void M([in] dword c); BOOL N(); bools d; int e[]; float ref f; };",
			want: "1:11 UnrecognizedType, 1:18 UnrecognizedType, 1:38 UnrecognizedType, 1:48 UnrecognizedType, 1:67 UnrecognizedType, 1:76 UnrecognizedType"},
		{name: "void", text: "class X { void a; void M([in] void b); };", want: "1:11 UnrecognizedType, 1:31 UnrecognizedType"},
		{name: "bounds", text: "class X { string a[-1]; string b[1.5]; string c[4294967296]; string d[0]; };",
			want: "1:20 OutOfRange, 1:34 OutOfRange, 1:49 OutOfRange"},

		// Methods.
		{name: "mof.md#22: neither in nor out, WMI", dialect: mof.WMI, text: "class X { uint32 M(string a); };", want: "1:27 MustBeInOrOut"},
		{name: "mof.md#22: neither in nor out, DMTF", dialect: mof.DMTF, text: "class X { uint32 M(string a); };", want: ""},
		{name: "neither in nor out", text: "class X { uint32 M(string a); };", want: "1:27 MustBeInOrOut?"},
		{name: "neither in nor out, with typed qualifiers", text: "class X { uint32 M(string a); };\nQualifier In : boolean, Scope(parameter);", want: ""},
		{name: "not in", text: "class X { uint32 M([in(false)] string a, [in(false), out] string b, [in(true)] string c); };", want: "1:21 MustBeInOrOut"},
		{name: "mof.md#23: an array returned", text: "class X { uint32[] M(); uint32 N[](); uint32 O(); };", want: "1:17 NoArraysReturned, 1:33 NoArraysReturned"},
		{name: "in and out apart", text: "class X { uint32 M([in] string a, [out] string A); };", want: ""},
		{name: "a parameter twice", text: "class X { void M([in] string a, [in] string a); void N([in] string a, [out] string a[]);\nvoid O([in, id(0)] string a, [out, id(1)] string a); void P([in, out] string a, [out] string a); };",
			want: "1:45 InvalidDuplicateParameter, 1:84 InvalidParameter, 2:36 NonConsecutiveParameterIds, 2:50 InvalidParameter, 2:94 InvalidDuplicateParameter"},
		{name: "ids", text: `class X {
void A([in, id(1)] string a, [in, ID(0)] string b);
void B([in, id(0)] string a, [out, id(0)] string a);
void C([in, id(0)] string a, [in] string b);
void D([in, id(1)] string a, [in, id(2)] string b);
void E([in, id(0)] string a, [in, id(0)] string b);
void F([in, id("0")] string a, [in, id(-1)] string b);
void G([in] string a, [in] string b);
};`,
			want: "4:42 NonConsecutiveParameterIds, 5:35 NonConsecutiveParameterIds, 6:35 NonConsecutiveParameterIds, 7:13 InvalidParameterId, 7:37 InvalidParameterId"},
		{name: "the return value", text: "class X { void M([out] string returnvalue); };", want: "1:31 InvalidMethodParameters"},

		// Aliases.
		{name: "mof.md#26: an alias twice", text: "instance of X as $a {}; class Y as $A {};", want: "1:37 MultipleAliases"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, list := parse(test.text, test.dialect)
			mof.Check(tree, test.dialect, list)
			if diff := cmp.Diff(test.want, diagnostics(list)); diff != "" {
				t.Error(diff)
				list.Render(os.Stderr)
			}
		})
	}
}

func diagnostics(list *source.List) string {
	var out []string
	for _, d := range list.All() {
		p := d.File.Position(d.Pos)
		s := fmt.Sprintf("%d:%d %s", p.Line, p.Column, cim.Status(d.Code).Name())
		if d.Severity == source.Warning {
			s += "?"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}
