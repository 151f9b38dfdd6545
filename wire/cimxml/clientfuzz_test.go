package cimxml_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// FuzzClient lets a server answer everything with the same result. Whatever it is,
// the client comes to an end.
func FuzzClient(f *testing.F) {
	for _, seed := range []string{
		"",
		`<ERROR CODE="6" DESCRIPTION="no"/>`,
		`<IRETURNVALUE><VALUE>a</VALUE><VALUE>b</VALUE><VALUE>c</VALUE></IRETURNVALUE>`,
		`<IRETURNVALUE><CLASS NAME="C" SUPERCLASS="D"><QUALIFIER NAME="Association" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER><PROPERTY NAME="K" TYPE="string">
			<QUALIFIER NAME="Key" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER></PROPERTY><PROPERTY NAME="E" TYPE="string"><QUALIFIER NAME="EmbeddedObject"
			TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER></PROPERTY><METHOD NAME="M" TYPE="uint32"/></CLASS></IRETURNVALUE>`,
		`<IRETURNVALUE><VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="K"><KEYVALUE>1</KEYVALUE></KEYBINDING></INSTANCENAME><INSTANCE CLASSNAME="C">
			<PROPERTY NAME="E" TYPE="string" EmbeddedObject="object"><VALUE>&lt;INSTANCE CLASSNAME="E"/&gt;</VALUE></PROPERTY></INSTANCE></VALUE.NAMEDINSTANCE>
			</IRETURNVALUE><PARAMVALUE NAME="EndOfSequence"><VALUE>TRUE</VALUE></PARAMVALUE>`,
		`<IRETURNVALUE><QUALIFIER.DECLARATION NAME="Q" TYPE="string"><SCOPE CLASS="true"/></QUALIFIER.DECLARATION></IRETURNVALUE>`,
		`<IRETURNVALUE><OBJECTPATH><INSTANCEPATH><NAMESPACEPATH><HOST>h</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/></LOCALNAMESPACEPATH></NAMESPACEPATH>
			<INSTANCENAME CLASSNAME="C"/></INSTANCEPATH></OBJECTPATH></IRETURNVALUE>`,
		`<RETURNVALUE PARAMTYPE="uint32"><VALUE>1</VALUE></RETURNVALUE><PARAMVALUE NAME="P"><VALUE>1</VALUE></PARAMVALUE>`,
		`<WMI.CLASS ID="1"><CLASS NAME="C"/></WMI.CLASS><WMI.VIEW ID="2" OF="1" KEEP="0,1"/><WMI.INSTANCE CLASS="1"><INSTANCE CLASSNAME="C"/></WMI.INSTANCE><WMI.OBJECT CLASS="1"/>`,
		`<WMI.CLASS ID="1"><CLASS NAME="C"/></WMI.CLASS><WMI.INSTANCE CLASS="1"><INSTANCE CLASSNAME="C"/></WMI.INSTANCE>`,
		`<WMI.PROGRESS TOTAL="3" DONE="1">x</WMI.PROGRESS><WMI.ERROR STATUS="2147749890" STARTED="true" OPERATION="o" PATH="p" PROVIDER="q" DETAIL="d"/>`,
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, result string, native bool) {
		asked := 0
		send := func(_ context.Context, message []byte) (io.ReadCloser, error) {
			if asked++; asked > 2000 {
				t.Fatal("the client does not come to an end")
			}
			found := asks.FindSubmatch(message)
			q := question{id: string(found[1]), tag: string(found[2]), method: string(found[3])}
			answer := result
			switch {
			case strings.HasPrefix(q.method, "Pull"):
				answer = `<PARAMVALUE NAME="EndOfSequence"><VALUE>TRUE</VALUE></PARAMVALUE>`
			case q.method == "__Connect" && native:
				answer = `<IRETURNVALUE><VALUE>HERE</VALUE><VALUE>root</VALUE><VALUE>en-US</VALUE></IRETURNVALUE>`
			case q.method == "__Connect" || strings.Contains(string(message), "CIM_ManagedElement"):
				answer = `<ERROR CODE="7"/>`
			}
			return io.NopCloser(strings.NewReader(q.begins() + answer + q.ends())), nil
		}
		c, err := cimxml.NewClient("http://host", cimxml.ClientOptions{Send: send})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		svc, err := c.Connect(ctx, "root", wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		path := cim.MustParsePath(`C.K="1"`)
		_, _ = svc.GetClass(ctx, "C", wbem.Options{})
		_, _ = svc.GetInstance(ctx, path, wbem.Options{})
		_, _ = svc.ExecMethod(ctx, path, "M", nil, wbem.Options{})
		_, _ = svc.(wbem.QualifierStore).GetQualifier(ctx, "Q")
		for range svc.Classes(ctx, "", wbem.Options{}) {
		}
		for inst, err := range svc.Instances(ctx, "C", wbem.Options{}) {
			if err == nil {
				_, _ = svc.PutInstance(ctx, inst, wbem.Options{})
			}
		}
		for _, query := range []string{"SELECT K FROM C", "ASSOCIATORS OF {C.K='1'}", "REFERENCES OF {C.K='1'} WHERE KeysOnly"} {
			for range svc.Query(ctx, "WQL", query, wbem.Options{}) {
			}
		}
	})
}
