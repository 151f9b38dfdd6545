package cimom_test

import (
	"context"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A mailbox keeps the events that it gets.
type mailbox struct {
	got  []string
	fail func() error
}

func (b *mailbox) Consume(_ context.Context, consumer *cim.Instance, events []provider.Event) error {
	for _, e := range events {
		b.got = append(b.got, show(consumer)+" "+e.ID)
	}
	if b.fail != nil {
		return b.fail()
	}
	return nil
}

// Events go to the provider that is registered for the class of the consumer or
// the next superclass.
func TestConsumers(t *testing.T) {
	b := &mailbox{}
	l := newLab(t, map[string]any{"Box": b, "Shelf": &shelf{}}, `
		class Boxed : __EventConsumer { [key] string Name; };
		class DoublyBoxed : Boxed { };
		class Lost : __EventConsumer { [key] string Name; };
		class Gone : __EventConsumer { [key] string Name; };
		class Shelved : __EventConsumer { [key] string Name; };
		instance of __Win32Provider as $B { Name = "Box"; };
		instance of __EventConsumerProviderRegistration { provider = $B; ConsumerClassNames = {"boxed"}; };
		instance of __Win32Provider as $G { Name = "Gone"; };
		instance of __EventConsumerProviderRegistration { provider = $G; ConsumerClassNames = {"Gone"}; };
		instance of __Win32Provider as $S { Name = "Shelf"; };
		instance of __EventConsumerProviderRegistration { provider = $S; ConsumerClassNames = {"Shelved"}; };`)
	consume := func(class string) error {
		inst := l.spawn(class, "Name", "n")
		if err := inst.Set("CreatorSID", cim.Value{}); err != nil {
			t.Fatal(err)
		}
		inst.SetOrigin(&cim.Origin{Server: "HERE", Namespace: `ROOT\CIMV2`})
		return l.m.Consumers().Consume(t.Context(), inst, []provider.Event{{ID: "1"}, {ID: "2"}})
	}
	for _, class := range []string{"Boxed", "DoublyBoxed"} {
		if err := consume(class); err != nil {
			t.Error(err)
		}
	}
	equal(t, "got", b.got, []string{"Boxed Name=n 1", "Boxed Name=n 2", "DoublyBoxed Name=n 1", "DoublyBoxed Name=n 2"})
	wantStatus(t, "not registered", consume("Lost"), wbem.ProviderNotFound)
	wantStatus(t, "not there", consume("Gone"), wbem.ProviderLoadFailure)
	wantStatus(t, "no consumer", consume("Shelved"), wbem.ProviderNotCapable)
	b.fail = func() error { return cim.Errorf(wbem.AccessDenied, "full") }
	wantStatus(t, "refused", consume("Boxed"), wbem.AccessDenied)
	b.fail = func() error { panic("full") }
	wantStatus(t, "panic", consume("Boxed"), wbem.ProviderFailure)
}
