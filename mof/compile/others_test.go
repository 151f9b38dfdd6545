package compile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// An other is a file of the corpus.
type other struct {
	File string
	Kind string

	text     string
	declares []string // classes, folded
	needs    []string // superclasses and classes of instances, folded
}

// others reads the list of the corpus, and the files.
func others(t *testing.T) []*other {
	data, err := os.ReadFile(corpus + "/files.json")
	if err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	var list []*other
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		data, err := os.ReadFile(filepath.Join(corpus, o.File))
		if err != nil {
			t.Fatal(err)
		}
		src, _, err := source.Decode(o.File, data)
		if err != nil {
			o.text = string(data)
			continue
		}
		o.analyse(src)
	}
	return list
}

// Every file is compiled into a namespace of its own, so its directives go there
// instead, or into the namespace for texts below.
var (
	elsewhere = regexp.MustCompile(`(?i)#\s*pragma\s+namespace\s*\(\s*"([^"]*)"\s*\)`)
	language  = regexp.MustCompile(`(?i)ms_[0-9a-f]+$`)
)

func redirect(text, namespace string) string {
	return elsewhere.ReplaceAllStringFunc(text, func(s string) string {
		target := namespace
		if ms := language.FindString(elsewhere.FindStringSubmatch(s)[1]); ms != "" {
			target += `\` + ms
		}
		return `#pragma namespace("` + strings.ReplaceAll(target, `\`, `\\`) + `")`
	})
}

func (o *other) analyse(src *source.File) {
	o.text = src.Text()
	var ignored source.List
	var value func(v mof.Value)
	instance := func(d *mof.InstanceDecl) {
		o.needs = append(o.needs, cim.Fold(d.Class.Name))
		for i := range d.Properties {
			value(d.Properties[i].Value)
		}
	}
	value = func(v mof.Value) {
		switch v := v.(type) {
		case *mof.ArrayLit:
			for _, e := range v.Elems {
				value(e)
			}
		case *mof.InstanceDecl:
			instance(v)
		}
	}
	for _, d := range mof.Parse(src, mof.Options{}, &ignored).Decls {
		switch d := d.(type) {
		case *mof.ClassDecl:
			o.declares = append(o.declares, cim.Fold(d.Name.Name))
			if d.Super.Name != "" {
				o.needs = append(o.needs, cim.Fold(d.Super.Name))
			}
		case *mof.InstanceDecl:
			instance(d)
		}
	}
}

// group is the collection from which a file is.
func group(o *other) string {
	g, _, _ := strings.Cut(o.File, "/")
	return g
}

// isMFL reports whether a file has texts, in a namespace for them.
func isMFL(o *other) bool { return strings.HasSuffix(o.File, ".mfl") }

// A library knows which file declares which class.
type library struct {
	byName map[string]*other
	byDecl map[string][]*other
	dmtf   files
	roots  string // directory of the DMTF schema
	inDMTF map[string]string
}

func newLibrary(t *testing.T, list []*other) *library {
	all, root := schemaFiles(t)
	l := &library{byName: map[string]*other{}, byDecl: map[string][]*other{}, dmtf: all, inDMTF: map[string]string{}}
	l.roots = filepath.Dir(root)
	for _, o := range list {
		l.byName[filepath.FromSlash(o.File)] = o
		if o.Kind != "valid" {
			continue
		}
		for _, c := range o.declares {
			l.byDecl[c] = append(l.byDecl[c], o)
		}
	}
	for name := range all {
		l.inDMTF[cim.Fold(strings.TrimSuffix(filepath.Base(name), ".mof"))] = name
	}
	return l
}

// closest returns the file which declares a class that o most likely means.
func (l *library) closest(o *other, class string) *other {
	var best *other
	most := -1
	for _, c := range l.byDecl[class] {
		near := 0
		for near < len(o.File) && near < len(c.File) && o.File[near] == c.File[near] {
			near++
		}
		if c != o && isMFL(c) == isMFL(o) && group(c) == group(o) && near > most {
			best, most = c, near
		}
	}
	if best != nil || l.inDMTF[class] != "" {
		return best
	}
	for _, c := range l.byDecl[class] {
		if c != o && isMFL(c) == isMFL(o) {
			return c
		}
	}
	return nil
}

// printed counts what made the way to text and back.
type printed struct{ classes, instances int }

// A shelf is a namespace that gets one file and what that needs.
type shelf struct {
	*library
	m       *cimom.Manager
	o       compile.Options
	has     map[string]bool // classes, folded
	visited map[*other]bool
	missing bool // a class is nowhere
	again   bool // a class is declared that was brought for another
	counts  *printed
}

func (s *shelf) read(name string) ([]byte, error) {
	if o := s.byName[name]; o != nil {
		return []byte(redirect(o.text, s.o.Namespace)), nil
	}
	return s.dmtf.read(name)
}

func (s *shelf) compile(name string) error {
	p, err := compile.Parse(ctx, s.o, name)
	if err != nil {
		return err
	}
	_, err = p.Store(ctx, s.m)
	return err
}

// need brings a class from another file.
func (s *shelf) need(o *other, class string) error {
	if s.has[class] || slices.Contains(o.declares, class) || cim.IsSystemName(class) {
		return nil
	}
	if from := s.closest(o, class); from != nil {
		if s.visited[from] {
			return nil
		}
		return s.put(from)
	}
	if s.inDMTF[class] == "" {
		s.missing = true
		return nil
	}
	return s.schemaClass(class)
}

func (s *shelf) schemaClass(class string) error {
	name := s.inDMTF[class]
	if s.has[class] || name == "" {
		return nil
	}
	if !s.has[""] {
		s.has[""] = true
		for _, q := range []string{"qualifiers.mof", "qualifiers_optional.mof"} {
			if err := s.compile(filepath.Join(s.roots, q)); err != nil {
				return err
			}
		}
	}
	src := &other{}
	src.analyse(source.NewFile(name, s.dmtf[name]))
	for _, c := range src.needs {
		if err := s.schemaClass(c); err != nil {
			return err
		}
	}
	s.has[class] = true
	return s.compile(name)
}

func (s *shelf) put(o *other) error {
	s.visited[o] = true
	for _, c := range o.needs {
		if err := s.need(o, c); err != nil {
			return fmt.Errorf("for %s: %w", o.File, err)
		}
	}
	for _, c := range o.declares {
		s.again = s.again || s.has[c]
		s.has[c] = true
	}
	return s.compile(filepath.FromSlash(o.File))
}

// exceptions are files which fail, or don't, for reasons of their own.
var exceptions = []struct {
	pattern string
	status  wbem.Status
	why     string
}{
	{"*/nxDNSServerAddress*", wbem.CannotBeKey, "an array is a key"},
	{"*/MSFT_nxDNSServerAddressResource/*", wbem.CannotBeKey, "an array is a key"},
	{"*/OMI_ConfigurationDownloadManager.mof", wbem.CannotBeAbstract, "its superclass is not"},
	{"*/omiutils/mofs/gen.mof", cim.MOFErrorInvalidIncludeFile, "what it includes is not here"},
	{"msdocs/CIMWin32Prov/win32-memory*", wbem.UpdateTypeMismatch, "StatusInfo has another type than in the superclass"},
	{"msdocs/CIMWin32Prov/win32-smbiosmemory*", wbem.UpdateTypeMismatch, "the same"},
	{"msdocs/WmiCoreProv/*event*", cim.MOFExpectedQualifierName, "[] in wmievent or what derives from it"},
	{"msdocs/WmiCoreProv/msmcainfo-raw*", cim.MOFExpectedQualifierName, "the same"},
	{"msdocs/WmiSdk/--namespacemodificationevent*", cim.MOFDuplicateProperty, "a property twice"},
	{"msdocs/WmiSdk/adding-a-qualifier*", wbem.CannotChangeKeyInheritance, "the superclass of another page has keys"},
	{"msdocs/WmiSdk/*event*", wbem.NoKey, "the class of another page has no key"},
	{"msdocs/WmiSdk/creating-an-alias*", wbem.NoKey, "the same"},
	{"msdocs/WmiSdk/pragma-*flags*", cim.MOFInvalidFlagsSyntax, "the form, not an example"},
	{"msdocs/WmiSdk/pragma-deleteclass*", cim.MOFInvalidDeleteclassSyntax, "the form, not an example"},
	{"msdocs/WmiSdk/pragma-deleteclass*", wbem.NotFound, "what it deletes is not there"},
	{"msdocs/WmiSdk/pragma-deleteinstance*", cim.MOFInvalidDeleteinstanceSyntax, "the form, not an example"},
	{"msdocs/WmiSdk/writing-an-association-provider-for-interop*", wbem.NotFound, "$PP is defined by another page"},
	{"omi/Unix/deprecated/mofcxx/mofc/sample.mof", wbem.NoKey, "an instance of a class without keys"},
	{"openwbem/schemas/solaris10/Solaris_Device*", wbem.UpdateTypeMismatch, "made for an older schema"},
	{"openwbem/schemas/solaris10/*", wbem.CannotBeAbstract, "below a class that is not"},
	{"openwbem/src/mof/testfiles/testInstance.mof", wbem.CannotChangeKeyInheritance, "adds a key"},
	{"pegasus/src/Pegasus/*TestSchemaR.mof", cim.MOFTypeMismatch, "a string as char16"},
	{"pegasus/*SchemaR.mof", wbem.InvalidClass, "what it includes needs a class that is nowhere"},
	{"pegasus/*/ValidMof4a.mof", cim.MOFDuplicateProperty, "a value twice"},
	{"pegasus/*/CLITestProvider.mof", wbem.InvalidMethodParameters, "a parameter ReturnValue"},
	{"pegasus/*/TST_Family.mof", wbem.CannotChangeKeyInheritance, "adds a key"},
	{"pegasus/test/TestProviders/*Provider*.mof", wbem.CannotChangeKeyInheritance, "adds a key"},
	{"pegasus/test/TestProviders/*/ExceptionsTest.mof", wbem.CannotChangeKeyInheritance, "adds a key"},
	{"pywbemtools/*/mock_subscriptiontest.mof", cim.MOFIllegalConstantValue, "a word as a value"},
	{"pywbemtools/*/qualifier_filter_model.mof", cim.MOFDuplicateProperty, "a property twice"},
	{"pywbemtools/*/simple*mock_model.mof", cim.MOFMultipleAliases, "an alias twice"},
	{"sfcb/20_indication.mof", wbem.InvalidOperation, "what it needs declares __Namespace"},
	{"sfcb/*/Test_ExecQuery.mof", cim.MOFTypeMismatch, "a string as char16"},

	{"negative/pegasus/InvalidMof1.mof", cim.OK, "a class without keys"},
	{"negative/pegasus/InvalidPragma[12].mof", cim.OK, "a warning"},
	{"negative/pegasus/badQualifierDecl4.mof", cim.OK, "it says itself that it is legal"},
	{"negative/pegasus/badQualifierDecl14.mof", cim.OK, "the same"},
	{"negative/pywbem-inline/TestNamespacePragma.test_invalid_namespace*", cim.OK, "the test redirects it"},
	{"negative/pywbem-inline/TestPartialSchema.test_compile_class_embinst_err*", cim.OK, "a class that is only named need not exist"},
	{"negative/pywbem-inline/TestPartialSchema.test_compile_class_ref_err*", cim.OK, "the same"},
}

func matches(pattern, name string) bool {
	// A star stands for slashes too.
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "!"), strings.ReplaceAll(name, "/", "!"))
	if err != nil {
		panic(err)
	}
	return ok
}

