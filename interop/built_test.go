//go:build interop

package interop

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/wmitest"
)

// These clients come as source only. They run where an environment variable says
// where they have been built.

// Resource URIs of zoo.mof.
const (
	ofDMTF      = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
	ofMicrosoft = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
	wqlDialect  = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
)

// numbers are how many instances Z_Num has.
const numbers = 300

// zooServer starts a server of zoo.mof and returns its host and port.
func zooServer(t *testing.T, secure bool) (srv *wmitest.Server, host, port string) {
	t.Helper()
	var many strings.Builder
	for i := range numbers {
		fmt.Fprintf(&many, "instance of Z_Num { N = %d; Text = \"number %d\"; };\n", i, i)
	}
	srv = wmitest.NewServer(t, wmitest.Options{
		Seed: []string{"testdata/zoo.mof"}, MOF: many.String(), Providers: map[string]any{"Mirror": mirror{}}, User: "test", Password: "interoperates", TLS: secure,
	})
	u, err := url.Parse(srv.WSMan)
	if err == nil {
		host, port, err = net.SplitHostPort(u.Host)
	}
	if err != nil {
		t.Fatal(err)
	}
	return srv, host, port
}

// A step is what a program is told, and what it has to print: parts in this order.
// After "!" it has to fail.
type step struct {
	args string // separated by blanks, in which ~ stands for one
	want []string
}

func (s step) run(t *testing.T, program string, env, first []string) {
	t.Helper()
	var args []string
	for _, a := range strings.Fields(s.args) {
		args = append(args, strings.ReplaceAll(a, "~", " "))
	}
	want := s.want
	fails := len(want) > 0 && strings.HasPrefix(want[0], "!")
	if fails {
		want = append([]string{want[0][1:]}, want[1:]...)
	}
	out, ok := run(t, "", env, program, append(first[:len(first):len(first)], args...)...)
	rest := strings.ReplaceAll(out, "\x00", "") // it may be in UTF-16
	for _, part := range want {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("%s: without %q: %s", s.args, part, tail(out))
			return
		}
		rest = after
	}
	if ok == fails {
		t.Errorf("%s: success is %v: %s", s.args, ok, tail(out))
	}
}

// TestOMI runs omicli, which is libmi, in OPENWMI_OMI: the folder with bin and lib in
// which OMI has been built.
func TestOMI(t *testing.T) {
	dir := os.Getenv("OPENWMI_OMI")
	if dir == "" {
		t.Skip("OPENWMI_OMI does not name the folder of an OMI 1.9, which comes as source only")
	}
	omicli := filepath.Join(dir, "bin", "omicli")
	krb5 := filepath.Join(t.TempDir(), "krb5.conf") // or it asks for the servers of a realm that is far away
	write(t, krb5, "[libdefaults]\n\tdns_lookup_kdc = false\n\trdns = false\n")
	env := []string{"LD_LIBRARY_PATH=" + filepath.Join(dir, "lib"), "KRB5_CONFIG=" + krb5}
	steps := []step{
		{"gi root/cimv2 { Z_All Id full }", []string{"B=true", "Bs={true, false}", "C=x", "Datetime=2020-01-02T03:04:05.123456+01:00", "I64=-9223372036854775808",
			"Interval=P1DT2H3M4.500000S", "instance of Z_SubPart", "Big=-5", "instance of Z_Part", "R= REF", "[Key] Id=null", "S=ä<&>\"'€𝄞", "Ss={, a b , <&>}"}},
		{"gi root/cimv2 { Z_All Id q\"u'o\\te<&>~ä }", []string{"S=odd"}},
		{"gi root/cimv2 { Z_Num N 3000 }", []string{"!ERROR_WSMAN_INVALID_SELECTORS"}},
		{"gi root/cimv2 { Z_Nope N 1 }", []string{"!ERROR_WSMAN_DESTINATION_UNREACHABLE"}},
		{"ei root/cimv2 Z_Num", []string{"N=0\n", "N=150\n", "N=299\n"}},
		{"ei -shallow root/cimv2 Z_Link", []string{"From= REF", "Id=full", "To= REF", "Id=null", "Weight=1"}},
		{"wql root/cimv2 SELECT~*~FROM~Z_Num~WHERE~N~>~297", []string{"N=298\n", "N=299\n"}},
		{"wql root/cimv2 SELECT~Text~FROM~Z_Num~WHERE~N~>~298", []string{"instance of XmlFragment", "Text=number 299"}},
		{"wql root/cimv2 ASSOCIATORS~OF~{Z_All.Id='full'}", []string{"Id=null", "Id=q\"u'o\\te<&> ä"}},
		{"wql root/cimv2 SELEC", []string{"!ERROR_WSMAN_CANNOT_PROCESS_FILTER"}},
		{"ci root/cimv2 { Z_All Id new *S a~<b>~ä *U8 7 *Ss [ x y ] }", []string{"[Key] Id=new"}},
		{"ci root/cimv2 { Z_All Id new }", []string{"!ERROR_WSMAN_ALREADY_EXISTS"}},
		{"mi root/cimv2 { Z_All Id new *S changed }", []string{"S=changed", "Ss={x, y}", "U8=7"}},
		{"di root/cimv2 { Z_All Id new }", nil},
		{"di root/cimv2 { Z_All Id new }", []string{"!ERROR_WSMAN_INVALID_SELECTORS"}},
		{"iv root/cimv2 { Z_Machine Id m1 } Start { Hard true }", []string{"ReturnValue=0"}},
		{"iv root/cimv2 { Z_Machine Id m1 } Nope { }", []string{"!ERROR_WSMAN_ACTION_NOT_SUPPORTED"}},
	}
	for _, way := range []struct{ auth, encryption string }{
		{"Basic", "none"}, {"NegoWithCreds", "none"}, {"NegoWithCreds", "http"}, {"Basic", "https"}, {"NegoWithCreds", "https"},
	} {
		t.Run(way.auth+" "+way.encryption, func(t *testing.T) {
			srv, host, port := zooServer(t, way.encryption == "https")
			options := []string{"--hostname", host, "--port", port, "-u", srv.User, "-p", srv.Password, "--auth", way.auth, "--encryption", way.encryption}
			for _, s := range steps {
				s.run(t, omicli, env, options)
			}
		})
	}
	t.Run("Kerberos http", func(t *testing.T) {
		k := startKDC(t)
		u, err := url.Parse(newSite(t, k.keytab).sealed)
		if err != nil {
			t.Fatal(err)
		}
		options := []string{"--hostname", "localhost", "--port", u.Port(), "-u", alice + "@" + realm, "-p", sesame, "--auth", "Kerberos", "--encryption", "http"}
		step{"gi root { __Namespace Name cimv2 }", []string{"Name=cimv2"}}.run(t, omicli, env[:1], options)
		step{"ei root __Namespace", []string{"Name=cimv2", "Name=default"}}.run(t, omicli, env[:1], options)
	})
}

