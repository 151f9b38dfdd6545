// Package consumertest makes logical consumers and events for the tests of
// consumers, from the classes that the project ships.
package consumertest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/consumers"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// namespace has the shipped classes, and a class of events with a property Text.
const namespace = `root\subscription`

const eventClass = `class TestEvent : __ExtrinsicEvent { string Text; uint8 Bytes[]; TestEvent Inner; };`

// services compiles the classes once.
var services = sync.OnceValues(func() (wbem.Services, error) {
	m, err := cimom.OpenMemory(cimom.Options{Server: "HOST"})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	for _, text := range [][]byte{consumers.MOF, []byte(eventClass)} {
		p, err := compile.ParseText(ctx, compile.Options{Namespace: namespace}, "test.mof", text)
		if err != nil {
			return nil, err
		}
		if _, err := p.Store(ctx, m); err != nil {
			return nil, err
		}
	}
	return m.Connect(ctx, namespace, wbem.ConnectOptions{})
})

// Instance returns an instance of a class with these values and the defaults of
// the class.
func Instance(t testing.TB, class string, values map[string]cim.Value) *cim.Instance {
	t.Helper()
	svc, err := services()
	if err != nil {
		t.Fatal(err)
	}
	c, err := svc.GetClass(t.Context(), class, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for name, v := range values {
		if err := inst.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	return inst
}

// Event returns an event with these values.
func Event(t testing.TB, id string, values map[string]cim.Value) provider.Event {
	t.Helper()
	return provider.Event{ID: id, Namespace: `root\cimv2`, Instance: Instance(t, "TestEvent", values)}
}

// Events returns an event for each text, which is its property Text, with the
// IDs id-0, id-1 and so on.
func Events(t testing.TB, texts ...string) []provider.Event {
	t.Helper()
	var events []provider.Event
	for i, text := range texts {
		events = append(events, Event(t, fmt.Sprintf("id-%d", i), map[string]cim.Value{"Text": cim.StringValue(text)}))
	}
	return events
}
