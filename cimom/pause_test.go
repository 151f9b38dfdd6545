package cimom_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/wbem"
)

// paused runs fn in a bubble with a paused object manager and a session of it.
func paused(t *testing.T, fn func(t *testing.T, m *cimom.Manager, svc wbem.Services)) {
	synctest.Test(t, func(t *testing.T) {
		m := openMemory(t)
		svc, err := m.Connect(t.Context(), "", wbem.ConnectOptions{})
		if err == nil {
			err = m.Pause(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		fn(t, m, svc)
	})
}

// get asks for a system class and sends how that went, and when.
func get(ctx context.Context, svc wbem.Services) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := svc.GetClass(ctx, "__Namespace", wbem.Options{})
		done <- err
	}()
	return done
}

// system-classes.md#22: without Resume all goes on after 15 minutes.
func TestPauseEnds(t *testing.T) {
	paused(t, func(t *testing.T, m *cimom.Manager, svc wbem.Services) {
		began := time.Now()
		if err := <-get(t.Context(), svc); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 15*time.Minute {
			t.Errorf("the operation waited %v", took)
		}
		if err := m.Resume(); cim.StatusOf(err) != wbem.InvalidOperation {
			t.Errorf("Resume = %v", err)
		}
	})
}

func TestResume(t *testing.T) {
	paused(t, func(t *testing.T, m *cimom.Manager, svc wbem.Services) {
		if err := m.Pause(t.Context()); cim.StatusOf(err) != wbem.InvalidOperation {
			t.Errorf("a second Pause = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		given, waits := get(ctx, svc), get(t.Context(), svc)
		synctest.Wait()
		cancel()
		if err := <-given; !errors.Is(err, context.Canceled) && cim.StatusOf(err) != wbem.CallCancelled {
			t.Errorf("given up: %v", err)
		}
		if err := m.Backup(t.Context(), filepath.Join(t.TempDir(), "copy")); err != nil {
			t.Errorf("Backup: %v", err)
		}
		began := time.Now()
		if err := m.Resume(); err != nil {
			t.Error(err)
		}
		if err := <-waits; err != nil || time.Since(began) > 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		// The timer of the first pause does not end a second one.
		time.Sleep(time.Minute)
		if err := m.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		if err := <-get(t.Context(), svc); err != nil || time.Since(began) != 15*time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// More than 5,000 that wait are too many ([MS-WMI] 3.1.1, model.md).
func TestPauseIsBounded(t *testing.T) {
	paused(t, func(t *testing.T, m *cimom.Manager, svc wbem.Services) {
		var waiting []<-chan error
		for range cimom.MaxOperations {
			waiting = append(waiting, get(t.Context(), svc))
		}
		synctest.Wait()
		if err := <-get(t.Context(), svc); cim.StatusOf(err) != wbem.ServerTooBusy {
			t.Errorf("one more: %v", err)
		}
		if err := m.Resume(); err != nil {
			t.Error(err)
		}
		for _, done := range waiting {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Pause waits for what runs, and what that asks in turn is answered.
func TestPauseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, free := make(chan bool, 1), make(chan bool)
		p := &shelf{asked: func(ctx context.Context, _ string, r *provider.Request) error {
			entered <- true
			<-free
			_, err := r.Services.GetClass(ctx, "__Namespace", wbem.Options{})
			return err
		}}
		l := newLab(t, map[string]any{"P1": p}, register("P1")+oneDyn)
		asked := make(chan error, 2)
		ask := func() {
			_, err := l.GetInstance(t.Context(), cim.MustParsePath(`Dyn.Id="1"`), wbem.Options{})
			asked <- err
		}
		go ask()
		<-entered
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := l.m.Pause(ctx); err == nil || time.Since(began) != time.Second {
			t.Errorf("Pause returns after %v: %v", time.Since(began), err)
		}
		done := make(chan error)
		go func() { done <- l.m.Pause(t.Context()) }()
		synctest.Wait()
		free <- true
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := <-asked; err == nil { // the provider has no such instance
			t.Error("the provider was not asked")
		} else if cim.StatusOf(err) != wbem.NotFound {
			t.Error(err)
		}
		// Those that wait end with the Manager.
		waits := get(t.Context(), l.Services)
		synctest.Wait()
		if err := l.close(); err != nil {
			t.Error(err)
		}
		if err := <-waits; cim.StatusOf(err) != wbem.ShuttingDown {
			t.Errorf("closed meanwhile: %v", err)
		}
		if err := l.m.Pause(t.Context()); cim.StatusOf(err) != wbem.ShuttingDown {
			t.Errorf("after Close: %v", err)
		}
	})
}
