package cimxml_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// A pegasus is as particular as OpenPegasus is. It keeps what it is sent as text,
// in one namespace.
type pegasus struct {
	mu         sync.Mutex // guards what follows
	qualifiers map[string]string
	classes    map[string]string
	instances  []string
	queries    []string
	namespaces []string // with slashes

	interop bool // namespaces are CIM_Namespace, and nothing else
}

var (
	nameAttr  = regexp.MustCompile(` NAME="([^"]*)"`)
	className = regexp.MustCompile(`CLASSNAME NAME="([^"]*)"`)
	ofClass   = regexp.MustCompile(`CLASSNAME="([^"]*)"`)
	uses      = regexp.MustCompile(`<QUALIFIER NAME="([^"]*)" TYPE="([^"]*)"([^>]*)>`)
	inPlace   = regexp.MustCompile(`<NAMESPACE NAME="([^"]*)"/>`)
	theClass  = regexp.MustCompile(`(?s)<CLASS .*</CLASS>`)
	value     = regexp.MustCompile(`<VALUE>([^<]*)</VALUE>`)
	theObject = regexp.MustCompile(`(?s)<INSTANCE .*</INSTANCE>`)
)

func first(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[len(m)-1]
	}
	return ""
}

// place returns the namespace that a question is about.
func (q question) place() string {
	var names []string
	for _, m := range inPlace.FindAllStringSubmatch(q.text, -1) {
		names = append(names, m[1])
	}
	return strings.Join(names, "/")
}

func (p *pegasus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := asked(r)
	refuse := func(code int, format string, args ...any) {
		q.answer(w, fmt.Sprintf(`<ERROR CODE="%d" DESCRIPTION="%s"/>`, code, fmt.Sprintf(format, args...)))
	}
	_, params, _ := strings.Cut(q.text, "</LOCALNAMESPACEPATH>")
	class := first(className, params)
	if class == "" {
		class = first(ofClass, params)
	}
	switch {
	case !slices.Contains(p.namespaces, q.place()):
		refuse(3, "CIM_ERR_INVALID_NAMESPACE: %s", q.place())
	case strings.HasSuffix(class, "_Namespace") && q.method != "GetClass":
		p.namespace(w, q, params, class, refuse)
	case q.method == "GetClass" && p.classes[class] != "":
		q.answer(w, "<IRETURNVALUE>"+p.classes[class]+"</IRETURNVALUE>")
	case q.method == "GetClass" && class == "CIM_Namespace" && q.place() == "interop":
		q.answer(w, `<IRETURNVALUE><CLASS NAME="CIM_Namespace"><PROPERTY NAME="SystemName" TYPE="string"><QUALIFIER NAME="Key" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER>
			</PROPERTY><PROPERTY NAME="Name" TYPE="string"><QUALIFIER NAME="Key" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER></PROPERTY></CLASS></IRETURNVALUE>`)
	case q.method == "GetClass":
		refuse(6, "CIM_ERR_NOT_FOUND: %s", class)
	case q.method == "SetQualifier":
		p.qualifiers[strings.ToLower(first(nameAttr, params[strings.Index(params, "<QUALIFIER.DEC"):]))] =
			params[strings.Index(params, "<QUALIFIER.DEC"):strings.Index(params, "</IPARAMVALUE>")]
		q.answer(w, "")
	case q.method == "EnumerateQualifiers":
		var all string
		for _, text := range p.qualifiers {
			all += text
		}
		q.answer(w, "<IRETURNVALUE>"+all+"</IRETURNVALUE>")
	case q.method == "CreateClass":
		for _, use := range uses.FindAllStringSubmatch(params, -1) {
			text, ok := p.qualifiers[strings.ToLower(use[1])]
			switch {
			case !ok:
				refuse(1, "CIM_ERR_FAILED: undeclared qualifier: %s", use[1])
				return
			case !strings.Contains(text, `TYPE="`+use[2]+`"`):
				refuse(1, "CIM_ERR_FAILED: CIMType of qualifier different than its declaration: %s", use[1])
				return
			case strings.Contains(text, `OVERRIDABLE="false"`) && !strings.Contains(use[3], `OVERRIDABLE="false"`):
				refuse(1, "CIM_ERR_FAILED: qualifier not overridable: %s", use[1])
				return
			}
		}
		text := theClass.FindString(params)
		p.classes[first(nameAttr, text)] = text
		q.answer(w, "")
	case q.method == "CreateInstance":
		p.instances = append(p.instances, theObject.FindString(params))
		q.answer(w, `<IRETURNVALUE><INSTANCENAME CLASSNAME="`+class+`"><KEYBINDING NAME="Id"><KEYVALUE VALUETYPE="string">`+
			first(value, params)+`</KEYVALUE></KEYBINDING></INSTANCENAME></IRETURNVALUE>`)
	case q.method == "EnumerateInstances":
		q.answer(w, "<IRETURNVALUE><VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME=\""+class+"\"/>"+
			strings.Join(p.instances, "</VALUE.NAMEDINSTANCE><VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME=\""+class+"\"/>")+"</VALUE.NAMEDINSTANCE></IRETURNVALUE>")
	case q.method == "ExecQuery":
		_, text, _ := strings.Cut(params, `NAME="Query"`)
		text = strings.NewReplacer("&quot;", `"`, "&lt;", "<", "&gt;", ">", "&apos;", "'", "&amp;", "&").Replace(first(value, text))
		p.queries = append(p.queries, text)
		if strings.Contains(text, "'") {
			refuse(15, "CIM_ERR_INVALID_QUERY: %s", "'")
			return
		}
		q.answer(w, "<IRETURNVALUE></IRETURNVALUE>")
	default:
		refuse(7, "CIM_ERR_NOT_SUPPORTED")
	}
}

