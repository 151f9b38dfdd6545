package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// A herald is an event provider that raises what it is sent, and notes
// everything else.
type herald struct {
	*shelf
	say    chan string // Level of the next event, "end" to return, "panic"
	log    chan string
	errs   chan error // of raise
	denied string     // user who may not listen
}

func newHerald() *herald {
	return &herald{shelf: &shelf{}, say: make(chan string), log: make(chan string, 100), errs: make(chan error, 100)}
}

func (h *herald) ProvideEvents(ctx context.Context, r *provider.Request, raise func(*cim.Instance) error) error {
	h.log <- "begin"
	defer func() { h.log <- "stop" }()
	for {
		select {
		case word := <-h.say:
			switch word {
			case "end":
				return errors.New("enough")
			case "panic":
				panic("enough")
			}
			c, err := r.Services.GetClass(ctx, word, wbem.Options{})
			if err != nil {
				return err
			}
			h.errs <- raise(cim.NewInstance(c))
		case <-ctx.Done():
			return nil
		}
	}
}

func (h *herald) NewQuery(_ context.Context, _ *provider.Request, id uint32, q *wql.Select) error {
	h.log <- "new " + q.String()
	return nil
}

func (h *herald) CancelQuery(context.Context, *provider.Request, uint32) error {
	h.log <- "cancel"
	return nil
}

func (h *herald) AccessCheck(_ context.Context, r *provider.Request, _ *wql.Select) error {
	if r.Caller.Name == h.denied {
		return wbem.AccessDenied
	}
	return wbem.SSubjectToSds
}

const heraldMOF = `
	class Said : __ExtrinsicEvent { string Level; };
	class Unsaid : __ExtrinsicEvent { };
	[dynamic, provider("H")] class Thing { [key] string Id; };
	instance of __Win32Provider as $H { Name = "H"; };
	instance of __InstanceProviderRegistration { provider = $H; SupportsEnumeration = TRUE; };
	instance of __EventProviderRegistration { provider = $H; EventQueryList = {"SELECT * FROM Said", "nonsense",
		"SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Thing'"}; };`

// An event provider works while somebody listens, is told who, and may refuse.
// events.md 9
func TestEventProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHerald()
		h.denied = "eve"
		l := newLab(t, map[string]any{"H": h}, heraldMOF)
		sub, err := l.Subscribe(t.Context(), "WQL", "SELECT * FROM Said", wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		first := map[string]bool{<-h.log: true, <-h.log: true}
		equal(t, "told", first, map[string]bool{"begin": true, "new SELECT * FROM Said": true})
		h.say <- "Said"
		equal(t, "raise", <-h.errs, nil)
		e, err := sub.Next(t.Context())
		if err != nil || e.ClassName() != "Said" {
			t.Errorf("%v, %v", e, err)
		}
		h.say <- "Unsaid"
		wantStatus(t, "raise another class", <-h.errs, wbem.InvalidClass)

		// What it covers needs no WITHIN; what it does not, does.
		covered, err := l.Subscribe(t.Context(), "WQL", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Thing"`, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "told", <-h.log, `new SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Thing"`)
		covered.Close()
		equal(t, "told", <-h.log, "cancel")
		_, err = l.Subscribe(t.Context(), "WQL", `SELECT * FROM __InstanceDeletionEvent WHERE TargetInstance ISA "Thing"`, wbem.Options{})
		wantStatus(t, "not covered", err, wbem.RegistrationTooPrecise)

		eve, err := l.m.Connect(t.Context(), "", wbem.ConnectOptions{Identity: &wbem.Identity{Name: "eve"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = eve.Subscribe(t.Context(), "WQL", "SELECT * FROM Said", wbem.Options{})
		wantStatus(t, "eve", err, wbem.AccessDenied)
		if other, err := eve.Subscribe(t.Context(), "WQL", "SELECT * FROM Unsaid", wbem.Options{}); err != nil {
			t.Errorf("eve listens to what nobody provides: %v", err)
		} else {
			other.Close()
		}

		// One that fails is called again, later and later.
		for i, word := range []string{"end", "panic"} {
			began := time.Now()
			h.say <- word
			equal(t, "failed", []string{<-h.log, <-h.log}, []string{"stop", "begin"})
			equal(t, "after", time.Since(began), time.Second<<i)
		}

		// When nobody listens any more it ends after a while.
		closed := time.Now()
		sub.Close()
		equal(t, "told", []string{<-h.log, <-h.log}, []string{"cancel", "stop"})
		equal(t, "after", time.Since(closed), 5*time.Minute)
		if err := l.close(); err != nil {
			t.Error(err)
		}
		equal(t, "nothing more", len(h.log), 0)
	})
}

// A registration counts as soon as it is written, and whoever listens already
// is heard of.
func TestEventProviderChanges(t *testing.T) {
	h := newHerald()
	l := newLab(t, map[string]any{"H": h}, `class Said : __ExtrinsicEvent { string Level; };`)
	sub, err := l.Subscribe(t.Context(), "WQL", "SELECT * FROM Said", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	l.compile(heraldMOF)
	seen := map[string]bool{<-h.log: true, <-h.log: true}
	equal(t, "told", seen, map[string]bool{"begin": true, "new SELECT * FROM Said": true})
	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`__EventProviderRegistration.provider="__Win32Provider.Name=\"H\""`), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "ended", <-h.log, "stop")
	l.compile(heraldMOF)
	seen = map[string]bool{<-h.log: true, <-h.log: true}
	equal(t, "told", fmt.Sprint(seen), fmt.Sprint(map[string]bool{"begin": true, "new SELECT * FROM Said": true}))
	h.say <- "Said"
	equal(t, "raise", <-h.errs, nil)
	if _, err := sub.Next(t.Context()); err != nil {
		t.Error(err)
	}
}

// hasty is an event provider that raises an event of a class as soon as it can.
type hasty struct {
	class  string
	raised chan error
}

func (h hasty) ProvideEvents(ctx context.Context, r *provider.Request, raise func(*cim.Instance) error) error {
	c, err := r.Services.GetClass(ctx, h.class, wbem.Options{})
	if err == nil {
		err = raise(cim.NewInstance(c))
	}
	h.raised <- err
	<-ctx.Done()
	return nil
}

// A provider that is wanted because of its first query may raise events of its
// last one at once.
func TestHastyEventProvider(t *testing.T) {
	const queries = 500
	var classes, list []string
	for i := range queries {
		classes = append(classes, fmt.Sprintf("class Said%d : __ExtrinsicEvent { };", i))
		list = append(list, fmt.Sprintf(`"SELECT * FROM Said%d"`, i))
	}
	h := hasty{fmt.Sprintf("Said%d", queries-1), make(chan error, 1)}
	l := newLab(t, map[string]any{"H": h}, strings.Join(classes, "\n"))
	sub, err := l.Subscribe(t.Context(), "WQL", "SELECT * FROM Said0", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	l.compile(`
		instance of __Win32Provider as $H { Name = "H"; };
		instance of __EventProviderRegistration { provider = $H; EventQueryList = {` + strings.Join(list, ", ") + `}; };`)
	if err := <-h.raised; err != nil {
		t.Error(err)
	}
}
