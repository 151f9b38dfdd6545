package interop

import (
	"context"
	"errors"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// Name is that under which the provider is registered.
const Name = "OpenWMI_Interop"

// Options of a Provider.
type Options struct {
	Version string // of this program, "" if it has none
}

// A Provider supplies root\interop. It may be used by several goroutines.
type Provider struct {
	opts Options
}

var _ interface {
	provider.InstanceGetter
	provider.InstanceEnumerator
	provider.InstancePutter
	provider.PartialPutter
	provider.InstanceDeleter
} = (*Provider)(nil)

// New returns a provider.
func New(o Options) *Provider { return &Provider{o} }

// supplies are the classes whose instances the provider supplies; those that
// clients put are true in kept.
var (
	supplies = map[string]bool{
		"CIM_ObjectManager": true, "CIM_Namespace": true, "CIM_IndicationService": true, "CIM_RegisteredProfile": true,
		"CIM_ReferencedProfile": true, "CIM_ElementConformsToProfile": true,
		"CIM_IndicationFilter": true, "CIM_ListenerDestinationCIMXML": true, "CIM_IndicationSubscription": true,
	}
	kept = map[string]bool{
		filterClass: true, destinationClass: true, subscriptionClass: true,
	}
)

// A row is the values of an instance. What the class does not have is left out,
// because it may be another version of it.
type row map[string]cim.Value

func (v row) instance(c *cim.Class) (*cim.Instance, error) {
	inst := cim.NewInstance(c)
	for name, value := range v {
		if k := c.PropertyIndex(name); k >= 0 {
			if err := inst.SetIndex(k, value); err != nil {
				return nil, err
			}
		}
	}
	return inst, nil
}

// Instances implements provider.InstanceEnumerator.
func (p *Provider) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	if kept[r.Class.Name()] {
		return stored(ctx, r)
	}
	return func(yield func(*cim.Instance, error) bool) {
		rows, err := p.rows(ctx, r)
		for _, v := range rows {
			inst, wrong := v.instance(r.Class)
			if !yield(inst, wrong) || wrong != nil {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// rows returns the instances of a class that clients do not put.
func (p *Provider) rows(ctx context.Context, r *provider.Request) ([]row, error) {
	server := r.Services.Server()
	switch r.Class.Name() {
	case "CIM_ObjectManager":
		return []row{p.manager(server)}, nil
	case "CIM_IndicationService":
		return []row{indicationService(server)}, nil
	case "CIM_RegisteredProfile":
		return profiles(), nil
	case "CIM_ReferencedProfile":
		return []row{{
			"Antecedent": profilePath(registrationProfile), "Dependent": profilePath(indicationsProfile),
		}}, nil
	case "CIM_ElementConformsToProfile":
		return []row{{
			"ConformantStandard": profilePath(indicationsProfile),
			"ManagedElement":     cim.ReferenceValue(servicePath("CIM_IndicationService", indicationServiceName, server).String()),
		}}, nil
	case "CIM_Namespace":
		names, err := namespaces(ctx, r)
		rows := make([]row, len(names))
		for i, name := range names {
			rows[i] = namespace(server, name)
		}
		return rows, err
	}
	return nil, nil // a subclass that another schema has
}

// GetInstance implements provider.InstanceGetter.
func (p *Provider) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	if kept[r.Class.Name()] {
		return load(ctx, r.Services, key)
	}
	rows, err := p.rows(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		if inst, err := v.instance(r.Class); err != nil || sameKeys(inst, key) {
			return inst, err
		}
	}
	return nil, cim.Errorf(wbem.NotFound, "there is none with these keys")
}

// sameKeys reports whether two instances of a class have the same keys.
func sameKeys(a, b *cim.Instance) bool {
	for _, k := range a.Class().Keys() {
		if a.Class().Properties()[k].Type() == cim.TypeReference {
			if plain(a.At(k).Text()) != plain(b.At(k).Text()) {
				return false
			}
		} else if !a.At(k).EqualFold(b.At(k)) {
			return false
		}
	}
	return true
}

// PutInstance implements provider.InstancePutter.
func (p *Provider) PutInstance(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	switch name := r.Class.Name(); {
	case kept[name]:
		return put(ctx, r, inst)
	case name == "CIM_Namespace":
		return putNamespace(ctx, r, inst)
	}
	return cim.Path{}, cim.Errorf(wbem.ProviderNotCapable, "instances of class %s are not put", r.Class.Name())
}

// PutProperties implements provider.PartialPutter.
func (p *Provider) PutProperties(ctx context.Context, r *provider.Request, inst *cim.Instance, part provider.Partial) (cim.Path, error) {
	old, err := p.GetInstance(ctx, r, keysOf(inst))
	if err != nil {
		return cim.Path{}, err
	}
	for k, property := range inst.Class().Properties() {
		listed := func(name string) bool { return cim.EqualNames(name, property.Name()) }
		if (part.Properties == nil || slices.ContainsFunc(part.Properties, listed)) && (part.StrictNulls || !inst.At(k).IsNull()) {
			if err := old.SetIndex(k, inst.At(k)); err != nil {
				return cim.Path{}, err
			}
		}
	}
	again := *r
	again.Flags |= wbem.UpdateOnly
	return p.PutInstance(ctx, &again, old)
}

// keysOf returns an instance that has nothing but keys.
func keysOf(inst *cim.Instance) *cim.Instance {
	key := cim.NewInstance(inst.Class())
	for _, k := range inst.Class().Keys() {
		key.Put(k, inst.At(k))
	}
	return key
}

// DeleteInstance implements provider.InstanceDeleter.
func (p *Provider) DeleteInstance(ctx context.Context, r *provider.Request, key *cim.Instance) error {
	switch name := r.Class.Name(); {
	case kept[name]:
		return remove(ctx, r, key)
	case name == "CIM_Namespace":
		if _, err := p.GetInstance(ctx, r, key); err != nil {
			return err
		}
		return deleteNamespace(ctx, r, key)
	}
	return cim.Errorf(wbem.ProviderNotCapable, "instances of class %s are not deleted", r.Class.Name())
}

// checkFlags complains about a put of what must not or must be there.
func checkFlags(f wbem.Flags, found error) error {
	switch {
	case found == nil && f&wbem.CreateOnly != 0:
		return cim.Errorf(wbem.AlreadyExists, "it exists")
	case errors.Is(found, wbem.NotFound) && f&wbem.UpdateOnly == 0:
		return nil
	}
	return found
}
