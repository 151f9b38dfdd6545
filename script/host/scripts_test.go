package host_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/providers"
	"openwmi/script/host"
	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
	"openwmi/wbem"
)

// scriptsVariable names folders of scripts of others.
const scriptsVariable = "OPENWMI_SCRIPTS"

// TestOthersScripts parses every script in the folders of $OPENWMI_SCRIPTS, those in
// Markdown pages included, and runs those whose classes are here, on the classes of this
// machine, which nobody may change. It prints the counts, and each exception with its
// reason.
func TestOthersScripts(t *testing.T) {
	folders := os.Getenv(scriptsVariable)
	if folders == "" {
		t.Skip(scriptsVariable + " names no folders with scripts")
	}
	m := machine(t)
	c := census{known: classNames(t, m), needs: map[string]need{}, reasons: map[string]int{}}
	for _, folder := range filepath.SplitList(folders) {
		c.read(t, folder)
	}
	c.run(t, m)
	t.Logf("%d scripts: %d parse (%.1f %%)", c.total, c.parsed, percent(c.parsed, c.total))
	t.Logf("%d need what is not here", c.foreign)
	c.lacks(t)
	right := c.done + c.answered + c.waiting + c.mistaken
	share := percent(right, right+c.failed)
	t.Logf("of the others %d ran to their end, %d to an error that this machine answers, %d to a mistake of their own, and %d waited for events until their time was over; %d failed: %.1f %% are right. %d were still searching the disk or measuring",
		c.done, c.answered, c.mistaken, c.waiting, c.failed, share, c.busy)
	for _, r := range slices.Sorted(maps.Keys(c.reasons)) {
		t.Logf("%5d  %s", c.reasons[r], r)
	}
	if percent(c.parsed, c.total) < 98 {
		t.Error("fewer than 98 % parse")
	}
	if share < 95 {
		t.Error("fewer than 95 % run as they should")
	}
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// machine returns an object manager with the classes of this machine. Its providers
// change nothing: nil allows no control.
func machine(t *testing.T) *cimom.Manager {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Providers: providers.New(providers.Options{}).Providers()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if err := providers.Install(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func classNames(t *testing.T, m *cimom.Manager) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, ns := range []string{`root\cimv2`, `root\default`, "root"} {
		svc, err := m.Connect(t.Context(), ns, wbem.ConnectOptions{})
		if err != nil {
			continue
		}
		for class, err := range svc.Classes(t.Context(), "", wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			known[strings.ToLower(class.Name())] = true
		}
		svc.Close()
	}
	return known
}

// A census counts scripts.
type census struct {
	known   map[string]bool // classes that are here
	scripts []*script
	needs   map[string]need // by what is not here
	reasons map[string]int

	total, parsed, foreign int
	mu                     sync.Mutex // guards what follows, and reasons

	done, answered, waiting, busy, mistaken, failed int
}

// A need is how many scripts want something, and how many nothing else.
type need struct{ all, only int }

// lacks prints what is missed most.
func (c *census) lacks(t *testing.T) {
	names := slices.SortedFunc(maps.Keys(c.needs), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.needs[b].all, c.needs[a].all), cmp.Compare(a, b))
	})
	for _, n := range names[:min(len(names), 30)] {
		t.Logf("%5d need %s, %d of them nothing else", c.needs[n].all, n, c.needs[n].only)
	}
}

type script struct {
	name, text string
	program    *host.Program
}

// fence finds the scripts in a page.
var fence = regexp.MustCompile("(?ms)^```(?:vb|vbs|vbscript|VB|VBS|VBScript)[ \t]*\r?\n(.*?)^```")

// declaration finds types, which VBScript does not have.
var declaration = regexp.MustCompile(`(?im)^[^'"]*\bAs\s+(?:Boolean|Date|Integer|Long|Object|String|Variant|Wbem\w+|SWbem\w+|New)\b`)

