package cimom_test

import (
	"context"
	"testing"

	"openwmi/cimom"
	"openwmi/wbem"
	"openwmi/wbem/wbemtest"
)

// TestConformance runs the conformance tests over a store in memory; each store
// is verified when its test ends.
func TestConformance(t *testing.T) {
	wbemtest.Run(t, func(t *testing.T) wbem.Locator {
		m, err := cimom.OpenMemory(cimom.Options{Locale: "en-US"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			problems, err := m.Verify(context.Background(), nil)
			for _, p := range problems {
				t.Errorf("verify: %s: %s", p.Object, p.What)
			}
			if err != nil {
				t.Error(err)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
		return m
	})
}
