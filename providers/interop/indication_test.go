package interop_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/consumers"
	"openwmi/consumers/cimxmlexport"
	"openwmi/consumers/webhook"
	"openwmi/providers/interop"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

const disk = `class Disk { [key] string Id; uint64 Size; };`

// A site is a store and a listener to which it may export.
type site struct {
	svc, disks wbem.Services
	url        string
	got        chan *cim.Instance
}

func newSite(t *testing.T, answer func(*cim.Instance) error) *site {
	t.Helper()
	s := &site{got: make(chan *cim.Instance, 16)}
	web := httptest.NewServer(cimxml.NewListener(cimxml.ListenerOptions{
		Indication: func(_ context.Context, ind *cim.Instance) error {
			err := answer(ind)
			if err == nil {
				s.got <- ind
			}
			return err
		},
	}))
	t.Cleanup(web.Close)
	s.url = web.URL
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	export, err := cimxmlexport.New(webhook.Options{
		Rules: consumers.WebhookRules{Hosts: []string{u.Host}, RetryFor: consumers.Duration(time.Second)}, Pause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{
		interop.Name: interop.New(interop.Options{}), cimxmlexport.Class: export,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.Close(), export.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := interop.Install(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	compileText(t, m, `#pragma namespace("\\\\.\\root\\cimv2")`+disk)
	if s.svc, err = m.Connect(t.Context(), interop.Namespace, wbem.ConnectOptions{}); err != nil {
		t.Fatal(err)
	}
	if s.disks, err = m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// subscribe puts the three objects and returns their paths.
func (s *site) subscribe(t *testing.T, query string) (filter, destination, subscription cim.Path) {
	t.Helper()
	filter, err := put(t, s.svc, "CIM_IndicationFilter", map[string]string{
		"Name": "f", "Query": query, "QueryLanguage": "DMTF:CQL", "SourceNamespace": "root/cimv2",
	}, wbem.CreateOnly)
	if err != nil {
		t.Fatal(err)
	}
	destination, err = put(t, s.svc, "CIM_ListenerDestinationCIMXML", map[string]string{"Name": "d", "Destination": s.url}, wbem.CreateOnly)
	if err != nil {
		t.Fatal(err)
	}
	subscription, err = put(t, s.svc, "CIM_IndicationSubscription", map[string]string{
		"Filter": filter.String(), "Handler": destination.String(),
	}, wbem.CreateOnly)
	if err != nil {
		t.Fatal(err)
	}
	return filter, destination, subscription
}

func (s *site) next(t *testing.T) (class string, number int64, id, size string) {
	t.Helper()
	ind := <-s.got
	n, _ := ind.Get("SequenceNumber")
	v, _ := ind.Get("SourceInstance")
	of, ok := v.Object().(*cim.Instance)
	if !ok {
		t.Fatalf("SourceInstance is %v", v)
	}
	name, _ := of.Get("Id")
	bytes, _ := of.Get("Size")
	return ind.ClassName(), n.Int(), name.Text(), bytes.String()
}

func TestIndications(t *testing.T) {
	s := newSite(t, func(*cim.Instance) error { return nil })
	filter, destination, subscription := s.subscribe(t, `SELECT * FROM CIM_InstIndication WHERE SourceInstance ISA Disk AND SourceInstance.Size < 10`)
	for _, size := range []string{"99", "1", "2"} {
		if _, err := put(t, s.disks, "Disk", map[string]string{"Id": "a", "Size": size}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.disks.DeleteInstance(t.Context(), cim.MustParsePath(`Disk.Id="a"`), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ class, size string }{{"CIM_InstModification", "1"}, {"CIM_InstModification", "2"}, {"CIM_InstDeletion", "2"}} {
		class, number, id, size := s.next(t)
		if class != want.class || number != int64(i) || id != "a" || size != want.size {
			t.Errorf("indication %d: %s number %d of %s with size %s", i, class, number, id, size)
		}
	}

	wantStatus(t, "a filter in use", s.svc.DeleteInstance(t.Context(), filter, wbem.Options{}), wbem.VetoDelete)
	wantStatus(t, "a destination in use", s.svc.DeleteInstance(t.Context(), destination, wbem.Options{}), wbem.VetoDelete)
	for _, path := range []cim.Path{subscription, filter, destination} {
		if _, err := s.svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if err := s.svc.DeleteInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, "deleted", s.svc.DeleteInstance(t.Context(), path, wbem.Options{}), wbem.NotFound)
	}
	for _, class := range []string{"__EventFilter", "__FilterToConsumerBinding", interop.ConsumerClass, "OpenWMI_IndicationObject"} {
		for inst := range s.svc.Instances(t.Context(), class, wbem.Options{}) {
			t.Errorf("%v is left", inst)
		}
	}
}

// An update of some properties keeps the others, and takes effect.
func TestChangedFilter(t *testing.T) {
	s := newSite(t, func(*cim.Instance) error { return nil })
	filter, _, _ := s.subscribe(t, `SELECT * FROM CIM_InstDeletion WHERE SourceInstance ISA "Disk"`)
	inst, err := s.svc.GetInstance(t.Context(), filter, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := inst.Set("Query", cim.StringValue(`SELECT * FROM CIM_InstCreation WHERE SourceInstance ISA "Disk"`)); err != nil {
		t.Fatal(err)
	}
	only := &wbem.Context{}
	only.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	only.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	only.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Query"}))
	if _, err := s.svc.PutInstance(t.Context(), inst, wbem.Options{Flags: wbem.UpdateOnly, Context: only}); err != nil {
		t.Fatal(err)
	}
	if _, err := put(t, s.disks, "Disk", map[string]string{"Id": "b", "Size": "5"}, 0); err != nil {
		t.Fatal(err)
	}
	if class, _, id, _ := s.next(t); class != "CIM_InstCreation" || id != "b" {
		t.Errorf("%s of %s", class, id)
	}
}

func TestRefusedSubscriptions(t *testing.T) {
	s := newSite(t, func(*cim.Instance) error { return nil })
	for name, test := range map[string]struct {
		class  string
		values map[string]string
		want   wbem.Status
	}{
		"a host that is not allowed": {"CIM_ListenerDestinationCIMXML", map[string]string{"Name": "x", "Destination": "https://203.0.113.1/"}, wbem.AccessDenied},
		"no URL":                     {"CIM_ListenerDestinationCIMXML", map[string]string{"Name": "x", "Destination": "printer"}, wbem.InvalidParameter},
		"no language":                {"CIM_IndicationFilter", map[string]string{"Name": "x", "Query": "SELECT * FROM CIM_InstCreation", "QueryLanguage": "SQL"}, wbem.InvalidQueryType},
		"no query":                   {"CIM_IndicationFilter", map[string]string{"Name": "x", "Query": "hello", "QueryLanguage": "WQL"}, wbem.InvalidQuery},
		"a property of indications":  {"CIM_IndicationFilter", map[string]string{"Name": "x", "Query": "SELECT * FROM CIM_InstCreation WHERE IndicationTime IS NULL", "QueryLanguage": "WQL"}, wbem.InvalidQuery},
		"no filter":                  {"CIM_IndicationSubscription", map[string]string{"Filter": `CIM_IndicationFilter.Name="x",CreationClassName="a",SystemName="b",SystemCreationClassName="c"`, "Handler": `CIM_ListenerDestinationCIMXML.Name="x"`}, wbem.InvalidParameter},
	} {
		_, err := put(t, s.svc, test.class, test.values, 0)
		wantStatus(t, name, err, test.want)
	}
	for inst := range s.svc.Instances(t.Context(), "OpenWMI_IndicationObject", wbem.Options{}) {
		t.Errorf("%v is left", inst)
	}
}

// What the listener refuses is not sent again, and the next has the next number.
func TestRefusedIndication(t *testing.T) {
	s := newSite(t, func(ind *cim.Instance) error {
		if v, _ := ind.Get("SequenceNumber"); v.Int() == 0 {
			return cim.Errorf(wbem.Failed, "no")
		}
		return nil
	})
	s.subscribe(t, `SELECT * FROM CIM_InstCreation WHERE SourceInstance ISA "Disk"`)
	for _, id := range []string{"a", "b"} {
		if _, err := put(t, s.disks, "Disk", map[string]string{"Id": id, "Size": "5"}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, number, id, _ := s.next(t); number != 1 || id != "b" {
		t.Errorf("number %d of %s", number, id)
	}
}
