package wbem_test

import (
	"errors"
	"fmt"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wql"
)

// What a peer may know of an error is there, and nothing else.
func TestNewErrorDetail(t *testing.T) {
	_, malformed := wql.Parse("SELECT *\nFRM X")
	for _, test := range []struct {
		err    error
		status wbem.Status
		detail string
	}{
		{fmt.Errorf("disk 7: %w", wbem.OutOfDiskSpace), wbem.OutOfDiskSpace, ""},
		{errors.New("disk 7"), wbem.Failed, ""},
		{fmt.Errorf("disk 7: %w", cim.Errorf(wbem.InvalidClass, "no class X")), wbem.InvalidClass, "no class X"},
		{malformed, wbem.InvalidQuery, malformed.Error()},
	} {
		var e *wbem.Error
		if !errors.As(wbem.NewError("Op", "path", test.err), &e) {
			t.Fatalf("%v is no *Error", test.err)
		}
		if e.Op != "Op" || e.Path != "path" || e.Status != test.status || e.Detail != test.detail || !errors.Is(e, test.status) {
			t.Errorf("%v: %+v", test.err, e)
		}
	}
	if detail := malformed.Error(); detail == "" || detail[:10] != "query:2:1:" {
		t.Errorf("no place in %q", detail)
	}
	if wbem.NewError("Op", "path", nil) != nil {
		t.Error("an error out of nothing")
	}
}
