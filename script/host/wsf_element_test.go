package host_test

import (
	"path/filepath"
	"strings"
	"testing"

	"openwmi/script/host"
)

// TestElements reads the elements of .wsf files beside scripts.
func TestElements(t *testing.T) {
	const show = `<script language="VBScript">WScript.Arguments.ShowUsage</script>`
	for _, test := range []struct{ name, text, want string }{
		{"constants of WMI", `<job><reference object="WbemScripting.SWbemLocator" version="1.2"/><script language="VBScript">WScript.Echo wbemFlagReturnImmediately Or wbemFlagForwardOnly, wbemErrNotFound, wbemCimtypeSint32</script>
			<script>WScript.Echo(wbemChangeFlagCreateOnly, wbemErrNotFound, wbemImpersonationLevelImpersonate)</script></job>`, "48 -2147217406 3\n2 -2147217406 3\n"},
		{"constants of files", `<job><reference object="Scripting.FileSystemObject"/><script language="VBScript">WScript.Echo ForReading, ForAppending, TristateUseDefault, TextCompare, TemporaryFolder</script></job>`, "1 8 -2 1 2\n"},
		{"constants of the shell", `<job><reference object="WScript.Shell.1"/><script>WScript.Echo(WshHide, WshFinished, ForWriting)</script></job>`, "0 1 2\n"},
		{"a library by its GUID", `<job><reference guid="{420B2830-E718-11CF-893D-00A0C9054228}" version="1.0"/><script>WScript.Echo(ForWriting)</script></job>`, "2\n"},
		{"a script that declares them too", `<job><reference object="Scripting.Dictionary"/><script language="VBScript">Option Explicit : Const TextCompare = 7 : WScript.Echo TextCompare, BinaryCompare</script></job>`, "7 0\n"},
		{"constants cannot be changed", `<job><reference object="Scripting.Dictionary"/><script language="VBScript">On Error Resume Next : TextCompare = 7 : WScript.Echo Err.Number</script></job>`, "501\n"},
		{"no reference", `<job><script language="VBScript">WScript.Echo "[" & ForReading & "]"</script></job>`, "[]\n"},
		{"an unknown library", "<job>\n<reference object=\"Excel.Application\"/></job>", `FILE:2: there is no type library of "Excel.Application"`},
		{"an unknown GUID", `<job><reference guid="{0}"/></job>`, `FILE:1: there is no type library of "{0}"`},
		{"a reference to nothing", `<job><reference/></job>`, "needs object or guid"},

		{"an object by its class identifier", `<job><object id="d" classid="clsid:{EE09B103-97E0-11CF-978F-00A02463E06F}"/><script>d.Add("k", 1); WScript.Echo(d.Count)</script></job>`, "1\n"},
		{"an unknown class identifier", `<job><object id="d" classid="clsid:0"/></job>`, `no class has the identifier "clsid:0"`},
		{"an object without class", "<job>\n\n<object id=\"d\"/></job>", "FILE:3: an element <object> needs id, and progid or classid"},
		{"an object without name", `<job><object id="a b" progid="Scripting.Dictionary"/></job>`, `the id "a b" of an object is no name`},
		{"two objects", `<job><object id="d" progid="Scripting.Dictionary"/><object id="D" progid="Scripting.Dictionary"/></job>`, `there are two objects "D"`},
		{"an object with events that has none", `<job><object id="d" progid="Scripting.Dictionary" events="true"/><script>1</script></job>`, "has no events"},

		{"a resource without id", `<job><resource>x</resource></job>`, "needs id"},
		{"two resources", `<job><resource id="a">x</resource><resource id="a">y</resource></job>`, `there are two resources "a"`},
		{"a resource without end", "<job>\n<resource id=\"a\">x</job>", "FILE:2: an element <resource> has no end"},
		{"an empty resource", `<job><resource id="a"/><script language="VBScript">WScript.Echo "[" & getResource("a") & "]"</script></job>`, "[]\n"},
		{"tags in a resource", `<job><resource id="a">x <b>y</b></resource><script language="VBScript">WScript.Echo getResource("a")</script></job>`, "x y\n"},

		{"directives", `<?xml version="1.0"?><package><?component error="true"?><job id="a"><?job error="true" debug="false"?><script>WScript.Echo(1 &lt; 2)</script></job></package>`, "-1\n"},
		{"a comment", `<package><comment><job><script>WScript.Echo(0)</script></job></comment><job><comment><script>WScript.Echo(1)</script></comment><script>WScript.Echo(2)</script></job></package>`, "2\n"},
		{"a comment without end", `<package><comment><job/></package>`, "FILE:1: an element <comment> has no end"},
		{"tags in the script of another job", `<package><job id="a"><script>WScript.Echo("a")</script></job><job id="b"><script>"</job><job id='c'>"</script></job></package>`, "a\n"},

		{"usage", `<job><runtime><description>Reboots a computer.</description>
			<named name="server" helpstring="the computer" type="string" required="true"/><named name="v" helpstring="say more" type="simple" required="false"/>
			<named name="force" helpstring="at once" type="boolean"/><unnamed name="file" helpstring="a file" many="true" required="1"/>
			<example>Example: reboot /server:a</example></runtime>` + show + `</job>`,
			"Reboots a computer.\nUsage: job.wsf /server:value [/v] [/force[+|-]] file1 [file2...]\n\nOptions:\n\nserver : the computer\nv      : say more\nforce  : at once\nfile   : a file\n\nExample: reboot /server:a\n"},
		{"unnamed arguments", `<job><runtime><unnamed name="a" required="2"/><unnamed name="b"/><unnamed name="c" required="true" helpstring="x"/></runtime>` + show + `</job>`,
			"Usage: job.wsf a1 a2 [b] c\n\nOptions:\n\na : \nb : \nc : x\n"},
		{"a usage of its own", `<job><runtime><description>x</description><usage>  Call somebody. </usage></runtime>` + show + `</job>`, "Call somebody.\n"},
		{"no runtime", `<job>` + show + `</job>`, "Usage: job.wsf\n"},
		{"required that is no number", `<job><runtime><named name="a" required="often"/></runtime></job>`, `required="often" is neither`},
		{"required very often", `<job><runtime><unnamed name="a" required="1000000000"/></runtime>` + show + `</job>`, "a19 a20\n\nOptions"},
		{"an argument without name", `<job><runtime><named helpstring="x"/></runtime></job>`, "an element <named> needs name"},
		{"many elements", `<job><runtime>` + strings.Repeat(`<named name="a"/>`, 1001) + `</runtime></job>`, "more than 1000 elements"},
		{"an unknown language", "<job>\n<script language=\"Perl\">x</script></job>", "FILE:2: there is no script engine"},
		{"a script that is not there", "<job>\n<script src=\"nothing.js\"/></job>", "FILE:2: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "job.wsf")
			got := strings.ReplaceAll(runJob(t, file, test.text), file, "FILE")
			if !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestChoice chooses one of several jobs.
func TestChoice(t *testing.T) {
	const text = `<package><job id="One"><script>WScript.Echo(1)</script></job><job><script>WScript.Echo(0)</script></job>
		<job id="two"><script>WScript.Echo(2)</script></job><job id="twice"/><job id="TWICE"/></package>`
	for job, want := range map[string]string{"": "1\n", "one": "1\n", "TWO": "2\n", "three": `no job "three"`, "twice": `several jobs "twice"`} {
		got := ""
		if p, err := host.Parse("job.wsf", text, nil, job); err != nil {
			got = err.Error()
		} else {
			got = runProgram(t, host.Options{}, p).out
		}
		if !strings.Contains(got, want) {
			t.Errorf("job %q: got %q, want %q", job, got, want)
		}
	}
}

// TestHelp shows the usage of a script that is asked for it.
func TestHelp(t *testing.T) {
	for text, want := range map[string]string{
		`<job><runtime><description>What it does.</description></runtime><script>WScript.Echo(1)</script></job>`: "What it does.\nUsage: job.wsf\n",
		`<job><script>WScript.Echo(1)</script></job>`:                                                            "1\n",
	} {
		o := run(t, host.Options{Args: []string{"x", "/?"}}, "job.wsf", text)
		if o.out != want {
			t.Errorf("got %q, want %q", o.out, want)
		}
	}
}
