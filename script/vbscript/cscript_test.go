package vbscript_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"openwmi/script/internal/scripttest"
	"openwmi/script/vbscript"
)

// TestCScript runs the cases in testdata under another engine, whose command
// $OPENWMI_CSCRIPT has: "cscript //nologo", or "wine cscript //nologo". It fails for each
// answer that differs from ours and is not among those judged in testdata/cscript.judged.
func TestCScript(t *testing.T) {
	e := engine{scripttest.NewForeign(t, ".vbs")}
	cases, skipped := foreignCases(t)
	e.all(t.Context(), cases)

	list := scripttest.ReadJudgements(t, "testdata/cscript.judged")
	same, known := 0, make(map[string]int)
	for _, c := range cases {
		if c.same() {
			same++
			continue
		}
		if j := list.Find(c.file, c.name, c.got); j != nil {
			known[j.Who]++
			continue
		}
		t.Errorf("%s: %s\n\twant %s\n\tgot  %s", c.file, c.name, c.want, c.got)
	}
	for _, j := range list.Unused() {
		t.Logf("judged, and no difference: %s: %s", j.File, j.Case)
	}
	t.Logf("%d cases: %d alike, differences judged %v, %d need objects or a clock of the test", len(cases)+skipped, same, known, skipped)
}

// A foreignCase is a case for the other engine: a statement list of a line, or a script.
type foreignCase struct {
	file, name string
	before     string // of a line
	expr       string // of a line; "" for a script
	script     string
	alone      bool // has to run in a process of its own
	want, got  string
}

// The engine cannot run what asks for these.
var (
	needsTest  = regexp.MustCompile(`(?i)Test\.|MsgBox|InputBox|GetObject|CreateObject\("(No|A)\.`)
	needsClock = regexp.MustCompile(`^(Now|Date|Time|Timer) =>|#\d+/\d+#|#29 Feb#|#Mar 1 5|CDate\("(\d+/\d+|1 May)"\)`)
	needsAlone = regexp.MustCompile(`(?i)\bRnd\b|Randomize|Locale`)
)

func foreignCases(t *testing.T) (cases []*foreignCase, skipped int) {
	add := func(c *foreignCase, text string) {
		if needsTest.MatchString(text) || needsClock.MatchString(text) {
			skipped++
			return
		}
		cases = append(cases, c)
	}
	for file, c := range lineCases(t) {
		add(&foreignCase{file: file, name: c.src, before: c.before, expr: c.expr, want: scripttest.Visible(c.want),
			alone: needsAlone.MatchString(c.src)}, c.src+" => "+c.want)
	}
	for file, c := range scriptCases(t) {
		want := strings.Split(scripttest.Visible(c.want), "\n")
		for i, line := range want {
			if strings.HasPrefix(line, "! ") { // only the first error is told
				want = want[:i+1]
				break
			}
			want[i] = strings.TrimRight(line, " ")
		}
		add(&foreignCase{file: file, name: c.name, script: c.src, want: strings.Join(want, "\n")}, c.src)
	}
	return cases, skipped
}

// same compares. An engine that tells no number fails with a mere "!".
func (c *foreignCase) same() bool {
	if c.want == c.got {
		return true
	}
	before, failure, ok := strings.Cut(c.want, "! ")
	got, isOne := strings.CutPrefix(c.got, before+"!")
	if c.expr != "" || !ok || !isOne {
		return false
	}
	number, place, _ := strings.Cut(failure, " ")
	n, _ := strconv.Atoi(number)
	return got == "" || strings.HasPrefix(got, " "+place+" "+vbscript.NewError(n, "").Description)
}

// An engine asks another engine for answers.
type engine struct{ *scripttest.Foreign }

// all fills in what the engine answers, a few processes at a time.
func (e engine) all(ctx context.Context, cases []*foreignCase) {
	var work []func()
	batches := make(map[string][]*foreignCase)
	for _, c := range cases {
		switch {
		case c.expr == "":
			work = append(work, func() { e.script(ctx, c) })
		case c.alone:
			work = append(work, func() { e.batch(ctx, []*foreignCase{c}) })
		default:
			batches[c.file] = append(batches[c.file], c)
		}
	}
	for _, b := range batches {
		work = append(work, func() { e.batch(ctx, b) })
	}
	scripttest.Parallel(work)
}

