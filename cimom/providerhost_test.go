package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// A landlord is a provider.Host.
type landlord struct {
	resolve func(provider.Locator) (any, error)
	quotas  []provider.HostQuotas
	asked   []provider.Locator
}

func (h *landlord) Limit(q provider.HostQuotas) { h.quotas = append(h.quotas, q) }

func (h *landlord) Resolve(l provider.Locator) (any, error) {
	h.asked = append(h.asked, l)
	return h.resolve(l)
}

// newHosted returns a lab whose providers a host has.
func newHosted(t *testing.T, o cimom.Options, mof string) *lab {
	t.Helper()
	o.Server = "HERE"
	m, err := cimom.OpenMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, m: m}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	secure(t, m, "root", anybody)
	l.compile(mof)
	l.Services = connect(t, m)
	return l
}

func TestHost(t *testing.T) {
	here, there := &shelf{}, &shelf{}
	h := &landlord{}
	l := newHosted(t, cimom.Options{Host: h, Providers: map[string]any{"P": here, "Own": here}}, register("P")+`
		[dynamic, provider("P")] class Dyn { [key] string Id; };`)
	for _, test := range []struct {
		provider string // what is said of it besides its name
		answer   any
		err      error
		asked    []provider.Locator
		want     []string
	}{
		{`CLSID = "exec:/usr/lib/p"; HostingModel = "SelfHost:Mine";`, there, nil,
			[]provider.Locator{{Name: "P", CLSID: "exec:/usr/lib/p", Group: "MINE"}}, nil},
		{`CLSID = "grpc:unix:/run/p"; HostingModel = "Decoupled:Com:FoldIdentity(FALSE)";`, there, nil,
			[]provider.Locator{{Name: "P", CLSID: "grpc:unix:/run/p", Decoupled: true}}, nil},
		{`CLSID = "go-plugin:P"; HostingModel = "decoupled:noncom:a b";`, there, nil,
			[]provider.Locator{{Name: "P", CLSID: "go-plugin:P", Group: "A B", Decoupled: true}}, nil},
		{`CLSID = "own";`, nil, nil, nil, nil},
		{`CLSID = "builtin:Own";`, nil, nil, nil, nil},
		{`CLSID = "{00000000-0000-0000-0000-000000000000}";`, nil, nil, nil, nil}, // Name is enough
		{`CLSID = "builtin:P1";`, nil, nil, nil, []string{"ProviderLoadFailure"}},
		{`CLSID = "exec:/a";`, nil, errors.New("no"), []provider.Locator{{Name: "P", CLSID: "exec:/a"}}, []string{"ProviderLoadFailure"}},
		{`CLSID = "exec:/a";`, nil, wbem.AccessDenied, []provider.Locator{{Name: "P", CLSID: "exec:/a"}}, []string{"AccessDenied"}},
		{`CLSID = "exec:/a";`, nil, nil, []provider.Locator{{Name: "P", CLSID: "exec:/a"}}, []string{"ProviderLoadFailure"}},
		{`CLSID = "exec:/a";`, 3, nil, []provider.Locator{{Name: "P", CLSID: "exec:/a"}}, []string{"ProviderLoadFailure"}},
	} {
		h.asked, h.resolve = nil, func(provider.Locator) (any, error) { return test.answer, test.err }
		l.compile(`instance of __Win32Provider { Name = "P"; ` + test.provider + ` };`)
		equal(t, test.provider, l.list("Dyn", 0), test.want)
		equal(t, test.provider, h.asked, test.asked)
		if test.want == nil {
			equal(t, test.provider+" again", l.list("Dyn", 0), nil)
			equal(t, test.provider+" again", h.asked, test.asked)
		}
	}
}

// A host that panics is a failure of the call that needs it.
func TestBadHost(t *testing.T) {
	h := &landlord{resolve: func(provider.Locator) (any, error) { panic("no vacancy") }}
	l := newHosted(t, cimom.Options{Host: h}, register("P1")+oneDyn)
	equal(t, "list", l.list("Dyn", 0), []string{"ProviderLoadFailure"})
	h.resolve = func(provider.Locator) (any, error) { return &shelf{}, nil }
	equal(t, "list", l.list("Dyn", 0), nil)
}

