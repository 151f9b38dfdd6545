package consumers_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cimom"
	"openwmi/consumers"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

func connect(t *testing.T, m *cimom.Manager) wbem.Services {
	t.Helper()
	svc, err := m.Connect(t.Context(), `root\subscription`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

func install(ctx context.Context, m *cimom.Manager) (string, error) {
	p, err := compile.ParseText(ctx, compile.Options{}, "subscription.mof", consumers.MOF)
	if err != nil {
		return "", err
	}
	result, err := p.Store(ctx, m)
	return result.String(), err
}

// The classes can be compiled into every store, and again.
func TestMOF(t *testing.T) {
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	for _, want := range []string{"8 classes created, 12 instances stored", "8 classes unchanged, 12 instances stored"} {
		got, err := install(t.Context(), m)
		if err != nil || got != want {
			t.Errorf("compiled: %s, %v, want %s", got, err, want)
		}
	}
	svc := connect(t, m)
	templates := map[string][]string{}
	for _, name := range []string{
		"LogFileEventConsumer", "CommandLineEventConsumer", "NTEventLogEventConsumer", "SMTPEventConsumer",
		"ActiveScriptEventConsumer", "OpenWMI_WebhookEventConsumer",
	} {
		c, err := svc.GetClass(t.Context(), name, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !c.IsA("__EventConsumer") || len(c.Keys()) != 1 || c.Properties()[c.Keys()[0]].Name() != "Name" {
			t.Errorf("%s derives from %v and has the keys %v", name, c.Derivation(), c.Keys())
		}
		templates[name] = nil
		for _, p := range c.Properties() {
			if p.Qualifiers().True("Template") {
				templates[name] = append(templates[name], p.Name())
			}
		}
	}
	want := map[string][]string{
		"LogFileEventConsumer":         {"Text"},
		"CommandLineEventConsumer":     {"CommandLineTemplate"},
		"NTEventLogEventConsumer":      {"InsertionStringTemplates"},
		"SMTPEventConsumer":            {"BccLine", "CcLine", "FromLine", "Message", "ReplyToLine", "Subject", "ToLine"},
		"ActiveScriptEventConsumer":    nil,
		"OpenWMI_WebhookEventConsumer": nil,
	}
	if diff := cmp.Diff(want, templates); diff != "" {
		t.Errorf("templates differ:\n%s", diff)
	}
	setting, err := svc.GetClass(t.Context(), "ScriptingStandardConsumerSetting", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := setting.Property("MaximumScripts").Default(); d.Uint() != 300 || !setting.IsSingleton() {
		t.Errorf("MaximumScripts = %v, singleton %v", d, setting.IsSingleton())
	}
}
