package cimom

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// subscriptionRules are what a put of an __EventFilter, an __EventConsumer or a
// __FilterToConsumerBinding has to obey, found out before its transaction. The
// zero value is for all other instances.
type subscriptionRules struct {
	part    string     // permanent.PartOf the class
	creator access.SID // what CreatorSID becomes (events.md 8.3)
	chooses bool       // the caller may say another one
	refused error      // why it must not be put; nil as a rule
	defect  error      // why it would not work, which strong validation refuses (put.md 2.2, Decision P-3)
}

// subscriptionRules returns those for an instance of a class, which may be nil.
func (s *session) subscriptionRules(ctx context.Context, c *cim.Class, inst *cim.Instance, o wbem.Options) (r subscriptionRules, err error) {
	if c == nil {
		return r, nil
	}
	if r.part = permanent.PartOf(c); r.part == "" {
		return r, nil
	}
	r.creator, r.chooses = access.Administrators, true
	if t := s.who.Token; t != nil {
		r.creator, r.chooses = t.Creator(), t.IsAdministrator()
	}
	strong := o.Flags&wbem.StrongValidation != 0
	switch r.part {
	case "__EventFilter":
		r.refused = s.checkFilter(inst)
		if strong && r.refused == nil {
			r.defect = s.checkQuery(inst)
		}
	case "__FilterToConsumerBinding":
		_, r.refused = permanent.ReadSettings(inst)
		if strong {
			r.defect = cmp.Or(s.checkReference(ctx, inst, "Filter"), s.checkReference(ctx, inst, "Consumer"))
		}
	case "__EventConsumer":
		// Of what is put in part the provider learns when there is an event.
		if part, _ := partial(o.Context); part == nil {
			r.refused = s.checkConsumer(ctx, c, inst)
		}
	}
	return r, nil
}

// apply returns what is to be put of an instance of class c, and of a partial put.
func (r *subscriptionRules) apply(c *cim.Class, inst *cim.Instance, part *repository.Partial, o wbem.Options) (*cim.Instance, *repository.Partial, error) {
	switch {
	case permanent.PartOf(c) != r.part:
		return nil, nil, errMoved
	case r.part == "":
		return inst, part, nil
	case r.refused != nil:
		return nil, nil, r.refused
	case r.defect != nil && o.Flags&wbem.StrongValidation != 0:
		return nil, nil, r.defect
	}
	inst, err := inst.Clone().As(c)
	if err != nil {
		return nil, nil, err
	}
	if name := c.PropertyIndex("Name"); r.part == "__EventFilter" && inst.At(name).Text() == "" {
		inst.Put(name, cim.StringValue(newGUID()))
	}
	sid := c.PropertyIndex("CreatorSID")
	if r.chooses && inst.IsSet(sid) && !inst.At(sid).IsNull() {
		if _, n, err := access.DecodeSID(inst.At(sid).Bytes()); err != nil || n != inst.At(sid).Len() {
			return nil, nil, cim.Errorf(wbem.InvalidParameter, "CreatorSID is not a SID")
		}
		return inst, part, nil
	}
	inst.Put(sid, cim.BytesValue(r.creator.Bytes()))
	if part != nil && part.Properties != nil && !r.chooses {
		// Who changes a part of it answers for all of it.
		p := *part
		p.Properties = append(slices.Clone(p.Properties), "CreatorSID")
		part = &p
	}
	return inst, part, nil
}

// newGUID returns a name for a filter without one (events.md 8.1).
func newGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("{%X-%X-%X-%X-%X}", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// checkFilter returns what forbids to put a filter, as far as its properties alone
// can tell: a query with an error of syntax, another language than WQL, an
// EventNamespace that can be none, an EventAccess that is no descriptor. Classes
// and namespaces may come later (events.md 8.2, Decision).
func (s *session) checkFilter(inst *cim.Instance) error {
	if language := text(inst, "QueryLanguage"); language != "" && !strings.EqualFold(language, "WQL") {
		return cim.Errorf(wbem.InvalidQueryType, "QueryLanguage is %.100q and not WQL", language)
	}
	if query := text(inst, "Query"); query != "" {
		if _, err := wql.ParseEvent(query); err != nil {
			return err
		}
	}
	if namespace := text(inst, "EventNamespace"); namespace != "" {
		if _, err := permanent.ParseEventNamespace(namespace, s.m.isLocal); err != nil {
			return err
		}
	}
	if sddl := text(inst, "EventAccess"); sddl != "" {
		d, err := access.ParseSDDL(sddl)
		if err == nil {
			err = d.ValidateEvent()
		}
		return err
	}
	return nil
}

// checkQuery returns why a filter cannot run as things are.
func (s *session) checkQuery(inst *cim.Instance) error {
	spec := event.Spec{Namespace: s.ns.Path(), Query: text(inst, "Query"), EventAccess: text(inst, "EventAccess")}
	if !strings.EqualFold(text(inst, "QueryLanguage"), "WQL") {
		return cim.Errorf(wbem.InvalidQueryType, "QueryLanguage is not WQL")
	}
	if namespace := text(inst, "EventNamespace"); namespace != "" {
		var err error
		if spec.Namespace, err = permanent.ParseEventNamespace(namespace, s.m.isLocal); err != nil {
			return err
		}
		if _, err := s.enter(spec.Namespace); err != nil {
			return err
		}
	}
	return s.m.broker.Check(spec)
}

// checkReference returns why a binding dangles: NotFound.
func (s *session) checkReference(ctx context.Context, binding *cim.Instance, name string) error {
	path, err := cim.ParsePath(text(binding, name))
	if err != nil {
		return err
	}
	ns := s.ns
	if path.Namespace != "" {
		if ns, err = s.enter(path.Namespace); err != nil {
			return err
		}
	}
	if _, err := ns.Instance(path, false); err != nil || !s.m.isLocal(path.Server) {
		return cim.Errorf(wbem.NotFound, "%s %.200s does not exist", name, path)
	}
	return ctx.Err()
}

// checkConsumer asks the provider of a logical consumer whether it can do what
// the instance describes. What it cannot be asked now comes out when it gets an
// event.
func (s *session) checkConsumer(ctx context.Context, c *cim.Class, inst *cim.Instance) error {
	own := s.m.own(s.ns)
	reg, err := consumerRouter{s.m}.registration(ctx, s.ns, c)
	if err != nil {
		return nil
	}
	refused, _ := call(ctx, own, reg, c, wbem.Options{}, func(_ context.Context, p provider.ConsumerValidator, _ *provider.Request) (error, error) {
		return p.Validate(inst), nil
	})
	return refused
}
