package logical_test

import (
	"context"
	"errors"
	"testing"

	"openwmi/cim"
	"openwmi/consumers/internal/logical"
	"openwmi/provider"
	"openwmi/wbem"
)

func TestEach(t *testing.T) {
	events := []provider.Event{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	for _, tc := range []struct {
		name    string
		fail    string // IDs of events that fail
		cancel  string // the one that ends the context
		reached string
		status  wbem.Status
		text    string
	}{
		{"all", "", "", "abc", wbem.OK, ""},
		{"one fails", "b", "", "abc", wbem.NotFound, "no b"},
		{"two fail", "ac", "", "abc", wbem.NotFound, "2 of 3 events: no a\nno c"},
		{"the end", "b", "b", "ab", wbem.OK, ""},
		{"the end between events", "", "b", "ab", wbem.OK, ""},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		reached := ""
		err := logical.Each(ctx, events, func(e *provider.Event) error {
			reached += e.ID
			if e.ID == tc.cancel {
				cancel()
				if tc.fail == "" {
					return nil
				}
				return ctx.Err()
			}
			for _, id := range tc.fail {
				if e.ID == string(id) {
					return cim.Errorf(wbem.NotFound, "no %s", e.ID)
				}
			}
			return nil
		})
		cancel()
		if tc.cancel != "" {
			if !errors.Is(err, context.Canceled) || reached != tc.reached {
				t.Errorf("%s: reached %s, %v", tc.name, reached, err)
			}
			continue
		}
		if wbem.StatusOf(err) != tc.status || reached != tc.reached || err != nil && err.Error() != tc.text {
			t.Errorf("%s: reached %s, %v", tc.name, reached, err)
		}
	}
}
