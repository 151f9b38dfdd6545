package scripting_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documented are the members of the scripting library, with the number of their
// parameters where they have any.
var documented = map[string]string{
	"SWbemLocator":         "ConnectServer/8 Security_",
	"SWbemServices":        "Get/3 GetAsync/5 Delete/3 DeleteAsync/5 InstancesOf/3 InstancesOfAsync/5 SubclassesOf/3 SubclassesOfAsync/5 ExecQuery/4 ExecQueryAsync/6 AssociatorsOf/11 AssociatorsOfAsync/13 ReferencesTo/8 ReferencesToAsync/10 ExecNotificationQuery/4 ExecNotificationQueryAsync/6 ExecMethod/5 ExecMethodAsync/7 Security_",
	"SWbemServicesEx":      "Put/3 PutAsync/5",
	"SWbemObject":          "Put_/2 PutAsync_/4 Delete_/2 DeleteAsync_/4 Instances_/2 InstancesAsync_/4 Subclasses_/2 SubclassesAsync_/4 Associators_/10 AssociatorsAsync_/12 References_/7 ReferencesAsync_/9 ExecMethod_/4 ExecMethodAsync_/6 Clone_/0 GetObjectText_/1 SpawnDerivedClass_/1 SpawnInstance_/1 CompareTo_/2 Qualifiers_ Properties_ Methods_ Derivation_ Path_ Security_ (property) (method)",
	"SWbemObjectEx":        "Refresh_/2 SystemProperties_ GetText_/3 SetFromText_/4",
	"SWbemLastError":       "Path_ Properties_ Clone_/0 CompareTo_/2 GetObjectText_/1",
	"SWbemObjectSet":       "_NewEnum Item/2 Count ItemIndex/1 Security_",
	"SWbemObjectPath":      "Path RelPath Server Namespace ParentNamespace DisplayName Class IsClass SetAsClass/0 IsSingleton SetAsSingleton/0 Keys Security_ Locale Authority",
	"SWbemNamedValueSet":   "_NewEnum Item/2 Count Add/3 Remove/2 Clone/0 DeleteAll/0",
	"SWbemNamedValue":      "Value Name",
	"SWbemSink":            "Cancel/0 OnObjectReady OnCompleted OnProgress OnObjectPut",
	"SWbemEventSource":     "NextEvent/1 Security_",
	"SWbemRefresher":       "_NewEnum Item/1 Count Add/4 AddEnum/4 Remove/2 Refresh/1 AutoReconnect DeleteAll/0",
	"SWbemRefreshableItem": "Index Refresher IsSet Object ObjectSet Remove/1",
	"SWbemDateTime":        "Value Year YearSpecified Month MonthSpecified Day DaySpecified Hours HoursSpecified Minutes MinutesSpecified Seconds SecondsSpecified Microseconds MicrosecondsSpecified UTC UTCSpecified IsInterval GetVarDate/1 SetVarDate/2 GetFileTime/1 SetFileTime/2",
	"SWbemSecurity":        "ImpersonationLevel AuthenticationLevel Privileges",
	"SWbemPrivilegeSet":    "_NewEnum Item/1 Count Add/2 AddAsString/2 Remove/1 DeleteAll/0",
	"SWbemPrivilege":       "IsEnabled Name DisplayName Identifier",
	"SWbemPropertySet":     "_NewEnum Item/2 Count Add/4 Remove/2",
	"SWbemProperty":        "Value Name IsLocal Origin CIMType Qualifiers_ IsArray",
	"SWbemQualifierSet":    "_NewEnum Item/2 Count Add/6 Remove/2",
	"SWbemQualifier":       "Value Name IsLocal PropagatesToSubclass PropagatesToInstance IsOverridable IsAmended",
	"SWbemMethodSet":       "_NewEnum Item/2 Count",
	"SWbemMethod":          "Name Origin InParameters OutParameters Qualifiers_",
}