// namespace carries out an operation on a class of namespaces.
func (p *pegasus) namespace(w http.ResponseWriter, q question, params, class string, refuse func(int, string, ...any)) {
	old := class == "__Namespace"
	if old == p.interop || !old && q.place() != "interop" {
		refuse(5, "CIM_ERR_INVALID_CLASS: %s", class)
		return
	}
	name := ""
	for _, v := range regexp.MustCompile(`"Name"[^<]*><(?:KEY)?VALUE[^>]*>([^<]*)<`).FindAllStringSubmatch(params, -1) {
		name = v[1]
	}
	if old {
		name = q.place() + "/" + name
	}
	at := slices.Index(p.namespaces, name)
	named := func(name string) string {
		return `<INSTANCENAME CLASSNAME="` + class + `"><KEYBINDING NAME="SystemName"><KEYVALUE>h</KEYVALUE></KEYBINDING><KEYBINDING NAME="Name"><KEYVALUE>` + name + `</KEYVALUE></KEYBINDING></INSTANCENAME>`
	}
	switch {
	case q.method == "CreateInstance" && at >= 0:
		refuse(11, "CIM_ERR_ALREADY_EXISTS")
	case q.method == "CreateInstance" && p.interop && !strings.Contains(params, `NAME="SystemName"`):
		refuse(4, "CIM_ERR_INVALID_PARAMETER: a key is missing")
	case q.method == "CreateInstance":
		p.namespaces = append(p.namespaces, name)
		q.answer(w, "<IRETURNVALUE>"+named(name)+"</IRETURNVALUE>")
	case q.method == "DeleteInstance" && at < 0:
		refuse(3, "CIM_ERR_INVALID_NAMESPACE")
	case q.method == "DeleteInstance":
		p.namespaces = slices.Delete(p.namespaces, at, at+1)
		q.answer(w, "")
	case q.method == "EnumerateInstances":
		var all string
		for _, name := range p.namespaces {
			system := `<PROPERTY NAME="SystemName" TYPE="string"><VALUE>h</VALUE></PROPERTY>`
			if old {
				system = ""
				name = strings.TrimPrefix(name, q.place()+"/")
			}
			all += "<VALUE.NAMEDINSTANCE>" + named(name) + `<INSTANCE CLASSNAME="` + class + `">` + system +
				`<PROPERTY NAME="Name" TYPE="string"><VALUE>` + name + "</VALUE></PROPERTY></INSTANCE></VALUE.NAMEDINSTANCE>"
		}
		q.answer(w, "<IRETURNVALUE>"+all+"</IRETURNVALUE>")
	default:
		refuse(7, "CIM_ERR_NOT_SUPPORTED")
	}
}

