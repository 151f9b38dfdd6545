package plugin

import (
	"context"

	"google.golang.org/protobuf/proto"

	"openwmi/cim"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// maxAnswer is how many objects a query of a program yields at most; one more is
// QuotaViolation.
const maxAnswer = 1 << 16

// answer returns the answer to a question, which is put as the caller of the
// call.
func (c *call) answer(ctx context.Context, q *pluginpb.Question) *pluginpb.Answer {
	a := &pluginpb.Answer{Id: q.Id}
	if err := c.ask(ctx, q, a); err != nil {
		return &pluginpb.Answer{Id: q.Id, Error: c.fault(err)}
	}
	return a
}

func (c *call) ask(ctx context.Context, q *pluginpb.Question, a *pluginpb.Answer) error {
	if raised, ok := q.Question.(*pluginpb.Question_Raise); ok {
		event, err := c.fromInstance(raised.Raise)
		switch {
		case err != nil:
			return err
		case c.raise == nil || event == nil:
			return wbem.InvalidParameter
		}
		return c.raise(event)
	}
	if c.req == nil || c.req.Services == nil {
		return cim.Errorf(wbem.NotSupported, "there is no namespace to ask")
	}
	s := c.req.Services
	switch q := q.Question.(type) {
	case *pluginpb.Question_GetClass:
		class, err := s.GetClass(ctx, q.GetClass, wbem.Options{})
		if err != nil {
			return err
		}
		a.ClassId = c.number(class)
	case *pluginpb.Question_GetInstance:
		path, err := c.fromPath(q.GetInstance)
		if err != nil {
			return err
		}
		inst, err := s.GetInstance(ctx, path, wbem.Options{})
		if err != nil {
			return err
		}
		a.Objects = []*pluginpb.Object{c.object(inst)}
	case *pluginpb.Question_PutInstance:
		inst, err := c.fromInstance(q.PutInstance)
		if err != nil {
			return err
		}
		path, err := s.PutInstance(ctx, inst, wbem.Options{})
		if err != nil {
			return err
		}
		a.Path = c.path(path)
	case *pluginpb.Question_DeleteInstance:
		path, err := c.fromPath(q.DeleteInstance)
		if err != nil {
			return err
		}
		return s.DeleteInstance(ctx, path, wbem.Options{})
	case *pluginpb.Question_Query:
		size := 0
		for o, err := range s.Query(ctx, "WQL", q.Query, wbem.Options{}) {
			if err != nil {
				return err
			}
			p := c.object(o)
			if size += proto.Size(p) + 16; size > c.remote.program.cfg.MaxMessage/2 || len(a.Objects) == maxAnswer {
				return cim.Errorf(wbem.QuotaViolation, "more than %d objects, or too large ones", len(a.Objects))
			}
			a.Objects = append(a.Objects, p)
		}
	default:
		return cim.Errorf(wbem.NotSupported, "a question of no kind")
	}
	return nil
}