// batch runs cases as procedures of one script. When that does not compile or end, its
// halves are run.
func (e engine) batch(ctx context.Context, cases []*foreignCase) {
	var calls, subs strings.Builder
	for i, c := range cases {
		fmt.Fprintf(&calls, "Err.Clear\nCase%d\nIf Err.Number <> 0 Then WScript.Echo \"#%d ! \" & Err.Number\n", i, i)
		fmt.Fprintf(&subs, "Sub Case%d\n%s\nresult_ = Empty\nresult_ = %s\nWScript.Echo \"#%d \" & TypeName(result_) & \" \" & Shown(result_)\nEnd Sub\n",
			i, pure(c.before), pure(c.expr), i)
	}
	out := "\n" + e.Run(ctx, "On Error Resume Next\n"+calls.String()+"WScript.Echo \"#end\"\n"+subs.String()+shown)
	if !strings.Contains(out, "\n#end") && len(cases) > 1 {
		e.batch(ctx, cases[:len(cases)/2])
		e.batch(ctx, cases[len(cases)/2:])
		return
	}
	for i, c := range cases {
		_, answer, ok := strings.Cut(out, fmt.Sprintf("\n#%d ", i))
		answer, _, _ = strings.Cut(answer, "\n")
		c.got = strings.TrimSpace(answer)
		if !ok {
			c.got = "! compile"
		}
	}
}

// script runs a case that is a whole script.
func (e engine) script(ctx context.Context, c *foreignCase) {
	out := e.Run(ctx, printed(pure(c.script))+"\nWScript.Echo \"#end\"\n"+shown)
	var lines []string
	ended := false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, " \n")
		if line == "#end" {
			ended = true
		} else if m := foreignError.FindStringSubmatch(line); m != nil {
			lines = append(lines, fmt.Sprintf("! (%s,%s) %s", m[1], m[2], m[3]))
			ended = true
		} else {
			lines = append(lines, line)
		}
	}
	if !ended {
		lines = append(lines, "!")
	}
	c.got = strings.Trim(strings.Join(lines, "\n"), "\n")
}

var foreignError = regexp.MustCompile(`\((\d+), (\d+)\) Microsoft VBScript \w+ error: (.*)$`)

// shown has the procedures that print: characters beyond ASCII as \uXXXX. Their names are
// those of no case, and they ask for nothing that an incomplete engine lacks.
const shown = `
Dim plain_
Function Shown(v_)
  Dim s_, i_, c_
  If IsNull(v_) Then s_ = "Null" Else s_ = CStr(v_)
  Shown = ""
  If IsEmpty(plain_) Then
    For i_ = 32 To 126
      plain_ = plain_ & Chr(i_)
    Next
  End If
  For i_ = 1 To Len(s_)
    c_ = Mid(s_, i_, 1)
    If InStr(plain_, c_) > 0 Then Shown = Shown & c_ Else Shown = Shown & "\u" & Right("000" & Hex(AscW(c_)), 4)
  Next
End Function
Sub Print1_(a_) : WScript.Echo Shown(a_) : End Sub
Sub Print2_(a_, b_) : WScript.Echo Shown(a_) & " " & Shown(b_) : End Sub
Sub Print3_(a_, b_, c_) : WScript.Echo Shown(a_) & " " & Shown(b_) & " " & Shown(c_) : End Sub
Sub Print4_(a_, b_, c_, d_) : WScript.Echo Shown(a_) & " " & Shown(b_) & " " & Shown(c_) & " " & Shown(d_) : End Sub
Sub Print5_(a_, b_, c_, d_, e_) : WScript.Echo Shown(a_) & " " & Shown(b_) & " " & Shown(c_) & " " & Shown(d_) & " " & Shown(e_) : End Sub
`

// pure writes characters beyond ASCII in strings as ChrW, since nobody knows in which
// encoding an engine reads a file.
func pure(src string) string {
	return regexp.MustCompile(`"(?:[^"\n]|"")*"`).ReplaceAllStringFunc(src, func(lit string) string {
		if scripttest.Visible(lit) == lit {
			return lit
		}
		var b strings.Builder
		b.WriteString("(")
		for _, r := range lit {
			if r < 128 {
				b.WriteRune(r)
				continue
			}
			b.WriteString(`"`)
			for _, u := range regexp.MustCompile(`\\u(....)`).FindAllStringSubmatch(scripttest.Visible(string(r)), -1) {
				b.WriteString(" & ChrW(&H" + u[1] + "&)")
			}
			b.WriteString(` & "`)
		}
		return b.String() + ")"
	})
}

var printWord = regexp.MustCompile(`(?i)\bPrint\b`)

// printed names the procedure for the number of arguments behind each Print, since a
// procedure of a script takes a fixed number.
func printed(src string) string {
	var b strings.Builder
	for {
		at := printWord.FindStringIndex(src)
		if at == nil {
			b.WriteString(src)
			return b.String()
		}
		n, depth, quoted := 1, 0, false
		rest := src[at[1]:]
	scan:
		for i := 0; i < len(rest); i++ {
			switch c := rest[i]; {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')':
				depth--
			case c == ',' && depth == 0:
				n++
			case c == ':', c == '\'', c == '\n' && !strings.HasSuffix(rest[:i], " _"):
				break scan
			case strings.HasPrefix(rest[i:], " Else "), strings.HasPrefix(rest[i:], " End "):
				break scan
			}
		}
		fmt.Fprintf(&b, "%sPrint%d_", src[:at[0]], n)
		src = rest
	}
}
