package mof_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"openwmi/internal/source"
	"openwmi/mof"
)

// A sample is a row of the index of the corpus.
type sample struct {
	File, Kind string
	Classes    int
}

func samples(t *testing.T) []sample {
	t.Helper()
	data, err := os.ReadFile(corpus + "/files.json")
	if err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	var rows []sample
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (s sample) decode(t *testing.T) *source.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, s.File))
	if err != nil {
		t.Fatal(err)
	}
	src, _, err := source.Decode(s.File, data)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// refused has the files which the index calls valid and we don't accept, with
// the reason. Other servers accept some; those of the Windows documentation are
// descriptions rather than files.
var refused = map[string]string{
	"pegasus/src/Pegasus/Compiler/cmdline/tests/ValidMof4a.mof":    "a property of an instance has two values",
	"pegasus/src/Providers/TestProviders/Load/CLITestProvider.mof": "a parameter is called returnValue: model.md 7.1",
	"pywbemtools/unit/pywbemcli/mock_subscriptiontest.mof":         "strings without quotes",
	"pywbemtools/unit/pywbemcli/qualifier_filter_model.mof":        "properties declared twice",
	"pywbemtools/unit/pywbemcli/simple_foo_mock_model.mof":         "aliases defined twice",
	"pywbemtools/unit/pywbemcli/simple_mock_model.mof":             "aliases defined twice",
	"msdocs/WmiSdk/pragma-instanceflags.L25.mof":                   "[Flag] stands for a flag",
	"msdocs/WmiSdk/pragma-deleteclass.L25.mof":                     "[Flag] stands for a flag",
	"msdocs/WmiSdk/pragma-deleteinstance.L25.mof":                  "[Flag] stands for a flag",
	"msdocs/WmiSdk/pragma-classflags.L24.mof":                      "[flag1] stands for a flag",
	"msdocs/WmiSdk/pragma-namespace.L25.mof":                       "[Namespace] stands for a namespace",
	"msdocs/WmiSdk/--namespacemodificationevent.L32.mof":           "a property is declared twice",
	"msdocs/WmiCoreProv/wmievent.L28.mof":                          "an empty list of qualifiers",
}

// accepted has the files which the index calls invalid and we accept so far,
// with the reason.
var accepted = map[string]string{
	"negative/pegasus/InstAliasError.mof":                                  "storing fails: the class is unknown",
	"negative/pegasus/InstAliasError2.mof":                                 "storing fails: an alias is undefined",
	"negative/pegasus/InvalidPragma1.mof":                                  "unknown pragmas are ignored with a warning, there too",
	"negative/pegasus/InvalidPragma2.mof":                                  "locales have no effect, there too",
	"negative/pegasus/badQualifierDecl4.mof":                               "it says itself that it should be legal",
	"negative/pegasus/badQualifierDecl14.mof":                              "it says itself that it should be legal",
	"negative/pegasus/InvalidMof1.mof":                                     "WMI needs no declarations of qualifiers",
	"negative/pywbem-inline/TestParseError.test_missing_alias.0.mof":       "storing fails: an alias is undefined",
	"negative/pywbem-inline/TestInstCompile.test_mismatch_property.0.mof":  "storing fails: the property has another type",
	"negative/pywbem-inline/TESTCASES_EMBEDDED_OBJECT_PROP_COMPILE.10.mof": "storing fails: the property is an array",
}

// errorLines has the line in which others find the error of an invalid file.
var errorLines = map[string]int{
	"negative/pegasus/badQualifierDecl1.mof":                                4,
	"negative/pegasus/badQualifierDecl2.mof":                                4,
	"negative/pegasus/badQualifierDecl3.mof":                                4,
	"negative/pegasus/badQualifierDecl5.mof":                                4,
	"negative/pegasus/badQualifierDecl6.mof":                                4,
	"negative/pegasus/badQualifierDecl10.mof":                               3,
	"negative/pegasus/badQualifierDecl11.mof":                               3,
	"negative/pegasus/badQualifierDecl12.mof":                               3,
	"negative/pegasus/badQualifierDecl13.mof":                               3,
	"negative/pegasus/badQualifierDecl15.mof":                               4,
	"negative/pegasus/badQualifierDecl16.mof":                               3,
	"negative/pegasus/badQualifierDecl20.mof":                               3,
	"negative/pegasus/badQualifier1.mof":                                    12,
	"negative/pywbem/parse_error01.mof":                                     16,
	"negative/pywbem/parse_error02.mof":                                     6,
	"negative/pywbem/parse_error03.mof":                                     24,
	"pegasus/src/Providers/TestProviders/Load/AssociationTestProviderR.mof": 151,
}

func TestCorpus(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.File, func(t *testing.T) {
			list := new(source.List)
			tree := mof.Parse(s.decode(t), mof.Options{}, list)
			mof.Check(tree, mof.Auto, list)
			classes := 0
			for _, d := range tree.Decls {
				if _, ok := d.(*mof.ClassDecl); ok {
					classes++
				}
			}
			_, isRefused := refused[s.File]
			_, isAccepted := accepted[s.File]
			switch s.Kind {
			case "valid", "needs-include", "needs-class":
				if err := list.Err(); (err != nil) != isRefused {
					t.Errorf("error %v, want one: %v (%s)", err, isRefused, refused[s.File])
				}
				if list.Err() == nil && classes != s.Classes {
					t.Errorf("%d classes, the index counts %d", classes, s.Classes)
				}
			case "invalid", "damaged":
				if err := list.Err(); (err == nil) != isAccepted {
					t.Errorf("error %v, want none: %v (%s)", err, isAccepted, accepted[s.File])
				}
				if line := errorLines[s.File]; line != 0 {
					first := list.Unwrap()[0].(*source.Diagnostic)
					if got := first.File.Line(first.Pos); got != line {
						t.Errorf("%v: want it in line %d", first, line)
					}
				}
			case "needs-preprocessor":
				if list.Err() == nil {
					t.Error("accepted without the C preprocessor")
				}
			case "mof3":
				// The first five of the files have nothing of MOF 3 in them.
				n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(s.File)[:4], "D."))
				want := n > 4 && n != 6
				if (list.Err() != nil) != want {
					t.Errorf("error %v, want one: %v", list.Err(), want)
				}
			}
		})
	}
}
