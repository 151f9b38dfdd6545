package standard_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cimom"
	"openwmi/consumers"
	"openwmi/consumers/cimxmlexport"
	"openwmi/consumers/standard"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// Every consumer that the MOF registers is there.
func TestProviders(t *testing.T) {
	set, err := standard.New(nil, standard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	m, err := cimom.OpenMemory(cimom.Options{Providers: set.Providers()})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := compile.ParseText(t.Context(), compile.Options{}, "subscription.mof", consumers.MOF)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Store(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	svc, err := m.Connect(t.Context(), `root\subscription`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	registered := map[string]bool{}
	for reg, err := range svc.Instances(t.Context(), "__EventConsumerProviderRegistration", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		classes, _ := reg.Get("ConsumerClassNames")
		ref, _ := reg.Get("provider")
		for _, class := range classes.Texts() {
			registered[class] = true
			if want := `__Win32Provider.Name="` + class + `"`; !strings.HasSuffix(ref.Text(), want) {
				t.Errorf("%s is registered for %s", class, ref.Text())
			}
		}
	}
	there := map[string]bool{}
	for name, p := range set.Providers() {
		if _, ok := p.(provider.EventConsumer); !ok {
			t.Errorf("%s is %T", name, p)
		}
		// providers/interop registers that one where it is needed.
		if name != cimxmlexport.Class {
			there[name] = true
		}
	}
	if diff := cmp.Diff(there, registered); diff != "" {
		t.Errorf("registered classes differ:\n%s", diff)
	}
}

func TestBadConfig(t *testing.T) {
	set, err := standard.New(&consumers.Config{SMTP: consumers.SMTPRules{Servers: []string{"a b"}}}, standard.Options{})
	if err == nil || !strings.Contains(err.Error(), "smtp.servers[0]") {
		t.Errorf("New = %v, %v", set, err)
	}
}
