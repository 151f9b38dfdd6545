package permanent

import (
	"context"
	"errors"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// The classes whose instances make permanent subscriptions.
const (
	filterClass   = "__EventFilter"
	consumerClass = "__EventConsumer"
	bindingClass  = "__FilterToConsumerBinding"
)

// PartOf returns which of the classes that make permanent subscriptions a class
// is or is derived from, "" for none.
func PartOf(c *cim.Class) string {
	for ; c != nil; c = c.Super() {
		switch n := c.Name(); n {
		case filterClass, consumerClass, bindingClass:
			return n
		}
	}
	return ""
}

// An objectKey is the same for all paths of one object.
type objectKey string

// keyOf returns the key of the object at a path in a namespace; NotFound if
// there is no such class, InvalidObjectPath for a path that names none of its
// instances.
func keyOf(ns *repository.Namespace, path cim.Path) (objectKey, error) {
	c, err := ns.Class(path.Class)
	if err != nil {
		return "", err
	}
	values, err := cim.KeyValues(c, path)
	if err != nil {
		return "", err
	}
	b := append([]byte(cim.Fold(ns.Path())), 0)
	if c.KeyClass() != nil {
		b = append(b, cim.Fold(c.KeyClass().Name())...)
	}
	for i, k := range c.Keys() {
		key := cim.NewKey(c.Properties()[k].Name(), values[i]).Normal()
		b = append(append(b, 0), cim.Fold(key.Text)...)
	}
	return objectKey(b), nil
}

// A place is where an object is, or would be.
type place struct {
	ns   *repository.Namespace // nil if it does not exist
	path cim.Path              // without server and namespace
	full string                // in normal form; as it was written if it is no path
	key  objectKey             // "" if its class does not exist
}

// placeOf returns the place of a stored instance.
func placeOf(ns *repository.Namespace, inst *cim.Instance) (place, error) {
	path, ok := cim.RelPath(inst)
	if !ok {
		return place{}, cim.Errorf(wbem.InvalidObject, "an instance of %s has no path", inst.ClassName())
	}
	key, err := keyOf(ns, path)
	return place{ns, path, fullPath(ns, path), key}, err
}

func fullPath(ns *repository.Namespace, path cim.Path) string {
	path.Server, path.Namespace = ns.Origin().Server, ns.Origin().Namespace
	return path.String()
}

// refer returns the place that a reference in an object of a namespace names. The
// error says why there can be no object.
func (s *Subscriptions) refer(from *repository.Namespace, text string) (place, error) {
	p := place{full: text}
	path, err := cim.ParsePath(text)
	if err != nil {
		return p, err
	}
	if !s.isLocal(path.Server) {
		return p, cim.Errorf(wbem.NotFound, "%.200s is on another computer", text)
	}
	p.ns = from
	if path.Namespace != "" {
		if p.ns, err = s.repo.Namespace(path.Namespace); err != nil {
			return p, err
		}
	}
	path.Server, path.Namespace = "", ""
	p.path, p.full = path, fullPath(p.ns, path)
	p.key, err = keyOf(p.ns, path)
	return p, err
}

func (s *Subscriptions) isLocal(server string) bool {
	return server == "" || server == "." || cim.EqualNames(server, "localhost") || cim.EqualNames(server, s.repo.Server())
}

// read returns the object at a place, which then has the path that the object
// says: NotFound.
func (p *place) read() (*cim.Instance, error) {
	inst, err := p.ns.Instance(p.path, false)
	if err != nil {
		return nil, err
	}
	if path, ok := cim.RelPath(inst); ok {
		p.path, p.full = path, fullPath(p.ns, path)
	}
	return inst, nil
}

func get(inst *cim.Instance, name string) cim.Value {
	v, _ := inst.Get(name)
	return v
}

// creator returns the CreatorSID of an object: AccessDenied if it is none.
func creator(inst *cim.Instance) (access.SID, error) {
	sid, n, err := access.DecodeSID(get(inst, "CreatorSID").Bytes())
	if err != nil || n != get(inst, "CreatorSID").Len() {
		return access.SID{}, cim.Errorf(wbem.AccessDenied, "CreatorSID of the %s is not a SID", partName(inst.Class()))
	}
	return sid, nil
}

// isAdministrator reports whether what a creator has put counts as put by
// administrators: they and the service itself.
func isAdministrator(sid access.SID) bool {
	return sid == access.Administrators || sid == access.LocalSystem
}

func partName(c *cim.Class) string {
	switch PartOf(c) {
	case filterClass:
		return "filter"
	case consumerClass:
		return "consumer"
	}
	return "binding"
}

// eventNamespace returns where the events of a filter are raised.
func (s *Subscriptions) eventNamespace(filter *cim.Instance, own string) (string, error) {
	text := get(filter, "EventNamespace").Text()
	if text == "" {
		return own, nil
	}
	return ParseEventNamespace(text, s.isLocal)
}

// ParseEventNamespace returns the namespace that an EventNamespace names, such as
// root\cimv2 or \\.\root\cimv2: InvalidParameter for a text that is none, and for
// one on another computer.
func ParseEventNamespace(text string, isLocal func(server string) bool) (string, error) {
	server, namespace, err := cim.ParseNamespace(text)
	switch {
	case err != nil || namespace == "":
		return "", cim.Errorf(wbem.InvalidParameter, "EventNamespace %.200q is no path of a namespace", text)
	case !isLocal(server):
		return "", cim.Errorf(wbem.InvalidParameter, "EventNamespace %.200q is on another computer", text)
	}
	return namespace, nil
}

// Settings are what a binding says besides what it binds.
type Settings struct {
	Synchronous bool // whoever raises the event waits until it is delivered
	SlowDown    bool // whoever raises events waits when the queue is long
	Impersonate bool // MaintainSecurityContext
}

// ReadSettings returns those of a binding: InvalidParameter for a DeliveryQoS
// that there is not (events.md 8.1, Decision).
func ReadSettings(binding *cim.Instance) (Settings, error) {
	qos := get(binding, "DeliveryQoS")
	if qos.Uint() > 1 {
		return Settings{}, cim.Errorf(wbem.InvalidParameter, "DeliveryQoS is %d, and not 0 or 1", qos.Uint())
	}
	return Settings{
		Synchronous: get(binding, "DeliverSynchronously").Bool() || !qos.IsNull() && qos.Uint() == 0,
		SlowDown:    get(binding, "SlowDownProviders").Bool(),
		Impersonate: get(binding, "MaintainSecurityContext").Bool(),
	}, nil
}

// eachNamespace calls fn for root and all namespaces below it.
func (s *Subscriptions) eachNamespace(ctx context.Context, fn func(*repository.Namespace) error) error {
	root, err := s.repo.Namespace("root")
	if err != nil {
		return err
	}
	todo := []*repository.Namespace{root}
	for len(todo) > 0 {
		ns := todo[0]
		todo = todo[1:]
		if err := ctx.Err(); err != nil {
			return err
		}
		children, err := ns.Children()
		if err == nil {
			err = fn(ns)
		}
		if err != nil && !errors.Is(err, wbem.InvalidNamespace) { // it has gone meanwhile
			return err
		}
		todo = append(todo, children...)
	}
	return nil
}

// parts returns the instances of one of the classes in a namespace.
func parts(ctx context.Context, ns *repository.Namespace, class string) ([]*cim.Instance, error) {
	var all []*cim.Instance
	for inst, err := range ns.Instances(ctx, class, true) {
		if err != nil {
			return nil, err
		}
		all = append(all, inst)
	}
	slices.SortFunc(all, func(a, b *cim.Instance) int {
		pa, _ := cim.RelPath(a)
		pb, _ := cim.RelPath(b)
		return strings.Compare(pa.RelPath(), pb.RelPath())
	})
	return all, nil
}
