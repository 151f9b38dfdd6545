package eventlog_test

import (
	"errors"
	"os/user"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/eventlog"
	"openwmi/wbem"
)

// Who may not read the journal gets nothing of it.
func TestVisible(t *testing.T) {
	dir, _ := sample(t)
	svc := open(t, dir)
	me, err := user.Current()
	if err != nil {
		t.Skipf("this user has no name: %v", err)
	}
	only := func(who string) func(*provider.Request, string) error {
		return func(r *provider.Request, name string) error {
			if name != dir || r.Caller.Name != who {
				return errors.New("no")
			}
			return nil
		}
	}
	for _, test := range []struct {
		who     *wbem.Identity
		visible func(*provider.Request, string) error
		may     bool
	}{
		{&wbem.Identity{Name: me.Username}, nil, true},
		{&wbem.Identity{Name: me.Username, Remote: true}, nil, false},
		{&wbem.Identity{Name: me.Username, Authority: wbem.StoreAuthority}, nil, false},
		{&wbem.Identity{Name: "somebody"}, nil, false},
		{&wbem.Identity{Name: "somebody", Groups: []string{"users", "adm"}}, nil, true},
		{&wbem.Identity{Name: "somebody", Groups: []string{"adm"}, Remote: true}, nil, false},
		{&wbem.Identity{}, nil, false},
		{nil, nil, false},
		{&wbem.Identity{Name: "friend", Remote: true}, only("friend"), true},
		{&wbem.Identity{Name: me.Username}, only("friend"), false},
	} {
		p := eventlog.New(eventlog.Options{Dirs: []string{dir}, Visible: test.visible})
		request := func(class string) *provider.Request {
			c, err := svc.GetClass(t.Context(), class, wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return &provider.Request{Class: c, Caller: test.who, Services: svc}
		}
		want := cim.OK
		if !test.may {
			want = wbem.AccessDenied
		}
		for _, class := range []string{"Win32_NTLogEvent", "Win32_NTEventlogFile", "Win32_NTLogEventLog"} {
			n, failed := 0, error(nil)
			for _, err := range p.Instances(t.Context(), request(class)) {
				if failed = err; err == nil {
					n++
				}
			}
			association := strings.HasSuffix(class, "LogEventLog")
			if cim.StatusOf(failed) != want && !association || n > 0 != test.may || association && failed != nil {
				t.Errorf("%+v: %d instances of %s, %v", test.who, n, class, failed)
			}
		}
		r := request("Win32_NTLogEvent")
		key := cim.NewInstance(r.Class)
		key.Set("Logfile", cim.StringValue("System"))
		key.Set("RecordNumber", cim.Uint32Value(1))
		if _, err := p.GetInstance(t.Context(), r, key); cim.StatusOf(err) != want {
			t.Errorf("%+v: get: %v", test.who, err)
		}
		if err := p.AccessCheck(t.Context(), r, nil); cim.StatusOf(err) != want {
			t.Errorf("%+v: events: %v", test.who, err)
		}
	}
}
