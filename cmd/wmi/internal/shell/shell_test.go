package shell_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cmd/wmi/internal/input"
	"openwmi/cmd/wmi/internal/shell"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/internal/source"
	"openwmi/script/vbscript"
	"openwmi/script/wmi"
	"openwmi/wbem"
	"openwmi/wmitest"
)

const disks = `
	class Disk { [key] string Id; uint64 Size; string Label; };
	class FastDisk : Disk { uint32 Speed; };
	class Tape { [key] uint32 Number; [static] uint32 Rewind(); };
	instance of Disk { Id = "c"; Size = 500; };
	instance of Disk { Id = "d"; Size = 50; Label = "data"; };
	instance of FastDisk { Id = "e"; Size = 5; Speed = 7; };`

// basic is VBScript with WMI, as a language of the shell.
type basic struct {
	in      *vbscript.Interp
	runtime *wmi.Runtime
}

func newBasic(t testing.TB, l wbem.Locator) *basic {
	b := &basic{runtime: wmi.New(t.Context(), l)}
	b.in = vbscript.New(vbscript.Options{Host: b})
	t.Cleanup(func() { b.in.Close(context.Background()) })
	return b
}

func (b *basic) Name() string { return "vbs" }

func (b *basic) Run(ctx context.Context, text string) error {
	if strings.TrimSpace(text) == "Quit" {
		return shell.ErrQuit
	}
	s, err := vbscript.Parse(source.NewFile("shell", text))
	if err != nil {
		return err
	}
	return b.in.Run(ctx, s)
}

func (b *basic) Eval(ctx context.Context, text string) (vbscript.Value, error) {
	return b.in.Eval(ctx, text)
}

func (b *basic) Incomplete(text string) bool {
	_, err := vbscript.Parse(source.NewFile("shell", text))
	return vbscript.Incomplete(err)
}

func (b *basic) Global(name string) vbscript.Value { return b.in.Global(name) }
func (b *basic) Names() []string                   { return append(b.in.Names(), vbscript.Builtins()...) }

func (b *basic) CreateObject(_ context.Context, class, _ string) (vbscript.Object, error) {
	return b.runtime.Object(class)
}

func (b *basic) GetObject(_ context.Context, path, _ string) (vbscript.Object, error) {
	return b.runtime.GetObject(path)
}

func (b *basic) MsgBox(context.Context, string, int, string) (int, error) {
	return 0, errors.New("nobody is there")
}

func (b *basic) InputBox(context.Context, string, string, string) (string, bool, error) {
	return "", false, errors.New("nobody is there")
}

func diskStore(t testing.TB) wbem.Locator { return wmitest.NewStore(t, wmitest.Options{MOF: disks}) }

// options are those of a shell on a store with disks that writes to out.
func options(t testing.TB, out *strings.Builder) shell.Options {
	store := diskStore(t)
	return shell.Options{
		Connect: func(ctx context.Context, namespace string) (wbem.Services, error) {
			return store.Connect(ctx, namespace, wbem.ConnectOptions{})
		},
		Namespace: "root/cimv2",
		Languages: []shell.Language{newBasic(t, store)},
		Screen:    func() show.Screen { return show.Screen{W: out, Terminal: true, Width: 60} },
		Report:    func(err error) { fmt.Fprintln(out, "error:", err) },
	}
}

