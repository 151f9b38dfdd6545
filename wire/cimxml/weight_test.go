package cimxml_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// repeated reads as n texts, one after the other; fewer than 0 never end.
type repeated struct {
	n    int
	text func(i int) string
	i    int
	left string
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == "" {
		if r.i == r.n {
			return 0, io.EOF
		}
		r.left = r.text(r.i)
		r.i++
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

var classAsked = regexp.MustCompile(`CLASSNAME NAME="([^"]*)"`)

// hostile returns a session with a server that answers a method as it is told, and
// knows no other; and the client. What a client may keep is little.
func hostile(t *testing.T, native bool, answer func(q question, class string) io.Reader) (wbem.Services, *cimxml.Client) {
	t.Helper()
	send := func(_ context.Context, message []byte) (io.ReadCloser, error) {
		found := asks.FindSubmatch(message)
		q := question{id: string(found[1]), tag: string(found[2]), method: string(found[3]), text: string(message)}
		var class string
		if m := classAsked.FindSubmatch(message); m != nil {
			class = string(m[1])
		}
		var body io.Reader
		switch {
		case q.method == "__Connect" && native:
			body = strings.NewReader(`<IRETURNVALUE><VALUE>HERE</VALUE><VALUE>root</VALUE><VALUE>en-US</VALUE></IRETURNVALUE>`)
		case q.method == "__Connect", class == "CIM_ManagedElement", strings.HasPrefix(q.method, "Open"):
			body = strings.NewReader(`<ERROR CODE="7"/>`)
		default:
			body = answer(q, class)
		}
		if body == nil {
			body = strings.NewReader(`<ERROR CODE="6"/>`)
		}
		return io.NopCloser(io.MultiReader(strings.NewReader(q.begins()), body, strings.NewReader(q.ends()))), nil
	}
	c, err := cimxml.NewClient("http://host", cimxml.ClientOptions{Send: send})
	if err != nil {
		t.Fatal(err)
	}
	c.Limit(1<<20, 4<<20, 2<<20)
	svc, err := c.Connect(t.Context(), "root", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc, c
}

// within returns what stands between a head and a tail, without end if n is negative.
func within(head string, n int, text func(i int) string, tail string) io.Reader {
	return io.MultiReader(strings.NewReader(head), &repeated{n: n, text: text}, strings.NewReader(tail))
}

// long is a text of 10,000 bytes.
var long = strings.Repeat("long text ", 1000)

// described returns CLASS with a long text.
func described(name, super string) string {
	members := `<PROPERTY NAME="P" TYPE="string"/>`
	if super != "" {
		super, members = ` SUPERCLASS="`+super+`"`, ""
	}
	return `<CLASS NAME="` + name + `"` + super + `><QUALIFIER NAME="Description" TYPE="string"><VALUE>` + long + `</VALUE></QUALIFIER>` + members + `</CLASS>`
}

// An object, a list, or a class with its superclasses that has no end is refused by a
// client, and so is what could be one.
func TestHostileServer(t *testing.T) {
	const forever = -1
	values := func(int) string { return "<VALUE>" + long + "</VALUE>" }
	array := `<INSTANCE CLASSNAME="C"><PROPERTY.ARRAY NAME="P" TYPE="string"><VALUE.ARRAY>`
	path := cim.MustParsePath(`C.K="1"`)
	all := func(ctx context.Context, svc wbem.Services, query string) (err error) {
		for _, err = range svc.Query(ctx, "WQL", query, wbem.Options{}) {
		}
		return err
	}
	for _, c := range []struct {
		name   string
		native bool
		answer func(q question, class string) io.Reader
		ask    func(ctx context.Context, svc wbem.Services) error
	}{
		{"an instance", false, func(q question, _ string) io.Reader {
			if q.method != "GetInstance" {
				return nil
			}
			return within("<IRETURNVALUE>"+array, forever, values, "")
		}, func(ctx context.Context, svc wbem.Services) error {
			_, err := svc.GetInstance(ctx, path, wbem.Options{})
			return err
		}},
		{"one of many instances", false, func(q question, _ string) io.Reader {
			if q.method != "EnumerateInstances" {
				return nil
			}
			return within("<IRETURNVALUE><VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME=\"C\"/>"+array, forever, values, "")
		}, func(ctx context.Context, svc wbem.Services) (err error) {
			for _, err = range svc.Instances(ctx, "C", wbem.Options{}) {
			}
			return err
		}},
		{"an instance, natively", true, func(question, string) io.Reader {
			return within(`<IRETURNVALUE><WMI.CLASS ID="1"><CLASS NAME="C"><PROPERTY.ARRAY NAME="P" TYPE="string"/></CLASS></WMI.CLASS><WMI.INSTANCE CLASS="1">`+array, forever, values, "")
		}, func(ctx context.Context, svc wbem.Services) error {
			_, err := svc.GetInstance(ctx, path, wbem.Options{})
			return err
		}},
		{"a class", false, func(q question, class string) io.Reader {
			return within(`<IRETURNVALUE><CLASS NAME="C">`, forever, func(i int) string {
				return fmt.Sprintf(`<METHOD NAME="M%d" TYPE="uint32"><QUALIFIER NAME="Description" TYPE="string"><VALUE>%s</VALUE></QUALIFIER></METHOD>`, i, long)
			}, "")
		}, func(ctx context.Context, svc wbem.Services) error {
			_, err := svc.GetClass(ctx, "C", wbem.Options{})
			return err
		}},
		{"superclasses", false, func(q question, class string) io.Reader {
			var n int
			fmt.Sscanf(class, "C%d", &n)
			super := fmt.Sprint("C", n+1)
			if n == 200 {
				super = ""
			}
			return within("<IRETURNVALUE>", 1, func(int) string {
				return strings.Replace(described(class, super), long, strings.Repeat(long, 4), 1)
			}, "</IRETURNVALUE>")
		}, func(ctx context.Context, svc wbem.Services) error {
			_, err := svc.GetClass(ctx, "C1", wbem.Options{})
			return err
		}},
		{"classes", false, func(q question, class string) io.Reader {
			return within(`<IRETURNVALUE>`, forever, func(i int) string { return described(fmt.Sprint("C", i), "") }, "")
		}, func(ctx context.Context, svc wbem.Services) (err error) {
			for _, err = range svc.Classes(ctx, "", wbem.Options{}) {
			}
			return err
		}},
		{"superclasses that are not sent", false, func(q question, class string) io.Reader {
			if q.method == "EnumerateClasses" {
				return within(`<IRETURNVALUE>`, 1000, func(i int) string { return fmt.Sprintf(`<CLASS NAME="C%d" SUPERCLASS="S%d"/>`, i, i) }, "</IRETURNVALUE>")
			}
			return strings.NewReader("<IRETURNVALUE>" + described(class, "") + "</IRETURNVALUE>")
		}, func(ctx context.Context, svc wbem.Services) (err error) {
			for _, err = range svc.Classes(ctx, "", wbem.Options{}) {
			}
			return err
		}},
		{"names", false, func(q question, class string) io.Reader {
			if q.method != "AssociatorNames" {
				return nil
			}
			return within(`<IRETURNVALUE>`, forever, func(i int) string {
				return `<OBJECTPATH><INSTANCEPATH><NAMESPACEPATH><HOST>h</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/></LOCALNAMESPACEPATH></NAMESPACEPATH>` +
					`<INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="K"><KEYVALUE>` + long + `</KEYVALUE></KEYBINDING></INSTANCENAME></INSTANCEPATH></OBJECTPATH>`
			}, "")
		}, func(ctx context.Context, svc wbem.Services) error {
			return all(ctx, svc, `ASSOCIATORS OF {C.K="1"} WHERE ClassDefsOnly`)
		}},
		{"definitions, natively", true, func(question, string) io.Reader {
			return within(`<IRETURNVALUE>`, forever, func(i int) string {
				return fmt.Sprintf(`<WMI.CLASS ID="%d">%s</WMI.CLASS>`, i, described(fmt.Sprint("C", i), ""))
			}, "")
		}, func(ctx context.Context, svc wbem.Services) (err error) {
			for _, err = range svc.Instances(ctx, "C", wbem.Options{}) {
			}
			return err
		}},
		{"small definitions with all that they inherit, natively", true, func(question, string) io.Reader {
			var wide strings.Builder
			for i := range cim.MaxProperties {
				fmt.Fprintf(&wide, `<PROPERTY NAME="P%d" TYPE="uint8"/>`, i)
			}
			return within(`<IRETURNVALUE><WMI.CLASS ID="0"><CLASS NAME="C0">`+wide.String()+`</CLASS></WMI.CLASS>`, forever, func(i int) string {
				return fmt.Sprintf(`<WMI.CLASS ID="%d" SUPER="0"><CLASS NAME="C%d" SUPERCLASS="C0"/></WMI.CLASS>`, i+1, i+1)
			}, "")
		}, func(ctx context.Context, svc wbem.Services) (err error) {
			for _, err = range svc.Instances(ctx, "C", wbem.Options{}) {
			}
			return err
		}},
		{"events", true, func(q question, _ string) io.Reader {
			if q.method == "__Subscribe" {
				return strings.NewReader("<IRETURNVALUE><VALUE>id</VALUE></IRETURNVALUE>")
			}
			return within(`<IRETURNVALUE><WMI.CLASS ID="1"><CLASS NAME="C"><PROPERTY NAME="P" TYPE="string"/></CLASS></WMI.CLASS>`, forever, func(int) string {
				return `<WMI.INSTANCE CLASS="1"><INSTANCE CLASSNAME="C"><PROPERTY NAME="P" TYPE="string"><VALUE>` + long + `</VALUE></PROPERTY></INSTANCE></WMI.INSTANCE>`
			}, "")
		}, func(ctx context.Context, svc wbem.Services) error {
			sub, err := svc.Subscribe(ctx, "WQL", "SELECT * FROM __InstanceCreationEvent", wbem.Options{})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			for err == nil {
				_, err = sub.Next(ctx)
			}
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			svc, client := hostile(t, c.native, c.answer)
			if err := c.ask(t.Context(), svc); !errors.Is(err, wbem.QuotaViolation) {
				t.Error(err)
			}
			if weight, _ := client.Remembers(); weight > 2<<20 {
				t.Errorf("the classes weigh %d", weight)
			}
		})
	}
}

// Many objects of the largest size are no mistake where nobody collects them, and a
// client forgets classes when they are too many, and gets them again.
func TestForgottenClasses(t *testing.T) {
	const many = 500 // which have more than may be collected
	value := `<PROPERTY NAME="P" TYPE="string"><VALUE>` + long + `</VALUE></PROPERTY>`
	for _, native := range []bool{false, true} {
		asked := 0
		svc, client := hostile(t, native, func(q question, class string) io.Reader {
			switch {
			case q.method == "GetClass":
				asked++
				super := ""
				if class != "Top" {
					super = "Top"
				}
				return strings.NewReader("<IRETURNVALUE>" + described(class, super) + "</IRETURNVALUE>")
			case q.method == "EnumerateInstances":
				return within("<IRETURNVALUE>", many, func(i int) string {
					return fmt.Sprintf(`<VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME="C%d"/><INSTANCE CLASSNAME="C%d">%s</INSTANCE></VALUE.NAMEDINSTANCE>`, i, i, value)
				}, "</IRETURNVALUE>")
			case q.method == "__GetInstance":
				asked++
				id := fmt.Sprint("id", asked)
				return strings.NewReader(`<IRETURNVALUE><WMI.CLASS ID="Top">` + described("Top", "") + `</WMI.CLASS><WMI.CLASS ID="` + id + `" SUPER="Top">` + described("C", "Top") +
					`</WMI.CLASS><WMI.INSTANCE CLASS="` + id + `"><INSTANCE CLASSNAME="C">` + value + `</INSTANCE></WMI.INSTANCE></IRETURNVALUE>`)
			}
			return nil
		})
		most := 0
		look := func(inst *cim.Instance, err error) {
			t.Helper()
			if err != nil || !inst.Class().IsA("Top") {
				t.Fatal(inst, err)
			}
			weight, classes := client.Remembers()
			if weight > 2<<20 || classes == 0 {
				t.Fatalf("%d classes weigh %d", classes, weight)
			}
			most = max(most, classes)
		}
		if native {
			for range many {
				look(svc.GetInstance(t.Context(), cim.MustParsePath(`C.K="1"`), wbem.Options{}))
			}
		} else {
			for inst, err := range svc.Instances(t.Context(), "C", wbem.Options{}) {
				look(inst, err)
			}
		}
		if most < 50 || asked < many {
			t.Errorf("at most %d classes are remembered, %d were asked for", most, asked)
		}
	}
}

// A short request is not as many large objects as there is room for in it.
func TestWideObjects(t *testing.T) {
	m := newWorld(t)
	var wide strings.Builder
	for i := range cim.MaxProperties - 8 {
		fmt.Fprintf(&wide, "uint8 P%d; ", i)
	}
	storeText(t, m, "class Wide { "+wide.String()+"}; class Rack { [key] string Id; Wide Objects[]; };")
	p, s := listen(t, m, cimxml.Options{})
	s.Limit(8 << 20)
	create := func(n int) cimxml.Code {
		t.Helper()
		code, _ := p.ask("CreateInstance", named("NewInstance", `<INSTANCE CLASSNAME="Rack"><PROPERTY NAME="Id" TYPE="string"><VALUE>r</VALUE></PROPERTY>`+
			`<PROPERTY.ARRAY NAME="Objects" TYPE="string" EmbeddedObject="instance"><VALUE.ARRAY>`+
			strings.Repeat(`<VALUE>&lt;INSTANCE CLASSNAME="Wide"/&gt;</VALUE>`, n)+`</VALUE.ARRAY></PROPERTY.ARRAY></INSTANCE>`))
		return code
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := create(2000); got != cimxml.ServerLimitsExceeded { // of 100 MB
		t.Errorf("status %d", got)
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 50 {
		t.Errorf("it took %d MiB", took)
	}
	if got := create(100); got != 0 {
		t.Errorf("status %d", got)
	}
}
