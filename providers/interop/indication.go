package interop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// The classes that clients put.
const (
	filterClass       = "CIM_IndicationFilter"
	destinationClass  = "CIM_ListenerDestinationCIMXML"
	subscriptionClass = "CIM_IndicationSubscription"
)

// ConsumerClass is the class of the logical consumers that send indications.
const ConsumerClass = "OpenWMI_CIMXMLEventConsumer"

const objectClass = "OpenWMI_IndicationObject"

// maxNamespaces is how many namespaces a filter may have: each is an
// __EventFilter.
const maxNamespaces = 64

// plain returns a path as all ways to write it for this namespace: "" if it is
// none.
func plain(text string) string {
	p, err := cim.ParsePath(text)
	if err != nil {
		return ""
	}
	if p.Namespace == "" || cim.EqualNames(p.Namespace, Namespace) {
		p.Server, p.Namespace = "", ""
	}
	for i := range p.Keys {
		p.Keys[i] = p.Keys[i].Normal()
	}
	return cim.Fold(p.String())
}

// id returns what identifies an object that clients put.
func id(class string, keys ...string) string {
	sum := sha256.Sum256([]byte(class + "\x00" + strings.Join(keys, "\x00")))
	return hex.EncodeToString(sum[:])
}

// idOf returns it for an instance of which at least the keys are known.
func idOf(inst *cim.Instance) string {
	var keys []string
	for _, k := range inst.Class().Keys() {
		text := inst.At(k).Text()
		if inst.Class().Properties()[k].Type() == cim.TypeReference {
			text = plain(text)
		}
		keys = append(keys, cim.Fold(text))
	}
	return id(inst.ClassName(), keys...)
}

func keyPath(class, key, value string) cim.Path {
	return cim.Path{Class: class, Keys: []cim.Key{cim.NewKey(key, cim.StringValue(value))}}
}

// text returns a property as text, "" if it is NULL or not there.
func text(inst *cim.Instance, name string) string {
	v, _ := inst.Get(name)
	if v.IsNull() {
		return ""
	}
	return v.Text()
}

// object returns what is stored under an id.
func object(ctx context.Context, svc wbem.Services, id string) (*cim.Instance, error) {
	held, err := svc.GetInstance(ctx, keyPath(objectClass, "Id", id), wbem.Options{})
	if err != nil {
		return nil, err
	}
	v, _ := held.Get("Data")
	inst, ok := v.Object().(*cim.Instance)
	if !ok {
		return nil, cim.Errorf(wbem.CriticalError, "%s %s holds no instance", objectClass, id)
	}
	return inst, nil
}

// load fills in the instance with these keys.
func load(ctx context.Context, svc wbem.Services, key *cim.Instance) (*cim.Instance, error) {
	inst, err := object(ctx, svc, idOf(key))
	if err != nil {
		return nil, err
	}
	return fill(key, inst), nil
}

// fill copies what is not set yet from an instance of the same class, or of what
// that was when it was stored.
func fill(to, from *cim.Instance) *cim.Instance {
	for k, p := range from.Class().Properties() {
		if i := to.Class().PropertyIndex(p.Name()); i >= 0 && from.IsSet(k) && !to.IsSet(i) {
			_ = to.SetIndex(i, from.At(k)) // another type now: it is as if it were not set
		}
	}
	return to
}

// stored yields the instances of a class.
func stored(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for inst, err := range objects(ctx, r.Services, r.Class.Name()) {
			if err == nil {
				inst = fill(cim.NewInstance(r.Class), inst)
			}
			if !yield(inst, err) || err != nil {
				return
			}
		}
	}
}

func objects(ctx context.Context, svc wbem.Services, class string) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for held, err := range svc.Instances(ctx, objectClass, wbem.Options{}) {
			if err != nil {
				yield(nil, err)
				return
			}
			v, _ := held.Get("Data")
			inst, ok := v.Object().(*cim.Instance)
			if ok && text(held, "Class") == class && !yield(inst, nil) {
				return
			}
		}
	}
}

// put stores an instance, after what makes it work.
func put(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	inst = inst.Clone()
	if err := usualKeys(r, inst); err != nil {
		return cim.Path{}, err
	}
	at, ok := cim.RelPath(inst)
	if !ok {
		return cim.Path{}, cim.Errorf(wbem.IllegalNull, "a key is NULL")
	}
	own := idOf(inst)
	_, err := object(ctx, r.Services, own)
	if err := checkFlags(r.Flags, err); err != nil {
		return cim.Path{}, err
	}
	work := map[string]func(context.Context, *provider.Request, *cim.Instance) error{
		filterClass: putFilter, destinationClass: putDestination, subscriptionClass: putSubscription,
	}
	if err := work[r.Class.Name()](ctx, r, inst); err != nil {
		return cim.Path{}, err
	}
	return at, write(ctx, r.Services, objectClass, row{
		"Id": cim.StringValue(own), "Class": cim.StringValue(r.Class.Name()), "Data": cim.ObjectValue(inst),
	})
}

