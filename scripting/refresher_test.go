package scripting_test

import (
	"context"
	"testing"

	"openwmi/cim"
	"openwmi/scripting"
	"openwmi/wbem"
)

// scripting-api.md#53: what a refresher reads again.
func TestRefresher(t *testing.T) {
	f := newFixture(t)
	path := f.store("B", "Id", "1", "S", "old")
	r := scripting.NewRefresher()
	one, err := r.Add(f.Services, path, 0, nil)
	f.ok(err)
	all, err := r.AddEnum(f.Services, "B", 0, nil)
	f.ok(err)
	object, set := one.Object(), all.ObjectSet()
	f.equal([]any{one.Index(), one.IsSet(), all.Index(), all.IsSet(), r.Count()}, []any{1, false, 2, true, 2})
	if one.ObjectSet() != nil || all.Object() != nil || one.Refresher() != r {
		t.Error("an item has what it should not have")
	}
	f.value(object, "S", "old")
	f.equal(paths(set), "")

	f.store("B", "Id", "1", "S", "new")
	f.store("D", "Id", "2")
	f.value(object, "S", "old")
	f.ok(r.Refresh(0))
	f.value(object, "S", "new")
	f.equal(paths(set), `B.Id="1" D.Id="2"`)

	// Part of it may fail, but not all.
	f.ok(f.Delete(path, 0, nil))
	f.ok(r.Refresh(0))
	f.value(object, "S", "new")
	f.equal(paths(set), `D.Id="2"`)
	f.ok(r.Remove(all.Index(), 0))
	f.status(r.Refresh(0), wbem.NotFound)
	f.status(r.Refresh(1), wbem.InvalidParameter)

	f.status(r.Remove(all.Index(), 0), wbem.NotFound)
	f.status(all.Remove(0), wbem.NotFound)
	f.status(second(r.Item(all.Index())), wbem.NotFound)
	f.status(one.Remove(1), wbem.InvalidParameter)
	if all.Refresher() != nil {
		t.Error("a removed item has a refresher")
	}
	third, err := r.AddEnum(f.Services, "B", 0, nil)
	f.ok(err)
	f.equal(third.Index(), 3)
	item, err := r.Item(3)
	f.ok(err)
	if item != third {
		t.Error("another item")
	}
	for item := range r.All() {
		f.ok(item.Remove(0))
	}
	f.equal(r.Count(), 0)
	f.ok(r.Refresh(0))
	f.ok(second(r.AddEnum(f.Services, "B", 0, nil)))
	f.ok(r.DeleteAll())
	f.equal(r.Count(), 0)

	f.equal(r.AutoReconnect(), true)
	r.SetAutoReconnect(false)
	f.equal(r.AutoReconnect(), false)
	for _, test := range []struct {
		err  error
		want wbem.Status
	}{
		{second(r.Add(nil, path, 0, nil)), wbem.InvalidParameter},
		{second(r.Add(f.Services, path, 1, nil)), wbem.InvalidParameter},
		{second(r.Add(f.Services, "B", 0, nil)), wbem.InvalidObjectPath},
		{second(r.Add(f.Services, "B.Id=", 0, nil)), wbem.InvalidObjectPath},
		{second(r.Add(f.Services, `B.Id="9"`, 0, nil)), wbem.NotFound},
		{second(r.AddEnum(nil, "B", 0, nil)), wbem.InvalidParameter},
		{second(r.AddEnum(f.Services, "", 0, nil)), wbem.InvalidParameter},
		{second(r.AddEnum(f.Services, "NoSuch", 0, nil)), wbem.InvalidClass},
	} {
		f.status(test.err, test.want)
	}
}

// blocking is a session whose instances wait to be read.
type blocking struct {
	wbem.Services
	entered, release chan struct{}
}

func (s blocking) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	s.entered <- struct{}{}
	<-s.release
	return s.Services.GetInstance(ctx, path, o)
}

// A refresher that is at work changes nothing else.
func TestRefresherBusy(t *testing.T) {
	f := newFixture(t)
	path := f.store("B", "Id", "1")
	s := blocking{f.Session(), make(chan struct{}, 1), make(chan struct{})}
	r := scripting.NewRefresher()
	added := make(chan error)
	go func() { added <- second(r.Add(scripting.NewServices(s), path, 0, nil)) }()
	s.release <- struct{}{}
	f.ok(<-added)
	<-s.entered

	refreshed := make(chan error)
	go func() { refreshed <- r.Refresh(0) }()
	<-s.entered
	f.status(r.Refresh(0), wbem.RefresherBusy)
	f.status(second(r.Add(f.Services, path, 0, nil)), wbem.RefresherBusy)
	f.status(r.Remove(1, 0), wbem.RefresherBusy)
	f.status(r.DeleteAll(), wbem.RefresherBusy)
	f.equal(r.Count(), 1)
	close(s.release)
	f.ok(<-refreshed)
	f.ok(r.DeleteAll())
}
