package host_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/script/host"
	"openwmi/wbem"
)

// schema is what the scripts of the tests work on.
const schema = `
[Description("Something that is sold") : Amended]
class Ware {
	[key] string Name;
	uint32 Price;
	uint64 Sold;
	boolean Fresh;
	string Tags[];
	datetime Since;
	real64 Weight;
	uint8 Shelf = 7;
};
class Fruit : Ware { string Color; };
instance of Fruit { Name = "apple"; Price = 3; Sold = 12345678901; Fresh = TRUE; Tags = {"red", "round"}; Since = "20260102030405.000000+000"; Weight = 0.5; Color = "red"; };
instance of Fruit { Name = "pear"; Price = 4294967295; Color = "green"; };
instance of Ware { Name = "soap"; Price = 2; };
[Association] class Goes { [key] Ware ref One; [key] Ware ref Other; };
[provider("Till")] class Till {
	[key] string Id;
	[Implemented] uint32 Pay([in] sint32 amount, [in, out] sint32 coins, [out] string receipt);
	[Implemented, Static] uint32 Open();
	[Implemented] void Broken();
};
instance of __Win32Provider as $P { Name = "Till"; };
instance of __MethodProviderRegistration { provider = $P; };
instance of Till { Id = "1"; };
instance of Goes { One = "Fruit.Name=\"apple\""; Other = "Fruit.Name=\"pear\""; };
`

// manager returns an object manager in memory with the schema.
func manager(t testing.TB) *cimom.Manager {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Server: "HOST", Locale: "en-US", Providers: map[string]any{"Till": till{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`, CreateNamespace: true}, "schema.mof", []byte(schema))
	if err == nil {
		_, err = p.Store(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// till is a provider of the methods of Till.
type till struct{}

func (till) ExecMethod(_ context.Context, r *provider.Request, o *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	if m.Signature(true) == nil {
		return nil, wbem.MethodNotImplemented
	}
	out := cim.NewInstance(m.Signature(true))
	switch m.Name() {
	case "Pay":
		amount, _ := in.Get("amount")
		coins, _ := in.Get("coins")
		if amount.IsNull() {
			return out, out.Set("ReturnValue", cim.Uint32Value(5))
		}
		return out, errors.Join(
			out.Set("coins", cim.Sint32Value(int32(coins.Int())+1)),
			out.Set("receipt", cim.StringValue("paid "+amount.String())),
			out.Set("ReturnValue", cim.Uint32Value(0)))
	case "Open":
		r.Progress(wbem.Progress{Total: 2, Done: 1, Message: "opening"})
		return out, out.Set("ReturnValue", cim.Uint32Value(0))
	}
	return nil, wbem.MethodNotImplemented
}

// TestMain has all computers in one time zone.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// outcome is what a run left.
type outcome struct {
	out, errs string
	code      int
	quit      bool
	err       error
}

// run runs a script in a new session.
func run(t testing.TB, opts host.Options, name, text string) outcome {
	t.Helper()
	p, err := host.Parse(name, text, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return runProgram(t, opts, p)
}

func runProgram(t testing.TB, opts host.Options, p *host.Program) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	opts.Stdout, opts.Stderr, opts.File = &out, &errs, p.Name
	s, err := host.NewSession(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(p)
	if e := s.Close(); e != nil {
		t.Error(e)
	}
	if err != nil {
		host.Report(&errs, p.Name, err)
	}
	o := outcome{out: out.String(), errs: errs.String(), err: err}
	o.code, o.quit = s.Code()
	return o
}

// TestScripts runs the scripts under testdata: each NAME.vbs or NAME.js prints what
// NAME.want has, and then its error, if it fails.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts: ", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Files)%2 != 0 {
			t.Fatalf("%s: a script has no .want", file)
		}
		for i := 0; i < len(a.Files); i += 2 {
			script, want := a.Files[i], a.Files[i+1]
			name := strings.TrimSuffix(filepath.Base(file), ".txtar") + "/" + script.Name
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				o := run(t, host.Options{Timeout: time.Minute, Locator: manager(t), Args: []string{"one", "/two:2", "/three+", "/four-", "/five"}}, script.Name, string(script.Data))
				got := o.out + o.errs
				if diff := cmp.Diff(string(want.Data), got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}
