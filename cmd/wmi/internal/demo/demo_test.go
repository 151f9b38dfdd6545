package demo_test

import (
	"context"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/demo"
	"openwmi/wbem"
)

func open(t *testing.T) wbem.Locator {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// TestRun is the story as it ought to go.
func TestRun(t *testing.T) {
	var out strings.Builder
	unmet, err := demo.Run(t.Context(), open(t), demo.Options{Out: &out, Store: "in memory"})
	if err != nil || unmet > 0 {
		t.Fatalf("%d unmet, error %v\n%s", unmet, err, out.String())
	}
	text := out.String()
	for _, status := range []wbem.Status{
		wbem.AlreadyExists, wbem.NotFound, wbem.IllegalNull, wbem.InvalidParameter, wbem.IncompleteClass, wbem.InvalidObject,
		wbem.ClassHasChildren,
		wbem.ClassHasInstances, wbem.UpdateOverrideNotAllowed, wbem.AmendedObject, wbem.InvalidClass, wbem.CallCancelled,
	} {
		if !strings.Contains(text, status.String()) {
			t.Errorf("the story does not tell of %s", status)
		}
	}
	last := text[strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n')+1:]
	if !strings.Contains(last, "all met") {
		t.Errorf("the last line is %q", last)
	}
	if strings.ContainsRune(text, '\x1b') {
		t.Error("there are colours without a terminal")
	}
}

// A careless locator drops the flags of puts of instances.
type careless struct{ wbem.Locator }

func (l careless) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	s, err := l.Locator.Connect(ctx, namespace, o)
	return carelessServices{s}, err
}

type carelessServices struct{ wbem.Services }

func (s carelessServices) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	o.Flags = 0
	return s.Services.PutInstance(ctx, inst, o)
}

// TestUnmet checks that the story notices a server that does not keep the rules.
func TestUnmet(t *testing.T) {
	var out strings.Builder
	unmet, err := demo.Run(t.Context(), careless{open(t)}, demo.Options{Out: &out, Store: "in memory", Colour: true})
	if err != nil {
		t.Fatalf("error %v\n%s", err, out.String())
	}
	if unmet == 0 {
		t.Fatalf("nothing was noticed\n%s", out.String())
	}
	for _, want := range []string{"✗", "expected AlreadyExists (0x80041019)", "expectations were not met\n", "\x1b[31m"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// TestCancelled checks that the story ends when it is cancelled.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := demo.Run(ctx, open(t), demo.Options{Out: &strings.Builder{}}); wbem.StatusOf(err) != wbem.CallCancelled {
		t.Errorf("error %v, want CallCancelled", err)
	}
}