// A change of __ProviderHostQuotaConfiguration counts when the store is opened
// again (system-classes.md 6).
func TestHostQuotas(t *testing.T) {
	dir := t.TempDir()
	open := func() (*cimom.Manager, provider.HostQuotas) {
		h := &landlord{}
		m, err := cimom.Open(dir, cimom.Options{Host: h})
		if err != nil {
			t.Fatal(err)
		}
		if len(h.quotas) != 1 {
			t.Fatalf("told %d times", len(h.quotas))
		}
		return m, h.quotas[0]
	}
	m, q := open()
	equal(t, "at first", q, provider.HostQuotas{Threads: 256, Handles: 4096, Processes: 32, Memory: 536870912, MemoryTogether: 1073741824})
	p, err := compile.ParseText(t.Context(), compile.Options{}, "q.mof", []byte(`
		#pragma namespace("root")
		instance of __ProviderHostQuotaConfiguration { ThreadsPerHost = 1; HandlesPerHost = 2; ProcessLimitAllHosts = 3; MemoryPerHost = 4; MemoryAllHosts = 0; };`))
	if err == nil {
		_, err = p.Store(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m, q = open()
	defer m.Close()
	equal(t, "then", q, provider.HostQuotas{Threads: 1, Handles: 2, Processes: 3, Memory: 4})
}

// A slowOpener says when it begins to open something, and goes on when it is told
// to.
type slowOpener struct{ begun, free chan string }

func (o *slowOpener) Open(_ context.Context, env *provider.Environment) (any, error) {
	o.begun <- env.Namespace
	<-o.free
	return &shelf{}, nil
}

// InitializationReentrancy says how many openings of a provider run at once:
// one, one in each namespace, or all (system-classes.md 4).
func TestInitializationReentrancy(t *testing.T) {
	for reentrancy, want := range []int{1, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			o := &slowOpener{make(chan string, 9), make(chan string)}
			mof := fmt.Sprintf(`
				instance of __Win32Provider { Name = "P"; PerUserInitialization = TRUE; InitializationReentrancy = %d; };
				instance of __InstanceProviderRegistration { provider = "__Win32Provider.Name=\"P\""; };
				[dynamic, provider("P")] class Dyn { [key] string Id; };`, reentrancy)
			l := newLab(t, map[string]any{"P": o}, mof+`#pragma namespace("root\\default")`+mof)
			done := make(chan error)
			for _, ns := range []string{`root\cimv2`, `root\default`} {
				for _, user := range []string{"ann", "bob"} {
					s, err := l.m.Connect(t.Context(), ns, wbem.ConnectOptions{Identity: &wbem.Identity{Name: user}})
					if err != nil {
						t.Fatal(err)
					}
					go func() {
						var last error
						for _, err := range s.Instances(context.Background(), "Dyn", wbem.Options{}) {
							last = err
						}
						done <- last
					}()
				}
			}
			synctest.Wait()
			equal(t, fmt.Sprintf("openings at once with %d", reentrancy), len(o.begun), want)
			close(o.free)
			for range 4 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			equal(t, "openings", len(o.begun), 4)
			if err := l.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A provider that is not pure may ask while nobody asks it: it is not closed for
// being idle (system-classes.md 4).
func TestImpureProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &opener{log: make(chan string, 100)}
		l := newLab(t, map[string]any{"P1": o}, register("P1")+oneDyn+`instance of __Win32Provider { Name = "P1"; Pure = FALSE; };`)
		equal(t, "list", l.list("Dyn", 0), nil)
		time.Sleep(24 * time.Hour) // of the bubble
		equal(t, "list", l.list("Dyn", 0), nil)
		equal(t, "opened", len(o.log), 1)
		if err := l.close(); err != nil {
			t.Error(err)
		}
		equal(t, "opened and closed", len(o.log), 2)
	})
}

// The rows of system-classes.md 4 that make a registration useless, or not.
func TestProviderProperties(t *testing.T) {
	for properties, want := range map[string]wbem.Status{
		`Version = 1;`:                                            wbem.OK,
		`Version = 2;`:                                            wbem.OK,
		`Version = 3;`:                                            wbem.InvalidProviderRegistration,
		`InitializationReentrancy = 3;`:                           wbem.InvalidProviderRegistration,
		`InitializationReentrancy = -1;`:                          wbem.InvalidProviderRegistration,
		`Pure = FALSE;`:                                           wbem.OK,
		`Enabled = TRUE;`:                                         wbem.OK,
		`ImpersonationLevel = 1;`:                                 wbem.OK,
		`InitializeAsAdminFirst = TRUE;`:                          wbem.OK,
		`UnloadTimeout = "00000000000500.000000:000";`:            wbem.OK,
		`SecurityDescriptor = "O:BAG:BAD:(A;;0x1;;;BA)";`:         wbem.OK,
		`HostingModel = "SelfHost";`:                              wbem.OK,
		`HostingModel = "localsystemhostorselfhost:g";`:           wbem.OK,
		`HostingModel = "Decoupled:NonCom";`:                      wbem.OK,
		`HostingModel = "Decoupled:Com:FoldIdentity(true):g";`:    wbem.OK,
		`HostingModel = "Decoupled";`:                             wbem.InvalidProviderRegistration,
		`HostingModel = "Decoupled:Com:FoldIdentity()";`:          wbem.InvalidProviderRegistration,
		`HostingModel = "Decoupled:NonCom:FoldIdentity(TRUE):g";`: wbem.InvalidProviderRegistration,
		`HostingModel = "SelfHost:";`:                             wbem.InvalidProviderRegistration,
		`HostingModel = "SelfHost:a:b";`:                          wbem.InvalidProviderRegistration,
		`HostingModel = "LocalServiceHostOrSelfHost";`:            wbem.InvalidProviderRegistration,
		`HostingModel = " SelfHost";`:                             wbem.InvalidProviderRegistration,
	} {
		l := newLab(t, map[string]any{"P1": &shelf{}}, register("P1")+oneDyn+`instance of __Win32Provider { Name = "P1"; `+properties+` };`)
		var last error
		for _, err := range l.Instances(t.Context(), "Dyn", wbem.Options{}) {
			last = err
		}
		if cim.StatusOf(last) != want {
			t.Errorf("%s: %v, want %s", properties, last, want.Name())
		}
	}
}

// A decoupled provider does not act as its callers unless FoldIdentity is FALSE
// (system-classes.md 9.2).
func TestFoldIdentity(t *testing.T) {
	for model, want := range map[string]int{
		"SelfHost": 4, "Decoupled:Com": 2, "Decoupled:Com:FoldIdentity(TRUE)": 2, "Decoupled:Com:FoldIdentity(FALSE)": 4, "Decoupled:NonCom": 4,
	} {
		got := 0
		p := &shelf{asked: func(_ context.Context, _ string, r *provider.Request) error { got = r.Impersonation; return nil }}
		l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn+`instance of __Win32Provider { Name = "P1"; HostingModel = "`+model+`"; };`)
		for _, err := range l.Instances(t.Context(), "Dyn", wbem.Options{Impersonation: 4}) {
			t.Fatal(err)
		}
		equal(t, model, got, want)
	}
}

