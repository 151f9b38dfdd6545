package host_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"openwmi/script/host"
)

// TestJobs runs .wsf files, in a folder with the script lib.vbs.
func TestJobs(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"lib.vbs": "Function Twice(n) : Twice = 2 * n : End Function", "wrong.js": "var = ;"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ name, text, want string }{
		{"section", `<job><script language="VBScript"><![CDATA[ WScript.Echo "</script>" & (1 < 2) ]]></script></job>`, "</script>True\n"},
		{"lax", `<job><script language="VBScript">If 1 < 2 And "&lt;" <> "<" Then WScript.Echo "<b>"</script></job>`, "<b>\n"},
		{"strict", `<?xml version="1.0"?><job><script language="VBScript">If 1 &lt; 2 Then WScript.Echo "&amp;"</script></job>`, "&\n"},
		{"strict section", `<?XML version="1.0"?><job><script language="VBScript"><![CDATA[If 1 < 2 Then WScript.Echo "&amp;"]]></script></job>`, "&amp;\n"},
		{"comment in a script", `<job><script language="VBScript">WScript.Echo "<!-- <script>"</script><script language="VBScript">WScript.Echo 2</script></job>`, "<!-- <script>\n2\n"},
		{"comment", `<job><!-- <script language="VBScript">WScript.Echo 1</script> --><script language="VBScript">WScript.Echo 2</script></job>`, "2\n"},
		{"default language", `<job><script>WScript.Echo(1 + "2")</script></job>`, "12\n"},
		{"include", `<job><script language="VBScript" src="lib.vbs"/><script language="VBScript">WScript.Echo Twice(4)</script></job>`, "8\n"},
		{"include with end tag", `<job><script language="VBScript" src=".\lib.vbs"></script><script language="VBScript">WScript.Echo Twice(4)</script></job>`, "8\n"},
		{"resource", `<job><resource id="a"><![CDATA[x < y]]></resource><resource id="b">p &amp; q</resource>
			<script language="VBScript">WScript.Echo getResource("a"), getResource("b")</script>
			<script language="JScript">WScript.Echo(getResource("b")); try { getResource("c") } catch (e) { WScript.Echo(e.number & 0xFFFF) }</script></job>`, "x < y p & q\np & q\n5\n"},
		{"object", `<job><object id="d" progid="Scripting.Dictionary"/><script language="VBScript">d.Add "k", 1</script><script language="JScript">WScript.Echo(d.Count)</script></job>`, "1\n"},
		{"object of no class", `<job><object id="d" progid="Nothing.Nowhere"/><script language="VBScript">WScript.Echo 1</script></job>`, "can't create object: 'Nothing.Nowhere'"},
		{"usage", `<job><runtime><description>What it does.</description><named name="x" helpstring="a letter" type="string"/></runtime><script language="VBScript">WScript.Arguments.ShowUsage</script></job>`,
			"What it does.\nUsage: usage.wsf [/x:value]\n\nOptions:\n\nx : a letter\n"},
		{"places", "<package>\n<job>\n<script language=\"VBScript\">\nx = 1 / 0</script></job></package>", "FILE(4, 1) Microsoft VBScript runtime error: Division by zero\n"},
		{"place in a line", `<job><script language="VBScript">x = 1 / 0</script></job>`, "FILE(1, 34) Microsoft VBScript runtime error: Division by zero\n"},
		{"syntax errors of two scripts", "<job><script language=\"VBScript\">x = </script>\n<script>var = ;</script></job>", "FILE:1:38: Expected expression (0x800A03FF)\n\t                                 x = \n\t                                     ^\nFILE:2:13: Syntax error"},
		{"syntax error elsewhere", `<job><script src="wrong.js"/></job>`, "wrong.js"},
		{"no job", `<package/>`, "no element <job>"},
		{"no end", `<job><script>x = 1</job>`, "has no end"},
		{"no end of the section", `<job><script><![CDATA[x = 1</script></job>`, "has no end"},
		{"language", `<job><script language="Perl">x</script></job>`, "no script engine"},
		{"device", `<job><script language="VBScript" src="/dev/zero"/></job>`, "is no file"},
		{"folder", `<job><script language="VBScript" src="."/></job>`, "is no file"},
		{"many", "<job>" + strings.Repeat("<script/>", 1001) + "</job>", "more than 1000"},
		{"large", "<job>" + strings.Repeat(" ", 1<<20) + strings.Repeat("<script> </script>", 100) + "</job>", "larger than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(folder, strings.ReplaceAll(test.name, " ", "_")+".wsf")
			got := runJob(t, file, test.text)
			if got = strings.ReplaceAll(got, file, "FILE"); !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// runJob runs the text of a .wsf file, and returns what it writes or why it is refused.
func runJob(t *testing.T, file, text string) string {
	t.Helper()
	if _, err := host.Parse(file, text, nil, ""); err != nil {
		var b strings.Builder
		host.Report(&b, file, err)
		return b.String()
	}
	o := run(t, host.Options{Timeout: time.Minute}, file, text)
	return o.out + o.errs
}

// TestLoadEndless refuses files that have no end, and no text.
func TestLoadEndless(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("there is no /dev/zero")
	}
	if _, err := host.Load("/dev/zero", host.VBScript, ""); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "binary.vbs")
	if err := os.WriteFile(file, []byte("\xFF\xFEx"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Load(file, nil, ""); err == nil || !strings.Contains(err.Error(), "odd number") {
		t.Error(err)
	}
}