func connectPegasus(t *testing.T, p *pegasus, namespace string) wbem.Services {
	t.Helper()
	p.qualifiers, p.classes = map[string]string{}, map[string]string{}
	svc, err := pegasusLocator(t, p).Connect(t.Context(), namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// A schema with what WMI writes otherwise than CIM is stored, with instances, and
// read back.
func TestPegasusSchema(t *testing.T) {
	p := &pegasus{namespaces: []string{"root/cimv2"}}
	p.qualifiers, p.classes = map[string]string{}, map[string]string{}
	l := pegasusLocator(t, p)
	text := `
		class Place { [key] string Id; [MaxLen(8)] string Names[]; uint8 Four[4]; [Mine(3)] uint16 N; uint32 Go([in, MinLen(2)] string Way); };
		class Home : Place { Place Beside; };
		instance of Home { Id = "h"; Four = {1, 2, 3, 4}; Beside = instance of Place { Id = "p"; }; };`
	program, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "place.mof", []byte(text))
	if err == nil {
		_, err = program.Store(t.Context(), l)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"key": `OVERRIDABLE="false"`, "maxlen": `TYPE="uint32"`, "mine": `TYPE="sint32"`, "in": "PARAMETER", "embeddedinstance": "PROPERTY",
	} {
		if !strings.Contains(p.qualifiers[name], want) {
			t.Errorf("qualifier %s is %q", name, p.qualifiers[name])
		}
	}
	if text := p.classes["Place"]; !strings.Contains(text, `ARRAYSIZE="4"`) || strings.Count(text, "MaxLen") != 1 {
		t.Errorf("the class is %s", text)
	}
	svc, err := l.Connect(t.Context(), "", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	home, err := svc.GetClass(t.Context(), "Home", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if b := home.Property("Beside"); b.Type() != cim.TypeObject || b.Class() != "Place" {
		t.Errorf("Beside is %v of %s", b.Type(), b.Class())
	}
	if n := home.Property("Four").Qualifiers().Value("MaxLen"); n.Int() != 4 {
		t.Errorf("Four has %v elements", n)
	}
	n := 0
	for inst, err := range svc.Instances(t.Context(), "Home", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		v, _ := inst.Get("Beside")
		if o := v.Object(); o == nil || o.ClassName() != "Place" {
			t.Errorf("Beside is %v", v)
		}
	}
	if n != 1 {
		t.Errorf("%d instances", n)
	}
}

// Namespaces are instances of __Namespace, whatever the server makes of that.
func TestPegasusNamespaces(t *testing.T) {
	for name, p := range map[string]*pegasus{
		"old": {namespaces: []string{"root", "root/a"}},
		"new": {namespaces: []string{"root", "root/a", "root/a/b", "interop"}, interop: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			svc := connectPegasus(t, p, "root")
			list := func() []string {
				return slices.DeleteFunc(sorted(names(t, svc.Instances(ctx, "__Namespace", wbem.Options{}))), func(s string) bool {
					return s == `__Namespace.Name="root"`
				})
			}
			if got := list(); !cmp.Equal(got, []string{`__Namespace.Name="a"`}) {
				t.Errorf("namespaces: %q", got)
			}
			c, err := svc.GetClass(ctx, "__Namespace", wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			inst := cim.NewInstance(c)
			if err := inst.Set("Name", cim.StringValue("c")); err != nil {
				t.Fatal(err)
			}
			if _, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{Flags: wbem.UpdateOnly}); wbem.StatusOf(err) != wbem.NotFound {
				t.Errorf("updated: %v", err)
			}
			path, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{})
			if err != nil || path.RelPath() != `__Namespace.Name="c"` {
				t.Errorf("put %s: %v", path, err)
			}
			if !slices.Contains(p.namespaces, "root/c") {
				t.Errorf("there are %q", p.namespaces)
			}
			if _, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{}); err != nil {
				t.Errorf("put again: %v", err)
			}
			if _, err := svc.PutInstance(ctx, inst.Clone(), wbem.Options{Flags: wbem.CreateOnly}); wbem.StatusOf(err) != wbem.AlreadyExists {
				t.Errorf("created again: %v", err)
			}
			if got := list(); !cmp.Equal(got, []string{`__Namespace.Name="a"`, `__Namespace.Name="c"`}) {
				t.Errorf("namespaces: %q", got)
			}
			path.Server = ""
			if err := svc.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
				t.Error(err)
			}
			if err := svc.DeleteInstance(ctx, path, wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
				t.Errorf("deleted again: %v", err)
			}
		})
	}
}

// Queries are sent as every server reads them.
func TestPegasusQueries(t *testing.T) {
	p := &pegasus{namespaces: []string{"root/cimv2"}}
	svc := connectPegasus(t, p, "")
	for query, want := range map[string]string{
		`SELECT Name FROM C WHERE Name = 'a"b\\c'`:                 `SELECT Name FROM C WHERE Name = "a\"b\\c"`,
		`select * from C where "x" < A and not B like 'x_' or N=1`: `SELECT * FROM C WHERE A > "x" AND NOT B LIKE "x_" OR N = 1`,
		`SELECT __PATH, A FROM C WHERE A IS NULL`:                  `SELECT * FROM C WHERE A IS NULL`,
		`SELECT A.B FROM C`:                                        `SELECT * FROM C`,
	} {
		p.queries = nil
		for _, err := range svc.Query(t.Context(), "WQL", query, wbem.Options{}) {
			t.Error(err)
		}
		if !cmp.Equal(p.queries, []string{want}) {
			t.Errorf("%s was sent as %q", query, p.queries)
		}
	}
	for _, err := range svc.Query(t.Context(), "WQL", "SELECT * FROM C WHERE A = 1 AND NOT __CLASS = 'D'", wbem.Options{}) {
		if wbem.StatusOf(err) != wbem.NotSupported {
			t.Errorf("__CLASS in a condition: %v", err)
		}
	}
}