// acceptable reports whether a file may end with a status.
func (s *shelf) acceptable(o *other, status wbem.Status) bool {
	for _, e := range exceptions {
		if e.status == status && matches(e.pattern, o.File) {
			return true
		}
	}
	switch o.Kind {
	case "valid":
		return status == cim.OK ||
			status == wbem.InvalidOperation && slices.ContainsFunc(o.declares, cim.IsSystemName) ||
			status == wbem.ClassHasChildren && s.again ||
			(status == wbem.InvalidClass || status == wbem.InvalidSuperclass) && s.missing
	case "invalid", "needs-class", "needs-preprocessor":
		return status != cim.OK
	}
	return true // nobody says what comes of the others
}

// TestOthers compiles what others wrote: valid files must compile once what they
// need is there, others must fail.
func TestOthers(t *testing.T) {
	list := others(t)
	lib := newLibrary(t, list)
	m := openMemory(t)
	root := connect(t, m, "root")
	counts, back := map[string]int{}, printed{}
	for i, o := range list {
		s := &shelf{library: lib, m: m, counts: &back, has: map[string]bool{}, visited: map[*other]bool{}, o: compile.Options{
			Namespace: fmt.Sprintf(`root\n%d`, i), CreateNamespace: true,
		}}
		s.o.ReadFile = s.read
		err := s.put(o)
		var e *compile.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s: %v is no *compile.Error", o.File, err)
			continue
		}
		status := cim.OK
		if err != nil {
			status = e.Status()
		}
		if !s.acceptable(o, status) {
			t.Errorf("%s (%s): %v", o.File, o.Kind, err)
		}
		counts[o.Kind+" "+status.Name()]++
		if status == cim.OK && o.Kind == "valid" && !isMFL(o) {
			roundTrip(t, s, o)
		}
		p := cim.MustParsePath(fmt.Sprintf(`__Namespace.Name="n%d"`, i))
		if err := root.DeleteInstance(ctx, p, wbem.Options{Lazy: true}); err != nil && !errors.Is(err, wbem.NotFound) {
			t.Fatal(err)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		t.Log(counts[k], k)
	}
	t.Logf("printed and compiled again: %+v", back)
}