// TestOpenwsman runs the program wsman, which OPENWMI_OPENWSMAN names.
func TestOpenwsman(t *testing.T) {
	wsman := os.Getenv("OPENWMI_OPENWSMAN")
	if wsman == "" {
		t.Skip("OPENWMI_OPENWSMAN does not name the program wsman of Openwsman 2.8, which comes as source only")
	}
	srv, host, port := zooServer(t, false)
	options := []string{"--non-interactive", "-h", host, "-P", port, "-u", srv.User, "-p", srv.Password, "-y", "basic"}
	dir := t.TempDir()
	body := filepath.Join(dir, "new.xml")
	write(t, body, `<p:Z_All xmlns:p="`+ofDMTF+`Z_All"><p:Id>new</p:Id><p:S>text &lt;ä&gt;</p:S><p:U8s>1</p:U8s><p:U8s>2</p:U8s></p:Z_All>`)
	all, num := ofDMTF+"Z_All", ofDMTF+"Z_Num"
	do := func(steps ...step) {
		t.Helper()
		for _, s := range steps {
			s.run(t, wsman, nil, options)
		}
	}
	do(
		step{"identify", []string{"<wsmid:ProductVendor>OpenWMI<"}},
		step{"get " + all + "?Id=full", []string{"<p:B>true<", "<p:C>x<", "2020-01-02T03:04:05.123456+01:00", "<p:I64>-9223372036854775808<", "P1DT2H3M4.500000S", "<o:Big>-5<", "<p:S>ä&lt;&amp;&gt;"}},
		step{"get " + ofDMTF + "Z_Key?Name=a\\b\"c&Number=7&When=20200102030405.000000+000&Letter=k&Yes=true", []string{"<p:Value>found<"}},
		step{"get " + num + "?N=3000", []string{"!w:InvalidSelectors"}},
		step{"get " + ofMicrosoft + "Z_Nope?N=1", []string{"!a:DestinationUnreachable"}},
		step{"enumerate " + num + " -m 70", []string{"<p:N>0<", "<p:N>150<", "<p:N>299<", "<n:EndOfSequence/>"}},
		step{"enumerate " + num + " -o -m 70 -M objepr", []string{"<w:Items>", "<w:Item>", "<p:N>0<", "<a:EndpointReference>", "<p:N>299<"}},
		step{"enumerate " + num + " -M epr -m 400 -B none", []string{`Name="N">0<`, `Name="N">299<`}},
		step{"enumerate " + ofMicrosoft + "* -D " + wqlDialect + " -x SELECT~Text~FROM~Z_Num~WHERE~N~<~1", []string{"<w:XmlFragment", "<p:Text>number 0<", "<n:EndOfSequence/>"}},
		step{"enumerate " + num + " -D http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter -x N=3&Text=number~3", []string{"<p:N>3<", "<n:EndOfSequence/>"}},
		step{"associators " + ofDMTF + "* -N root/cimv2 -m 10 -x " + all + "?Id=full&AssociationClassName=Z_Link&Role=From", []string{"<p:Id>null<", "<p:Id>q\"u'o\\te&lt;&amp;&gt; ä<"}},
		step{"references " + ofMicrosoft + "* -m 10 -x " + ofMicrosoft + "Z_All?Id=full", []string{"<p:Weight>1<", "<p:Weight>2<"}},
		step{"create " + all + " -J " + body, []string{"<x:ResourceCreated>", `<w:Selector Name="Id">new<`}},
		step{"create " + all + " -J " + body, []string{"!w:AlreadyExists"}},
		step{"get " + all + "?Id=new -F U8s[2]", []string{"<w:XmlFragment", "<p:U8s>2<"}},
		step{"get " + all + "?Id=new -F S/text()", []string{">text &lt;ä&gt;<"}},
		step{"put " + all + "?Id=new -k S=changed -k U8=7", []string{"<p:S>changed<", "<p:U8>7<"}}, // U8 was NULL, and has the attribute still
		step{"put " + all + "?Id=new -J " + body, []string{"<p:S>text &lt;ä&gt;<"}},
		step{"delete " + all + "?Id=new", []string{"DeleteResponse"}},
		step{"delete " + all + "?Id=new", []string{"!w:InvalidSelectors"}},
		step{"invoke " + ofDMTF + "Z_Machine?Id=m1 -a Start -k Hard=true", []string{"<p:Start_OUTPUT", "<p:ReturnValue>0<"}},
		step{"invoke " + ofDMTF + "Z_Machine -a Echo -k S=a~<b> -k U64=18446744073709551615", []string{"<p:Echo_OUTPUT", "<p:S>a &lt;b&gt;<", "<p:U64>18446744073709551615<"}},
		step{"invoke " + ofDMTF + "Z_Machine?Id=m1 -a Nope", []string{"!a:ActionNotSupported"}},
		step{"get " + num + "?N=3 -j UTF-16", []string{"<p:N>3<"}},
		step{"get " + num + "?N=3000 -j UTF-16", []string{"!w:InvalidSelectors"}},
		step{"enumerate " + num + " -m 70 -j UTF-16", []string{"<p:N>0<", "<p:N>299<", "<n:EndOfSequence/>"}},
	)
	out := must(t, wsman, append(options, "subscribe", ofMicrosoft+"*", "-D", wqlDialect, "-G", "pull", "-r", "300",
		"-x", "SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA 'Z_All'")...)
	_, id, _ := strings.Cut(out, "<e:Identifier>")
	id, _, _ = strings.Cut(id, "<")
	do(
		step{"create " + all + " -J " + body, nil},
		step{"pull " + ofMicrosoft + "* -m 5 -U " + id, []string{"<p:__InstanceCreationEvent", "<o:Id>new<"}},
		step{"renew " + ofMicrosoft + "* -r 100 -i " + id, []string{"<e:Expires>P0DT0H1M40S<"}},
		step{"unsubscribe " + ofMicrosoft + "* -i " + id, []string{"UnsubscribeResponse"}},
		step{"renew " + ofMicrosoft + "* -r 100 -i " + id, []string{"!e:InvalidMessage"}},
	)
}

// TestWinRb runs queries of the gem winrm, whose folders, with those of rubyntlm and
// nori, OPENWMI_WINRB names as RUBYLIB.
func TestWinRb(t *testing.T) {
	lib := os.Getenv("OPENWMI_WINRB")
	if lib == "" {
		t.Skip("OPENWMI_WINRB does not name the folders of winrm 2.3, which Debian does not have, nor a nori that is new enough")
	}
	srv, host, port := zooServer(t, false)
	secure, secureHost, securePort := zooServer(t, true)
	for _, way := range []struct {
		transport, address string
		srv                *wmitest.Server
	}{
		{"plaintext", "http://" + net.JoinHostPort(host, port), srv},
		{"negotiate", "http://" + net.JoinHostPort(host, port), srv},
		{"ssl", "https://" + net.JoinHostPort(secureHost, securePort), secure},
	} {
		t.Run(way.transport, func(t *testing.T) {
			out, ok := run(t, "", []string{"RUBYLIB=" + lib}, "ruby", "testdata/winrb.rb", way.transport, way.address+"/wsman", way.srv.User, way.srv.Password)
			if !ok {
				t.Fatal(tail(out))
			}
			checks(t, out, 9)
		})
	}
}
