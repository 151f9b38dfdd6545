package host_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/automation"
	"openwmi/script/host"
)

// FuzzParse reads .wsf files. Those that are read are not run.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`<package><job id="a"><script language="VBScript">WScript.Echo 1</script></job><job id="b"/></package>`,
		`<?xml version="1.0"?><job><script><![CDATA[ x = "</script>" ]]></script><resource id="a">&lt;</resource></job>`,
		`<job><object id="d" progid="Scripting.Dictionary" events="true"/><script src="none.vbs"/></job>`,
		`<job><runtime><description>d<![CDATA[x]]></description><named name="n" helpstring="h"/><unnamed name="u"/></runtime><script>var x</script>`,
		`<job><!-- <script> --><SCRIPT LANGUAGE='vbs'>x = 1</SCRIPT ><textarea><script></job>`,
	} {
		f.Add(text, "")
		f.Add(text, "b")
	}
	f.Fuzz(func(t *testing.T, text, job string) {
		p, err := host.Parse("job.wsf", text, nil, job)
		if (p == nil) != (err != nil) {
			t.Error(p, err)
		}
		host.Report(io.Discard, "job.wsf", err)
	})
}

// FuzzMembers runs scripts that use random members of WMI objects, with random arguments:
// what they get they use too.
func FuzzMembers(f *testing.F) {
	for seed := range 20 {
		data := make([]byte, 300)
		n := uint32(seed)*2654435761 + 1
		for i := range data {
			n = n*1664525 + 1013904223
			data[i] = byte(n >> 24)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &gambler{data: data[:min(len(data), 600)]}
		o := host.Options{Locator: manager(t), Timeout: time.Second, Memory: 64 << 20}
		s, err := host.NewSession(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		g.play(s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("after %v:\n%s", took, strings.Join(g.lines, "\n"))
		}
	})
}

// A gambler writes scripts out of bytes.
type gambler struct {
	data  []byte
	js    bool
	vars  int
	lines []string
}

// next returns a number below n.
func (g *gambler) next(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % n
}

// maxVars bounds the variables of a gambler.
const maxVars = 20

// objects are those with which a script begins, as both languages write them.
var objects = []string{
	`GetObject("winmgmts:")`, `GetObject("winmgmts:Ware.Name='soap'")`, `GetObject("winmgmts:Till.Id='1'")`, `GetObject("winmgmts:Fruit")`,
	`GetObject("winmgmts:").Get()`, `GetObject("winmgmts:").InstancesOf("Ware")`, `GetObject("winmgmts:").ExecQuery("SELECT * FROM Fruit", "WQL", 48)`,
	`WScript.CreateObject("WbemScripting.SWbemLocator")`, `WScript.CreateObject("WbemScripting.SWbemSink", "X_")`,
	`WScript.CreateObject("WbemScripting.SWbemNamedValueSet")`, `WScript.CreateObject("WbemScripting.SWbemObjectPath")`,
	`WScript.CreateObject("WbemScripting.SWbemDateTime")`, `WScript.CreateObject("WbemScripting.SWbemRefresher")`,
}

// values are arguments, as both languages write them.
var values = []string{
	"0", "1", "-1", "2", "48", "7.5", "2147483648", "-2147483648", "1e300", `""`, `"Ware"`, `"Name"`, `"Price"`, `"Pay"`, `"Ware.Name='soap'"`, `"WQL"`,
	`"SELECT * FROM Ware"`, `"SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Ware'"`, `"ASSOCIATORS OF {Fruit.Name='apple'}"`,
	`"20260102030405.000000+000"`, `"root"`, `"x y"`, "null", "true", "false", "a1", "a2", "a3",
}

func (g *gambler) value() string {
	if g.next(3) == 0 && g.vars > 0 {
		return g.variable()
	}
	return values[g.next(len(values))]
}

func (g *gambler) variable() string { return fmt.Sprint("v", g.next(g.vars)) }

func (g *gambler) arguments() string {
	list := make([]string, g.next(5))
	for i := range list {
		list[i] = g.value()
	}
	return strings.Join(list, ", ")
}

func (g *gambler) play(s *host.Session) {
	language, head := host.VBScript, `a1 = Array() : a2 = Array("x", "y") : a3 = Array(1, Null) : Sub X_OnObjectReady(o, c) : seen = o.GetObjectText_ : End Sub`
	if g.js = g.next(2) == 1; g.js {
		language, head = host.JScript, `var a1 = [], a2 = ["x", "y"], a3 = [1, null]; a3[1] = a3; function X_OnObjectReady(o, c) { o.GetObjectText_(); }`
	}
	e := s.Engine(language)
	run := func(line string) {
		g.lines = append(g.lines, line)
		_ = e.Run(s.Context(), source.NewFile("script", line)) // most make no sense
	}
	run(head)
	for len(g.data) > 0 && s.Context().Err() == nil {
		if g.vars < 3 || g.next(10) == 0 {
			run(g.assign(objects[g.next(len(objects))]))
			continue
		}
		v := g.variable()
		names := automation.Names(e.Global(v))
		if len(names) == 0 {
			continue
		}
		member := v + "." + names[g.next(len(names))]
		switch g.next(8) {
		case 0, 1, 2, 3:
			run(g.assign(member + "(" + g.arguments() + ")"))
		case 4:
			run(g.assign(member))
		case 5:
			run(member + " = " + g.value())
		case 6:
			run(member + "(" + g.value() + ") = " + g.value())
		case 7:
			run(g.first(v))
		}
	}
	run("WScript.Sleep(0)")
}

// assign makes a variable with a value, which may be an object.
func (g *gambler) assign(x string) string {
	v := fmt.Sprint("v", g.vars)
	if g.vars < maxVars {
		g.vars++
	} else {
		v = g.variable()
	}
	if g.js {
		return v + " = " + x
	}
	return "Set " + v + " = " + x
}

// first makes a variable with the first element of a collection.
func (g *gambler) first(list string) string {
	if g.js {
		return g.assign("new Enumerator(" + list + ").item()")
	}
	return "For Each item In " + list + " : " + g.assign("item") + " : Exit For : Next"
}
