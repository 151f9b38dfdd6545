package jscript_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/internal/scripttest"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// TestCScript runs the cases in testdata under another engine too, see
// [scripttest.NewForeign]. It fails for each answer that differs from ours and is not among
// those judged in testdata/cscript.judged.
func TestCScript(t *testing.T) {
	e := scripttest.NewForeign(t, ".js")
	cases, skipped := foreignCases(t)
	work := make([]func(), len(cases))
	for i, c := range cases {
		work[i] = func() { c.ask(t.Context(), e) }
	}
	scripttest.Parallel(work)
	list := scripttest.ReadJudgements(t, "testdata/cscript.judged")
	same, known := 0, map[string]int{}
	for _, c := range cases {
		if c.got == c.want {
			same++
		} else if j := list.Find(c.file, c.name, c.got); j != nil {
			known[j.Who]++
		} else {
			t.Errorf("%s: %s\n\twant %s\n\tgot  %s", c.file, c.name, flat(c.want), flat(c.got))
		}
	}
	for _, j := range list.Unused() {
		t.Logf("judged, and no difference: %s: %s", j.File, j.Case)
	}
	t.Logf("%d cases: %d alike, differences judged %v, %d need objects or a clock of the test", len(cases)+skipped, same, known, skipped)
}

func flat(s string) string { return strings.ReplaceAll(s, "\n", " | ") }

// A foreignCase is a case of the suite, with our answer and that of the other engine.
type foreignCase struct {
	file, name, src string
	want, got       string
}

// needsTest is what the other engine has not: objects of the test, its clock.
var needsTest = regexp.MustCompile(`\b(bag|plain|host)\b|Test\.|GetObject|new Date\(\)|[^.]\bDate\(\)|Date\.parse|%view|/\*@cc_on @if \(@X\)`)

func foreignCases(t *testing.T) (cases []*foreignCase, skipped int) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range strings.Split("\n"+string(data), "\n== ")[1:] {
			name, rest, _ := strings.Cut(text, "\n")
			src, _, _ := strings.Cut(rest, "\n--")
			if needsTest.MatchString(src) {
				skipped++
				continue
			}
			cases = append(cases, &foreignCase{
				file: strings.TrimSuffix(filepath.Base(file), ".txt"), name: name, src: src, want: ours(src),
			})
		}
	}
	return cases, skipped
}

// shown has what prints, the same for both engines: values are converted by the language.
const shown = `
function print() {
  var plain = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_` + "`" + `abcdefghijklmnopqrstuvwxyz{|}~\n";
  var out = "";
  for (var i = 0; i < arguments.length; i++) {
    if (i > 0) out += " ";
    var s = "" + arguments[i];
    for (var j = 0; j < s.length; j++) {
      var c = s.charAt(j);
      out += plain.indexOf(c) >= 0 ? c : "\\u" + ("000" + c.charCodeAt(0).toString(16).toUpperCase()).slice(-4);
    }
  }
  WScript.Echo(out);
}
`

// echo is WScript.
type echo struct{ to *strings.Builder }

func (echo) TypeName() string { return "Object" }

func (w echo) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	if name != "Echo" {
		return vbscript.Empty, vbscript.NewError(438, name)
	}
	return scripttest.Printer{To: w.to}.Get(ctx, "", args)
}

func (echo) Put(_ context.Context, name string, _ vbscript.Args, _ vbscript.Value, _ bool) error {
	return vbscript.NewError(438, name)
}

// ours runs a script and returns what it writes, with the number of an error that it ends
// with.
func ours(src string) string {
	var b strings.Builder
	script, err := jscript.Parse(source.NewFile("case", src+"\n"+shown))
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		in := jscript.New(jscript.Options{Now: scripttest.Clock})
		defer in.Close(ctx)
		in.Set("WScript", vbscript.FromObject(echo{&b}))
		err = in.Run(ctx, script)
	}
	if d, ok := errors.AsType[*source.Diagnostic](err); ok {
		fmt.Fprintf(&b, "! %d\n", d.Code)
	} else if e, ok := errors.AsType[*vbscript.Error](err); ok {
		number := fmt.Sprint(e.Number & 0xFFFF)
		if uint32(e.Number)>>16 != 0x800A {
			number = fmt.Sprintf("0x%x", uint32(e.Number))
		}
		text := ""
		if e.Source != "Microsoft JScript compilation error" {
			text = " " + strings.TrimRight(scripttest.Visible(e.Description), " ")
		}
		fmt.Fprintf(&b, "! %s%s\n", number, text)
	}
	return strings.Trim(b.String(), "\n")
}

// ask has the other engine run the case, in eval: that tells the number of an error.
func (c *foreignCase) ask(ctx context.Context, e *scripttest.Foreign) {
	out := e.Run(ctx, `var text_ = `+literal(c.src)+`;
try { eval(text_); } catch (error_) {
  var number_ = error_ instanceof Error || error_ && typeof error_.number == "number" ? error_.number : -1;
  if (number_ == -1) print("! 5022 Exception thrown and not caught: " + error_);
  else print("! " + ((number_ >>> 16) == 0x800A ? number_ & 0xFFFF : "0x" + (number_ >>> 0).toString(16)) +
    (error_ instanceof SyntaxError && error_.description.indexOf("xpression") != 10 ? "" : " " + error_.description));
}
`+shown)
	var lines []string
	for line := range strings.Lines(out) {
		lines = append(lines, strings.TrimRight(line, "\n"))
	}
	c.got = strings.Trim(strings.Join(lines, "\n"), "\n")
}

// literal writes a text as a string of JScript.
func literal(s string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range r.Replace(s) {
		if c >= ' ' && c < 127 {
			b.WriteRune(c)
		} else {
			b.WriteString(strings.ToLower(scripttest.Visible(string(c))))
		}
	}
	return b.String() + `"`
}
