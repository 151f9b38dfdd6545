package provider_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// What providers get wrong, each in a type of its own.
type (
	noProvider  struct{}
	onPointer   struct{}
	wrongGet    struct{ table }
	wrongOpen   struct{}
	halfWatcher struct{ events }
	wrongCheck  struct{ consumer }
	ownValidate struct{ table }
	properties  struct{}
	ownProperty struct{ table }

	events   struct{}
	consumer struct{}
)

func (noProvider) Close() error { return nil }

func (*onPointer) ExecMethod(context.Context, *provider.Request, *cim.Instance, *cim.Method, *cim.Instance) (*cim.Instance, error) {
	return nil, nil
}

func (*wrongGet) GetInstance(context.Context, *provider.Request, cim.Path) (*cim.Instance, error) {
	return nil, nil
}

func (wrongOpen) Open(context.Context, provider.Environment) (any, error) { return nil, nil }

func (events) ProvideEvents(context.Context, *provider.Request, func(*cim.Instance) error) error {
	return nil
}

func (halfWatcher) NewQuery(context.Context, *provider.Request, uint32, *wql.Select) error {
	return nil
}

func (consumer) Consume(context.Context, *cim.Instance, []provider.Event) error { return nil }

func (wrongCheck) Validate(context.Context, *cim.Instance) error { return nil }

func (*ownValidate) Validate() error { return nil }

func (properties) GetProperty(context.Context, *provider.Request, provider.PropertyRequest) (cim.Value, error) {
	return cim.Value{}, nil
}

func (*ownProperty) GetProperty(string) any { return nil }

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		want  string // in the error, "" for none
	}{
		{"all methods right", &table{}, ""},
		{"events", events{}, ""},
		{"a consumer", consumer{}, ""},
		{"a method whose name means nothing here", &ownValidate{}, ""},
		{"a property", properties{}, ""},
		{"a property as it is not asked for", &ownProperty{}, "method GetProperty of *provider_test.ownProperty is a func(string) interface {}, " +
			"but that of provider.PropertyGetter is a func(context.Context, *provider.Request, provider.PropertyRequest) (cim.Value, error)"},
		{"nil", nil, "nil is no provider"},
		{"no method of a provider", noProvider{}, "provider_test.noProvider has no method of a provider"},
		{"a nil function", (func())(nil), "func() has no method of a provider"},
		{"one method wrong, others right", &wrongGet{}, "method GetInstance of *provider_test.wrongGet is a " +
			"func(context.Context, *provider.Request, cim.Path) (*cim.Instance, error), but that of provider.InstanceGetter is a " +
			"func(context.Context, *provider.Request, *cim.Instance) (*cim.Instance, error)"},
		{"the only method wrong", wrongOpen{}, "method Open of provider_test.wrongOpen is a func(context.Context, provider.Environment) (interface {}, error), " +
			"but that of provider.Opener is a func(context.Context, *provider.Environment) (interface {}, error)"},
		{"not a pointer", onPointer{}, "method ExecMethod is one of *provider_test.onPointer: the provider has to be a pointer, not a provider_test.onPointer"},
		{"a pointer", &onPointer{}, ""},
		{"one of two methods", halfWatcher{}, "provider_test.halfWatcher lacks method CancelQuery of provider.QueryWatcher"},
		{"wrong beside another", wrongCheck{}, "method Validate of provider_test.wrongCheck is a func(context.Context, *cim.Instance) error, " +
			"but that of provider.ConsumerValidator is a func(*cim.Instance) error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := provider.Check(test.value); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("error %q, want %q", got, test.want)
			}
			if provider.Is(test.value) != (got == "") {
				t.Errorf("Is says %t", got != "")
			}
		})
	}
}

// badOpener opens something with a wrong method.
type badOpener struct{}

func (badOpener) Open(context.Context, *provider.Environment) (any, error) { return &wrongGet{}, nil }

func TestWrongProviders(t *testing.T) {
	for _, test := range []struct {
		name      string
		providers map[string]any
		want      string
	}{
		{"a wrong method", map[string]any{"Words": &wrongGet{}}, "provider Words: method GetInstance of *provider_test.wrongGet is a func"},
		{"a name twice", map[string]any{"Words": &table{}, "words": &table{}}, "two providers have the name WORDS"},
	} {
		m, err := cimom.OpenMemory(cimom.Options{Providers: test.providers})
		if m != nil || !errors.Is(err, wbem.InvalidParameter) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	m, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{"Words": badOpener{}}, MOF: []byte(words)})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(s.Instances(t.Context(), "Word", wbem.Options{}))
	defer stop()
	if _, err, _ = next(); !errors.Is(err, wbem.InitializationFailure) || !strings.Contains(err.Error(), "method GetInstance of *provider_test.wrongGet") {
		t.Errorf("opened with a wrong method: %v", err)
	}
}
