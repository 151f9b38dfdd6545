package cim_test

import (
	"errors"
	"fmt"
	"testing"

	"openwmi/cim"
)

func TestStatus(t *testing.T) {
	for s, want := range map[cim.Status]string{
		cim.OK:           "NoErr (0x00000000)",
		cim.NotFound:     "NotFound (0x80041002)",
		cim.IllegalNull:  "IllegalNull (0x80041028)",
		cim.Status(0x99): "0x00000099",
	} {
		if got := s.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	// The two numbers that the page of PutAsync misprints.
	if cim.IllegalNull != 0x80041028 || cim.InvalidObject != 0x8004100F {
		t.Error("IllegalNull or InvalidObject has the wrong number")
	}
	if cim.OK.Failed() || cim.SFalse.Failed() || !cim.Failed.Failed() || cim.NotFound.Name() != "NotFound" {
		t.Error("Failed or Name")
	}
	if s := cim.Status(0x80040001); s.Error() != "status 0x80040001" || s.Text() != s.Error() {
		t.Errorf("unknown: %v", s.Error())
	}

	err := fmt.Errorf("putting it: %w", cim.Errorf(cim.TypeMismatch, "value %d", 5))
	if !errors.Is(err, cim.TypeMismatch) || errors.Is(err, cim.NotFound) || err.Error() != "putting it: value 5" {
		t.Errorf("%v", err)
	}
	for err, want := range map[error]cim.Status{
		nil: cim.OK, err: cim.TypeMismatch, cim.NotFound: cim.NotFound, errors.New("x"): cim.Failed,
	} {
		if got := cim.StatusOf(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}
