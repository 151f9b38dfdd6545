package wmitest_test

import (
	"context"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wmitest"
)

// large is what the example tests: it returns which disks are.
func large(ctx context.Context, l wbem.Locator) (ids []string, err error) {
	svc, err := l.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		return nil, err
	}
	defer svc.Close()
	for o, err := range svc.Query(ctx, "WQL", "SELECT Id FROM Disk WHERE Size > 100", wbem.Options{}) {
		if err != nil {
			return nil, err
		}
		id, _ := o.(*cim.Instance).Get("Id")
		ids = append(ids, id.Text())
	}
	return ids, nil
}

// A function that asks any wbem.Locator needs no server in its test.
func ExampleNewStore() {
	_ = func(t *testing.T) { // this would be TestLarge
		store := wmitest.NewStore(t, wmitest.Options{MOF: `
			class Disk { [key] string Id; uint64 Size; };
			instance of Disk { Id = "c"; Size = 500; };
			instance of Disk { Id = "d"; Size = 50; };`})
		ids, err := large(t.Context(), store)
		if err != nil || len(ids) != 1 || ids[0] != "c" {
			t.Errorf("large disks are %q, %v", ids, err)
		}
	}
}

// A client gets an address, a name and a password.
func ExampleNewServer() {
	var dial func(url, user, password, ca string) error // the client that is tested

	_ = func(t *testing.T) { // this would be TestDial
		srv := wmitest.NewServer(t, wmitest.Options{TLS: true, MOF: `class Disk { [key] string Id; };`})
		if err := dial(srv.WSMan, srv.User, srv.Password, srv.CA); err != nil {
			t.Error(err)
		}
	}
}