// creatable are the objects with a ProgID; each has a row of its own.
var creatable = []string{"SWbemLocator", "SWbemSink", "SWbemNamedValueSet", "SWbemObjectPath", "SWbemLastError", "SWbemDateTime", "SWbemRefresher"}

// A row is a line of the table in the package comment.
type row struct {
	member     string   // SWbemServices.Get
	parameters []string // their names, nil for none
	called     bool     // it has parentheses
	places     []string // in Go
}

var rowPattern = regexp.MustCompile(`^((?:GetObject|SWbem\w+)(?:\.[\w()]+?)?)(\([^)]*\))?  (.+)$`)

func readTable(t *testing.T, comment string) []row {
	t.Helper()
	_, table, ok := strings.Cut(comment, "# Members")
	if !ok {
		t.Fatal("the package comment has no table of members")
	}
	var rows []row
	for line := range strings.Lines(table) {
		line, isRow := strings.CutPrefix(strings.TrimRight(line, "\n"), "\t")
		if !isRow || line == "" {
			continue
		}
		m := rowPattern.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("row %q is not understood", line)
			continue
		}
		r := row{member: m[1], called: m[2] != ""}
		for p := range strings.SplitSeq(strings.Trim(m[2], "()"), ", ") {
			if name, _, _ := strings.Cut(p, "="); name != "" {
				r.parameters = append(r.parameters, name)
			}
		}
		r.places = strings.Split(m[3], ", ")
		rows = append(rows, r)
	}
	return rows
}

// declarations returns what the package exports, as Name, Type.Method and
// Type.Field, with the names of the parameters.
func declarations(t *testing.T) (comment string, names map[string][]string) {
	t.Helper()
	names = map[string][]string{}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		comment += file.Doc.Text()
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = receiver(d.Recv.List[0].Type) + "." + name
				}
				names[name] = parameterNames(d.Type)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						names[s.Name.Name] = nil
						if fields, ok := s.Type.(*ast.StructType); ok {
							for _, f := range fields.Fields.List {
								for _, n := range f.Names {
									names[s.Name.Name+"."+n.Name] = nil
								}
							}
						}
					}
				}
			}
		}
	}
	return comment, names
}

func receiver(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	return e.(*ast.Ident).Name
}

func parameterNames(f *ast.FuncType) []string {
	var names []string
	for _, p := range f.Params.List {
		for _, n := range p.Names {
			names = append(names, n.Name)
		}
	}
	return names
}

// TestMembers checks the table in the package comment: it has every documented
// member and no other, and what it says is there is there.
func TestMembers(t *testing.T) {
	comment, names := declarations(t)
	rows := readTable(t, comment)
	seen := map[string]row{}
	for _, r := range rows {
		if _, twice := seen[r.member]; twice {
			t.Errorf("%s has two rows", r.member)
		}
		seen[r.member] = r
		for _, place := range r.places {
			parameters, ok := names[place]
			switch {
			case !ok:
				t.Errorf("%s: there is no %s", r.member, place)
			case r.called && !slices.Equal(parameters, r.parameters):
				t.Errorf("%s: parameters %q, but %s has %q", r.member, r.parameters, place, parameters)
			}
		}
	}
	count := 0
	for object, members := range documented {
		for member := range strings.FieldsSeq(members) {
			count++
			member, parameters, called := strings.Cut(member, "/")
			r, ok := seen[object+"."+member]
			switch {
			case !ok:
				t.Errorf("the table lacks %s.%s", object, member)
			case r.called != called, called && parameters != strconv.Itoa(len(r.parameters)):
				t.Errorf("%s.%s has %d parameters in the table, documented %s", object, member, len(r.parameters), parameters)
			}
		}
	}
	for _, object := range append(creatable, "GetObject") {
		count++
		if _, ok := seen[object]; !ok {
			t.Errorf("the table lacks %s", object)
		}
	}
	if count != len(rows) {
		t.Errorf("the table has %d rows for %d members", len(rows), count)
	}
}