func (c *census) read(t *testing.T, folder string) {
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".md":
			page, err := os.ReadFile(path)
			for i, m := range fence.FindAllStringSubmatch(string(page), -1) {
				if declaration.MatchString(m[1]) {
					continue // of a member, in a language that is not VBScript
				}
				name := fmt.Sprintf("%s#%d.vbs", path, i+1)
				p, err := host.Parse(name, m[1], nil, "")
				c.add(t, name, m[1], p, err)
			}
			return err
		case ".vbs", ".js", ".wsf":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			p, err := host.Load(path, nil, "")
			c.add(t, path, string(text), p, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (c *census) add(t *testing.T, name, text string, p *host.Program, err error) {
	c.total++
	if err != nil {
		var b bytes.Buffer
		host.Report(&b, name, err)
		first, _, _ := strings.Cut(b.String(), "\n")
		t.Logf("does not parse: %s", first)
		return
	}
	c.parsed++
	if missing := c.missing(text); len(missing) > 0 {
		c.foreign++
		for _, what := range missing {
			n := c.needs[what]
			n.all++
			if len(missing) == 1 {
				n.only++
			}
			c.needs[what] = n
		}
		return
	}
	c.scripts = append(c.scripts, &script{name, text, p})
}

var (
	namePattern  = regexp.MustCompile(`(?i)\b(?:Win32_|CIM_|MSFT_|Msvm_|MSi?SCSI|IIs|StdRegProv|RSOP_|SMS_|SystemRestore|MicrosoftDNS|Exchange_|CCM_|Meta_|Cluster)\w*`)
	fromPattern  = regexp.MustCompile(`(?i)\bfrom\s+(\w+)`)
	classPattern = regexp.MustCompile(`(?i)\bCreateObject\s*\(\s*"([^"]*)"|"(LDAP|GC|WinNT|IIS):`)
	keyPattern   = regexp.MustCompile(`(?i)\.Reg(?:Read|Write|Delete)\b`)
	nodePattern  = regexp.MustCompile(`(?i)\bGetObject\s*\(\s*"cn=`)
	breakPattern = regexp.MustCompile(`_[ \t]*\n[ \t]*`)
	spacePattern = regexp.MustCompile(`(?i)root[\\/]+(\w+)`)
)

// here are the automation classes and monikers that a session has.
var here = map[string]bool{
	"scripting.dictionary": true, "scripting.filesystemobject": true, "wscript.shell": true, "wscript.network": true,
	"vbscript.regexp": true, "winmgmts": true,
}

// missing returns what a script needs that is not here.
func (c *census) missing(text string) (list []string) {
	text = strings.ReplaceAll(text, "\r", "")
	var code strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "'") {
			code.WriteString(line + "\n")
		}
	}
	text = breakPattern.ReplaceAllString(code.String(), "")
	add := func(what string) {
		if what = strings.ToLower(what); !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	if keyPattern.MatchString(text) {
		add("the registry, by WScript.Shell")
	}
	if nodePattern.MatchString(text) {
		add("LDAP")
	}
	for _, m := range classPattern.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(m[1] + m[2])
		if !here[name] && !strings.HasPrefix(name, "wbemscripting.") {
			add(name)
		}
	}
	for _, m := range spacePattern.FindAllStringSubmatch(text, -1) {
		if ns := strings.ToLower(m[1]); ns != "cimv2" && ns != "default" && ns != "subscription" {
			add(`root\` + ns)
		}
	}
	for _, name := range namePattern.FindAllString(text, -1) {
		if !c.known[strings.ToLower(name)] {
			add(name)
		}
	}
	for _, m := range fromPattern.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[1], "__") && !c.known[strings.ToLower(m[1])] {
			add(m[1])
		}
	}
	return list
}

// scriptTime is how long one script may take.
const scriptTime = 5 * time.Second

func (c *census) run(t *testing.T, m *cimom.Manager) {
	work := make(chan *script)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for s := range work {
				c.runOne(t, m, s)
			}
		})
	}
	for _, s := range c.scripts {
		work <- s
	}
	close(work)
	all.Wait()
}

func (c *census) runOne(t *testing.T, m *cimom.Manager, s *script) {
	var errs bytes.Buffer
	session, err := host.NewSession(t.Context(), host.Options{
		Locator: m, File: s.name, Stdout: new(bytes.Buffer), Stderr: &errs, Timeout: scriptTime,
		Policy: sandbox.Policy{Read: []string{"/"}, Env: true},
	})
	if err != nil {
		t.Error(err)
		return
	}
	err = session.Run(s.program)
	session.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	var e *vbscript.Error
	switch {
	case err == nil && !session.Failed():
		c.done++
	case err != nil && strings.Contains(err.Error(), "time was exceeded") && waits.MatchString(s.text):
		c.waiting++
	case err != nil && strings.Contains(err.Error(), "time was exceeded") && searches.MatchString(s.text):
		c.busy++
	case err != nil && judged[filepath.Base(s.name)] != unjudged:
		switch judged[filepath.Base(s.name)] {
		case machines:
			c.answered++
			c.note("answer", s, err)
		case its:
			c.mistaken++
			c.note("its own mistake", s, err)
		}
	case errors.As(err, &e) && isAnswer(e):
		c.answered++
		c.note("answer", s, err)
	case errors.As(err, &e) && isMistake(e, s):
		c.mistaken++
		c.note("its own mistake", s, err)
	default:
		c.failed++
		if err != nil {
			host.Report(&errs, s.name, err)
		}
		t.Logf("failed: %s", strings.TrimSpace(errs.String()))
	}
}

// A verdict says whose doing an error is where only the script tells it.
type verdict int

const (
	unjudged verdict = iota
	machines         // has no value where computers with Windows do
	its
)

var judged = map[string]verdict{
	"Convert WMI Date-Time Values.vbs":                             machines, // InstallDate
	"List Operating System Properties.vbs":                         machines,
	"Subtract Days From a UTC Date-Time Value in Windows 2000.vbs": machines,
	"swbemdatetime.md#1.vbs":                                       machines,
	"List Computer Startup Options.vbs":                            machines, // SystemStartupOptions

	"Date to Unix Timestamp.vbs":                                         its, // dates with points
	"Unix Timestamp to DateTime.vbs":                                     its,
	"Monitor Changes to a Registry Key.vbs":                              its, // a stray &
	"setting-the-default-process-security-level-using-vbscript.md#4.vbs": its, // SetobjWMIService
	"swbemsink-cancel.md#2.vbs":                                          its, // a part of another
	"Use a Text  File as a Command Line Argument.vbs":                    its, // wants arguments
	"Trim lines in files.vbs":                                            its, // without them it has no end
	"scan_and_replace_string_in_text_file.vbs":                           its, // no end without its file
}

// waits finds what scripts wait with.
var waits = regexp.MustCompile(`(?i)NextEvent|\.Sleep|StdIn|MsgBox`)

// searches finds what goes through all files of the disk.
var searches = regexp.MustCompile(`(?i)CIM_DataFile|CIM_Directory|Win32_Directory|Win32_SubDirectory|CIM_LogicalFile|CIM_LogicalElement|CIM_ManagedSystemElement|Refresher|For Each \w+ in \w+\.SubFolders`)

// note counts an error.
func (c *census) note(kind string, s *script, err error) {
	var b bytes.Buffer
	host.Report(&b, s.name, err)
	c.reasons[kind+": "+reason(b.String())]++
}

// isAnswer reports whether an error is what this machine answers: a status of WMI or of
// the system, a computer or a file that is not there, a permission that the test does not
// give, or that there are no windows, printers and shortcuts.
func isAnswer(e *vbscript.Error) bool {
	facility := uint32(e.Number) >> 16
	return facility == 0x8004 || facility == 0x8007 || slices.Contains([]int32{53, 58, 70, 76, 445, 462}, e.Number)
}

// isMistake reports whether a script uses an object that it never makes, as those do
// that are parts of others: it fails everywhere.
func isMistake(e *vbscript.Error, s *script) bool {
	name := regexp.QuoteMeta(e.Detail)
	switch e.Number {
	case 505: // a call without its object
		return true
	case 13: // a line of text in a page
		return strings.Contains(s.name, ".md#") && e.Position.Line == 1
	case 424, 451:
		return e.Detail != "" && !regexp.MustCompile(`(?i)\bset\s+`+name+`\b`).MatchString(s.text)
	}
	return false
}

// reason is a report without its place.
func reason(s string) string {
	_, s, _ = strings.Cut(s, ") ")
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 150 {
		s = s[:150]
	}
	return s
}