// usualKeys sets the keys that a client may leave to the server.
func usualKeys(r *provider.Request, inst *cim.Instance) error {
	for name, v := range (row{
		"SystemCreationClassName": cim.StringValue(systemClass),
		"SystemName":              cim.StringValue(r.Services.Server()),
		"CreationClassName":       cim.StringValue(r.Class.Name()),
	}) {
		if k := inst.Class().PropertyIndex(name); k >= 0 && inst.At(k).IsNull() {
			if err := inst.SetIndex(k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// write puts an instance into the namespace.
func write(ctx context.Context, svc wbem.Services, class string, v row) error {
	c, err := svc.GetClass(ctx, class, wbem.Options{})
	if err != nil {
		return err
	}
	inst, err := v.instance(c)
	if err == nil {
		_, err = svc.PutInstance(ctx, inst, wbem.Options{})
	}
	return err
}

// putDestination puts the consumer of a listener.
func putDestination(ctx context.Context, r *provider.Request, inst *cim.Instance) error {
	url := text(inst, "Destination")
	if url == "" {
		return cim.Errorf(wbem.IllegalNull, "Destination is NULL")
	}
	return write(ctx, r.Services, ConsumerClass, row{
		"Name": cim.StringValue(idOf(inst)), "Destination": cim.StringValue(url),
	})
}

// filterName names the __EventFilter of a filter for its i-th namespace.
func filterName(id string, i int) string { return fmt.Sprintf("%s-%d", id, i) }

// sources returns the namespaces of a filter.
func sources(inst *cim.Instance) ([]string, error) {
	v, _ := inst.Get("SourceNamespaces")
	names := v.Texts()
	if len(names) == 0 {
		names = []string{Namespace}
		if one := text(inst, "SourceNamespace"); one != "" {
			names[0] = one
		}
	}
	if len(names) > maxNamespaces {
		return nil, cim.Errorf(wbem.QuotaViolation, "a filter has more than %d namespaces", maxNamespaces)
	}
	paths := make([]string, len(names))
	for i, name := range names {
		var err error
		if _, paths[i], err = cim.ParseNamespace(strings.Trim(name, `/\`)); err != nil {
			return nil, cim.Errorf(wbem.InvalidParameter, "%.100q is no namespace", name)
		}
	}
	return paths, nil
}

// putFilter puts the event filters of a filter, and binds them to what is
// subscribed.
func putFilter(ctx context.Context, r *provider.Request, inst *cim.Instance) error {
	query, err := translate(text(inst, "QueryLanguage"), text(inst, "Query"))
	if err != nil {
		return err
	}
	paths, err := sources(inst)
	if err != nil {
		return err
	}
	own := idOf(inst)
	if err := unbindAll(ctx, r.Services, inst); err != nil {
		return err
	}
	for i, path := range paths {
		err := write(ctx, r.Services, "__EventFilter", row{
			"Name": cim.StringValue(filterName(own, i)), "EventNamespace": cim.StringValue(path),
			"QueryLanguage": cim.StringValue("WQL"), "Query": cim.StringValue(query),
		})
		if err != nil {
			return err
		}
	}
	if err := dropFilters(ctx, r.Services, own, len(paths)); err != nil {
		return err
	}
	for s, err := range subscriptionsOf(ctx, r.Services, inst) {
		if err != nil {
			return err
		}
		if err := bind(ctx, r.Services, s, own, len(paths)); err != nil {
			return err
		}
	}
	return nil
}

// unbindAll deletes the bindings of a filter as it is stored, if it has more
// namespaces than it will have.
func unbindAll(ctx context.Context, svc wbem.Services, inst *cim.Instance) error {
	old, err := object(ctx, svc, idOf(inst))
	if errors.Is(err, wbem.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before, err := sources(old)
	if err != nil {
		return err
	}
	after, err := sources(inst)
	if err != nil || len(after) >= len(before) {
		return err
	}
	for s, err := range subscriptionsOf(ctx, svc, inst) {
		if err == nil {
			err = unbind(ctx, svc, s, idOf(inst), len(before))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropFilters deletes event filters from a position on.
func dropFilters(ctx context.Context, svc wbem.Services, id string, from int) error {
	for i := from; i < maxNamespaces; i++ {
		err := svc.DeleteInstance(ctx, keyPath("__EventFilter", "Name", filterName(id, i)), wbem.Options{})
		if errors.Is(err, wbem.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// subscriptionsOf yields the subscriptions that name a filter or destination.
func subscriptionsOf(ctx context.Context, svc wbem.Services, inst *cim.Instance) iter.Seq2[*cim.Instance, error] {
	path, _ := cim.RelPath(inst)
	name := plain(path.String())
	return func(yield func(*cim.Instance, error) bool) {
		for s, err := range objects(ctx, svc, subscriptionClass) {
			if err == nil && plain(text(s, "Filter")) != name && plain(text(s, "Handler")) != name {
				continue
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// end returns what a subscription refers to.
func end(ctx context.Context, r *provider.Request, inst *cim.Instance, role, class string) (*cim.Instance, error) {
	path, err := cim.ParsePath(text(inst, role))
	switch {
	case err != nil:
		return nil, cim.Errorf(wbem.InvalidParameter, "%s is no path", role)
	case !cim.EqualNames(path.Class, class):
		return nil, cim.Errorf(wbem.InvalidParameter, "%s is of class %s, not %s", role, path.Class, class)
	}
	c, err := r.Services.GetClass(ctx, class, wbem.Options{})
	if err != nil {
		return nil, err
	}
	values, err := cim.KeyValues(c, path)
	if err != nil {
		return nil, err
	}
	key := cim.NewInstance(c)
	for i, k := range c.Keys() {
		key.Put(k, values[i])
	}
	found, err := load(ctx, r.Services, key)
	if errors.Is(err, wbem.NotFound) {
		return nil, cim.Errorf(wbem.InvalidParameter, "%s does not exist", role)
	}
	return found, err
}

// putSubscription binds a filter to a destination.
func putSubscription(ctx context.Context, r *provider.Request, inst *cim.Instance) error {
	filter, err := end(ctx, r, inst, "Filter", filterClass)
	if err != nil {
		return err
	}
	if _, err := end(ctx, r, inst, "Handler", destinationClass); err != nil {
		return err
	}
	paths, err := sources(filter)
	if err != nil {
		return err
	}
	if k := inst.Class().PropertyIndex("SubscriptionState"); k >= 0 && inst.At(k).IsNull() {
		if err := inst.SetIndex(k, cim.Uint16Value(enabled)); err != nil {
			return err
		}
	}
	return bind(ctx, r.Services, inst, idOf(filter), len(paths))
}

// Values of SubscriptionState.
const (
	enabled  = 2
	disabled = 4
)

// bindings returns the filters and the consumer that a subscription with a filter
// of n namespaces binds.
func bindings(s *cim.Instance, filter string, n int) (filters []cim.Path, consumer cim.Path, err error) {
	path, err := cim.ParsePath(text(s, "Handler"))
	if err != nil {
		return nil, path, err
	}
	// The keys by name, as those of a class are.
	keys := map[string]string{}
	for _, k := range path.Keys {
		keys[cim.Fold(k.Name)] = cim.Fold(k.Text)
	}
	own := id(destinationClass, keys["CREATIONCLASSNAME"], keys["NAME"], keys["SYSTEMCREATIONCLASSNAME"], keys["SYSTEMNAME"])
	for i := range n {
		filters = append(filters, keyPath("__EventFilter", "Name", filterName(filter, i)))
	}
	return filters, keyPath(ConsumerClass, "Name", own), nil
}

// bind makes the bindings of a subscription, or deletes them if it is disabled.
func bind(ctx context.Context, svc wbem.Services, s *cim.Instance, filter string, n int) error {
	state, _ := s.Get("SubscriptionState")
	if !state.IsNull() && state.Uint() == disabled {
		return unbind(ctx, svc, s, filter, n)
	}
	filters, consumer, err := bindings(s, filter, n)
	if err != nil {
		return err
	}
	for _, f := range filters {
		err := write(ctx, svc, "__FilterToConsumerBinding", row{
			"Filter": cim.ReferenceValue(f.String()), "Consumer": cim.ReferenceValue(consumer.String()),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func unbind(ctx context.Context, svc wbem.Services, s *cim.Instance, filter string, n int) error {
	filters, consumer, err := bindings(s, filter, n)
	if err != nil {
		return err
	}
	for _, f := range filters {
		err := svc.DeleteInstance(ctx, cim.Path{Class: "__FilterToConsumerBinding", Keys: []cim.Key{
			cim.NewKey("Consumer", cim.ReferenceValue(consumer.String())), cim.NewKey("Filter", cim.ReferenceValue(f.String())),
		}}, wbem.Options{})
		if err != nil && !errors.Is(err, wbem.NotFound) {
			return err
		}
	}
	return nil
}

// remove deletes an instance: first what makes it work. A filter or destination to
// which something is subscribed stays. DSP1054
func remove(ctx context.Context, r *provider.Request, key *cim.Instance) error {
	inst, err := load(ctx, r.Services, keysOf(key))
	if err != nil {
		return err
	}
	own := idOf(inst)
	if r.Class.Name() != subscriptionClass {
		for s, err := range subscriptionsOf(ctx, r.Services, inst) {
			if err != nil {
				return err
			}
			return cim.Errorf(wbem.VetoDelete, "something is subscribed to it: %v", s)
		}
	}
	switch r.Class.Name() {
	case filterClass:
		err = dropFilters(ctx, r.Services, own, 0)
	case destinationClass:
		err = r.Services.DeleteInstance(ctx, keyPath(ConsumerClass, "Name", own), wbem.Options{})
	case subscriptionClass:
		var filter *cim.Instance
		if filter, err = end(ctx, r, inst, "Filter", filterClass); err == nil {
			var paths []string
			if paths, err = sources(filter); err == nil {
				err = unbind(ctx, r.Services, inst, idOf(filter), len(paths))
			}
		}
	}
	if err != nil && !errors.Is(err, wbem.NotFound) && !errors.Is(err, wbem.InvalidParameter) {
		return err
	}
	return r.Services.DeleteInstance(ctx, keyPath(objectClass, "Id", own), wbem.Options{})
}
