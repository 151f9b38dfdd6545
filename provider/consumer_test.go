package provider_test

import (
	"errors"
	"testing"

	"openwmi/provider"
)

// The text of many errors is short, also where all say the same.
func TestUndelivered(t *testing.T) {
	same, other := errors.New("no disk"), errors.New("no net")
	many := make([]error, 100)
	for i := range many {
		many[i] = errors.New(string(rune('a' + i)))
	}
	for _, test := range []struct {
		errs []error
		want string
	}{
		{[]error{nil, same}, "no disk"},
		{[]error{same, nil, same, same}, "3 of 4 events: no disk"},
		{[]error{same, other, same}, "3 of 3 events: no disk\nno net"},
		{many[:4], "4 of 4 events: a\nb\nc\nd"},
		{many, "100 of 100 events: a\nb\nc\nd\nand others"},
	} {
		if got := (&provider.Undelivered{Errs: test.errs}).Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
