package shell_test

import (
	"context"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

// putting is a session in which something happens as soon as somebody has subscribed.
type putting struct {
	wbem.Services
	put func()
}

func (p putting) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	sub, err := p.Services.Subscribe(ctx, language, query, o)
	if err == nil {
		p.put()
	}
	return sub, err
}

func instance(t testing.TB, class *cim.Class, id string) *cim.Instance {
	t.Helper()
	inst := cim.NewInstance(class)
	if err := inst.Set("Id", cim.StringValue(id)); err != nil {
		t.Fatal(err)
	}
	return inst
}