// What lines show.
func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, lines, want string
		failed            int
	}{
		{"query", `select Id, Size from Disk where Size > 5`, `
Id  Size
c    500
d     50
(2 objects)
`, 0},
		{"query over lines", "SELECT Id\nFROM\nDisk WHERE\nSize > 400\n", `
Id
c
(1 object)
`, 0},
		{"query that an empty line ends", "select Id from\n\n.use ..\n.lang", `
error: ExecQuery select Id from: InvalidQuery (0x80041017): query:1:15: expected the name of a class, found the end of the query
vbs (of vbs, wql)
`, 1},
		{"byte order mark", "\ufeff? 1\r\n? 2\r\n", "1\n2\n", 0},
		{"nothing", "select * from Tape", "(nothing found)\n", 0},
		{"associators", `associators of {Disk.Id="c"}`, "(nothing found)\n", 0},
		{"wrong class", "select * from Floppy\n? 1", `
error: ExecQuery select * from Floppy: InvalidClass (0x80041010): query:1:15: class Floppy does not exist in root\cimv2
1
`, 1},
		{"statements", "x = 6\ny = x * 7\n? y\n? \"a\" & vbTab & y\n? x > y", "42\na\t42\nFalse\n", 0},
		{"state and blocks", "x = 0\nSub Twice(n)\nx = 2 * n\n\nEnd Sub\nTwice 4\n? x", "8\n", 0},
		{"continued line", "x = 1 + _\n2\n? x", "3\n", 0},
		{"Select Case is no query", "Select Case 1\nCase 1\nx = \"one\"\nEnd Select\n? x", "one\n", 0},
		{"error", "x = 1 / 0\n? x\n? 1 +", `
error: shell(1, 1) Microsoft VBScript runtime error: Division by zero
Empty
error: expression:1:4: Expected expression
`, 2},
		{"object", `Set o = GetObject("winmgmts:root\cimv2:Disk.Id='d'")` + "\n? o\n? o.Size", `
Name   Type    Value  Is   Origin
Id     string  d      key  Disk
Size   uint64  50          Disk
Label  string  data        Disk
50
`, 0},
		{"set", `? GetObject("winmgmts:root\cimv2").InstancesOf("Disk")`, `
__CLASS   Id  Size  Label  Speed
Disk      c    500
Disk      d     50  data
FastDisk  e      5             7
(3 objects)
`, 0},
		{"collection", `? GetObject("winmgmts:root\cimv2:Disk.Id='c'").Properties_`, `
#  Name   Value
0  Id     c
1  Label  Null
2  Size   500
`, 0},
		{"members", `? CreateObject("WbemScripting.SWbemNamedValueSet")` + "\n" + `? GetObject("winmgmts:root\cimv2:Disk").Path_`, `
(nothing there)
SWbemObjectPath
Path             DisplayName      SetAsSingleton
RelPath          Class            Keys
Server           IsClass          Security_
Namespace        SetAsClass       Locale
ParentNamespace  IsSingleton      Authority
`, 0},
		{"array", `? Split("a b")`, "(0)  a\n(1)  b\n", 0},
		{"nothing there", "? Null\n? Nothing\n? Empty", "Null\nNothing\nEmpty\n", 0},
		{"commands", ".classes D*k\n.cla tape\n.quit\n? 1", `
Class  Keys  Properties  Methods
Disk   Id             3        0
(1 object)
Class  Keys    Properties  Methods
Tape   Number           1        1
(1 object)
`, 0},
		{"get and show", ".get Tape\n.show Tape", `
Name      Type    Is      Origin
Number    uint32  key     Tape
Rewind()  uint32  method  Tape
class Tape
{
	[key] uint32 Number;
	[static] uint32 Rewind();
};
`, 0},
		{"instance in other forms", ".get Disk.Id='d'\n.output csv\n.get Disk.Id='d'\n.get Tape\n.show Floppy", `
Name   Type    Value  Is   Origin
Id     string  d      key  Disk
Size   uint64  50          Disk
Label  string  data        Disk
__PATH,Id,Size,Label
"\\HOST\root\cimv2:Disk.Id=""d""",d,50,data
__PATH,Class,Superclass,Kind,Keys,Properties,Methods
\\HOST\root\cimv2:Tape,Tape,,,Number,1,1
error: GetObject Floppy: NotFound (0x80041002): class Floppy does not exist in root\cimv2
`, 1},
		{"patterns", ".output csv\nselect __CLASS from Disk where Id = 'e'\n.classes *disk\n.classes f*t*k\n.classes __EventF\n.classes f*x", `
__CLASS
FastDisk
__PATH,Class,Superclass,Kind,Keys,Properties,Methods
\\HOST\root\cimv2:Disk,Disk,,,Id,3,0
\\HOST\root\cimv2:FastDisk,FastDisk,Disk,,Id,4,0
__PATH,Class,Superclass,Kind,Keys,Properties,Methods
\\HOST\root\cimv2:FastDisk,FastDisk,Disk,,Id,4,0
__PATH,Class,Superclass,Kind,Keys,Properties,Methods
\\HOST\root\cimv2:__EventFilter,__EventFilter,__IndicationRelated,,Name,6,0
__PATH,Class,Superclass,Kind,Keys,Properties,Methods
`, 0},
		{"form", ".output csv\nselect Id from Disk where Id = 'c'\n.output yaml\n.output", `
Id
c
error: yaml is no form: it must be one of table, mof, json, csv, xml
csv
`, 1},
		{"namespaces", ".use ..\n.namespaces\n.use nowhere\n.use default\n.lang", `
Namespace
root\cimv2
root\default
root\interop
root\security
root\subscription
root\wmi
(6 objects)
error: ConnectServer root\nowhere: InvalidNamespace (0x8004100E): namespace root\nowhere does not exist
vbs (of vbs, wql)
`, 1},
		{"above root", `.use ../..
.use ..
.namespaces
.use //./root/default
.use \\.\root\cimv2
.use \\nowhere\root
.lang`, `
Namespace
root\cimv2
root\default
root\interop
root\security
root\subscription
root\wmi
(6 objects)
error: ConnectServer \\nowhere\root: RPC_S_SERVER_UNAVAILABLE (0x800706BA): computer nowhere is not this one
vbs (of vbs, wql)
`, 1},
		{"languages", ".lang wql\nx = 1\n? 1\n.lang js\n.lang VBS\n? 2", `
error: ExecQuery x = 1: InvalidQuery (0x80041017): query:1:1: expected SELECT, ASSOCIATORS OF or REFERENCES OF, found "x"
error: ? shows a value of a script language; .lang chooses one
error: there is no language js; there are vbs, wql
2
`, 3},
		{"wrong commands", ".frobnicate\n.show\n.quit now\n.history\n.h", `
error: there is no command .frobnicate; .help lists them
error: .show wants a CLASS
error: .quit takes no argument
error: only what is typed on a terminal has a history
error: there is no command .h; .help lists them
`, 5},
		{"a script quits", "Quit\n? 1", "", 0},
		{"end within a block", "If True Then\n? 1", "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			o := options(t, &out)
			o.Lines = shell.Plain(input.New(strings.NewReader(c.lines)))
			failed, err := shell.New(o).Run(t.Context())
			if err != nil || failed != c.failed {
				t.Errorf("%d statements have failed, %v; want %d", failed, err, c.failed)
			}
			if c.want == "" {
				return
			}
			host, err := os.Hostname()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(strings.ReplaceAll(c.want, "HOST", host), "\n"), out.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Events are shown as they happen, until somebody interrupts; the shell goes on.
func TestNotifications(t *testing.T) {
	var out strings.Builder
	o := options(t, &out)
	var interrupt context.CancelFunc
	o.Interruptible = func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, interrupt = context.WithCancel(ctx)
		return ctx, interrupt
	}
	subscribed := false
	flush := 0
	o.Flush = func() error {
		// The event has been shown.
		if flush++; flush == 1 && subscribed {
			interrupt()
		}
		return nil
	}
	connect := o.Connect
	o.Connect = func(ctx context.Context, namespace string) (wbem.Services, error) {
		svc, err := connect(ctx, namespace)
		return putting{svc, func() {
			subscribed = true
			class, err := svc.GetClass(ctx, "Disk", wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			inst := instance(t, class, "new")
			if _, err := svc.PutInstance(ctx, inst, wbem.Options{}); err != nil {
				t.Fatal(err)
			}
		}}, err
	}
	o.Lines = shell.Plain(input.New(strings.NewReader(
		"select * from __InstanceCreationEvent where TargetInstance isa 'Disk'\n? \"still here\"\n")))
	failed, err := shell.New(o).Run(t.Context())
	if failed != 0 || err != nil {
		t.Errorf("%d statements have failed, %v", failed, err)
	}
	if text := out.String(); !strings.Contains(text, `created  Disk.Id="new"`) || !strings.HasSuffix(text, "\n\nstill here\n") {
		t.Errorf("it shows %q", text)
	}
}

// A long result ends when somebody interrupts it.
func TestInterruptResult(t *testing.T) {
	for _, line := range []string{
		"select * from Disk",
		`? GetObject("winmgmts:root\cimv2").InstancesOf("Disk")`,
	} {
		var out strings.Builder
		o := options(t, &out)
		var interrupt context.CancelFunc
		o.Interruptible = func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, interrupt = context.WithCancel(ctx)
			return ctx, interrupt
		}
		o.Form = show.JSON
		o.Screen = func() show.Screen { return show.Screen{W: writer(func(p []byte) { out.Write(p); interrupt() })} }
		o.Lines = shell.Plain(input.New(strings.NewReader(line)))
		if failed, err := shell.New(o).Run(t.Context()); failed != 0 || err != nil {
			t.Errorf("%d statements have failed, %v", failed, err)
		}
		if strings.Count(out.String(), "__PATH") != 1 {
			t.Errorf("%s shows %q", line, &out)
		}
	}
}

// writer is a function that is told what is written.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// Every command is in the help.
func TestHelp(t *testing.T) {
	var out strings.Builder
	o := options(t, &out)
	term, _ := typed(".help\r? 1\r.history\r", shell.TerminalOptions{})
	o.Lines = term
	if failed, err := shell.New(o).Run(t.Context()); failed != 0 || err != nil {
		t.Errorf("%d statements have failed, %v", failed, err)
	}
	for _, line := range []string{"select ...", "? EXPRESSION", ".use NAMESPACE", ".classes [PATTERN]", ".quit", "    1  .help", "    3  .history"} {
		if !strings.Contains(out.String(), "\n"+line) && !strings.HasPrefix(out.String(), line) {
			t.Errorf("%q is missing in\n%s", line, &out)
		}
	}
}

// A line, and the lines of a statement together, are bounded.
func TestLong(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		lines  string
		failed int
		err    error
	}{
		{long + "x\n? 1", 0, wbem.QuotaViolation},
		{"x = _\n" + long[:1<<20-100] + " + _\n" + long[:200] + "\n? 1", 1, nil},
	} {
		var out strings.Builder
		o := options(t, &out)
		o.Lines = shell.Plain(input.New(strings.NewReader(c.lines)))
		failed, err := shell.New(o).Run(t.Context())
		if failed != c.failed || !errors.Is(err, c.err) {
			t.Errorf("%d statements have failed, %v", failed, err)
		}
		if c.err == nil && !strings.HasSuffix(out.String(), "\n1\n") {
			t.Errorf("it shows %q", out.String()[:min(out.Len(), 200)])
		}
	}
}

// What ends the shell ends it also while it waits for a line.
func TestCancelled(t *testing.T) {
	var out strings.Builder
	o := options(t, &out)
	ctx, cancel := context.WithCancel(t.Context())
	o.Lines = endless{cancel}
	if _, err := shell.New(o).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// endless are lines that do not end by themselves: the first cancels.
type endless struct{ cancel context.CancelFunc }

func (e endless) Line(context.Context, string, bool) (string, error) {
	e.cancel()
	return "? 1", nil
}