// One user cannot have all calls of providers, and takes none from others.
func TestUserCallLimit(t *testing.T) {
	free, entered := make(chan struct{}), make(chan struct{}, 2*cimom.MaxUserCalls)
	p := &shelf{asked: func(context.Context, string, *provider.Request) error {
		entered <- struct{}{}
		<-free
		return nil
	}}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn)
	as := func(user string) wbem.Services { return connectAs(t, l.m, &wbem.Identity{Name: user}, `root\cimv2`) }
	get := func(ctx context.Context, s wbem.Services) error {
		_, err := s.GetInstance(ctx, cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
		return err
	}
	ann := as("ann")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	for range cimom.MaxUserCalls {
		go func() { done <- get(ctx, ann) }()
	}
	for range cimom.MaxUserCalls {
		<-entered
	}
	cancel() // nobody waits any more, and still they count
	for range cimom.MaxUserCalls {
		wantStatus(t, "gave up", <-done, wbem.CallCancelled)
	}
	wantStatus(t, "one more", get(t.Context(), ann), wbem.QuotaViolation)
	wantStatus(t, "in another session", get(t.Context(), as("ann")), wbem.QuotaViolation)
	for _, s := range []wbem.Services{as("bob"), l.Services} {
		go func() { done <- get(t.Context(), s) }()
		<-entered
	}
	close(free)
	for range 2 {
		wantStatus(t, "others", <-done, wbem.NotFound)
	}
	for get(t.Context(), ann) != nil && cim.StatusOf(get(t.Context(), ann)) == wbem.QuotaViolation {
	}
	wantStatus(t, "free again", get(t.Context(), ann), wbem.NotFound)
}
