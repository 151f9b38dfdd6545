package plugin

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// A namespace is the session of the caller, as the program sees it: what it is
// asked goes to the host within the call.
type namespace struct {
	env  *pluginpb.Environment
	call *serving // nil outside of a call
}

var _ wbem.Services = (*namespace)(nil)

var errNotHere = cim.Errorf(wbem.NotSupported, "a program cannot ask for that")

// question puts a question to the host and returns the answer.
func (c *serving) question(ctx context.Context, q *pluginpb.Question) (*pluginpb.Answer, error) {
	q.Id = c.questions.Add(1)
	m, err := c.ask(ctx, waitKey{false, q.Id}, &pluginpb.FromProvider{Message: &pluginpb.FromProvider_Question{Question: q}})
	if err != nil {
		return nil, err
	}
	a := m.GetAnswer()
	return a, c.fromFault(a.Error)
}

// may returns why nothing can be asked.
func (n *namespace) may(o wbem.Options) error {
	if n.call == nil || o.Flags != 0 || o.Context.Len() > 0 {
		return errNotHere
	}
	return nil
}

// Server implements wbem.Services.
func (n *namespace) Server() string { return n.env.GetServer() }

// Namespace implements wbem.Services.
func (n *namespace) Namespace() string { return n.env.GetNamespace() }

// Locale implements wbem.Services.
func (n *namespace) Locale() string {
	if n.call == nil {
		return n.env.GetLocale()
	}
	return n.call.in.Locale
}

// GetClass implements wbem.Services.
func (n *namespace) GetClass(ctx context.Context, name string, o wbem.Options) (*cim.Class, error) {
	if err := n.may(o); err != nil {
		return nil, err
	}
	a, err := n.call.question(ctx, &pluginpb.Question{Question: &pluginpb.Question_GetClass{GetClass: name}})
	if err != nil {
		return nil, err
	}
	return n.call.numbered(a.ClassId)
}

// GetInstance implements wbem.Services.
func (n *namespace) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	if err := n.may(o); err != nil {
		return nil, err
	}
	a, err := n.call.question(ctx, &pluginpb.Question{Question: &pluginpb.Question_GetInstance{GetInstance: n.call.path(path)}})
	if err != nil {
		return nil, err
	}
	if len(a.Objects) != 1 {
		return nil, wbem.NotFound
	}
	return n.call.fromInstance(a.Objects[0])
}

// Query implements wbem.Services. At most 65536 objects in half of the size of
// the largest message can be the result: QuotaViolation.
func (n *namespace) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		err := n.may(o)
		if err == nil && !cim.EqualNames(language, "WQL") {
			err = wbem.InvalidQueryType
		}
		var a *pluginpb.Answer
		if err == nil {
			a, err = n.call.question(ctx, &pluginpb.Question{Question: &pluginpb.Question_Query{Query: query}})
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, p := range a.Objects {
			o, err := n.call.fromObject(p, 0)
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// Instances implements wbem.Services.
func (n *namespace) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		if !cim.IsIdentifier(class) {
			yield(nil, cim.Errorf(wbem.InvalidClass, "%.100q is no name of a class", class))
			return
		}
		for o, err := range n.Query(ctx, "WQL", "SELECT * FROM "+class, o) {
			inst, _ := o.(*cim.Instance)
			if !yield(inst, err) || err != nil {
				return
			}
		}
	}
}

// PutInstance implements wbem.Services.
func (n *namespace) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	if err := n.may(o); err != nil {
		return cim.Path{}, err
	}
	a, err := n.call.question(ctx, &pluginpb.Question{Question: &pluginpb.Question_PutInstance{PutInstance: n.call.instance(inst)}})
	if err != nil {
		return cim.Path{}, err
	}
	return n.call.fromPath(a.Path)
}

// DeleteInstance implements wbem.Services.
func (n *namespace) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	if err := n.may(o); err != nil {
		return err
	}
	_, err := n.call.question(ctx, &pluginpb.Question{Question: &pluginpb.Question_DeleteInstance{DeleteInstance: n.call.path(path)}})
	return err
}

// Classes implements wbem.Services: NotSupported.
func (n *namespace) Classes(context.Context, string, wbem.Options) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) { yield(nil, errNotHere) }
}

// PutClass implements wbem.Services: NotSupported.
func (n *namespace) PutClass(context.Context, *cim.ClassDecl, wbem.Options) error { return errNotHere }

// DeleteClass implements wbem.Services: NotSupported.
func (n *namespace) DeleteClass(context.Context, string, wbem.Options) error { return errNotHere }

// Subscribe implements wbem.Services: NotSupported.
func (n *namespace) Subscribe(context.Context, string, string, wbem.Options) (wbem.Subscription, error) {
	return nil, errNotHere
}

// ExecMethod implements wbem.Services: NotSupported.
func (n *namespace) ExecMethod(context.Context, cim.Path, string, *cim.Instance, wbem.Options) (*cim.Instance, error) {
	return nil, errNotHere
}

// OpenNamespace implements wbem.Services: NotSupported.
func (n *namespace) OpenNamespace(context.Context, string, wbem.Options) (wbem.Services, error) {
	return nil, errNotHere
}

// Close implements wbem.Services.
func (n *namespace) Close() error { return nil }
