package main

import (
	"context"
	"fmt"

	"openwmi/cim"
	"openwmi/wbem"
)

// callbacks returns a sink that prints its callbacks as they come, and where the
// outcome of its call arrives.
func (c *cli) callbacks() (*wbem.Sink, <-chan error) {
	print := func(format string, args ...any) error {
		if _, err := fmt.Fprintf(c.out, format+"\n", args...); err != nil {
			return err
		}
		return c.out.Flush()
	}
	completed := make(chan error, 1)
	return &wbem.Sink{
		OnObject:    func(o cim.Object, _ any) error { return print("OnObjectReady %s", cim.AppendJSON(nil, o)) },
		OnObjectPut: func(path cim.Path, _ any) error { return print("OnObjectPut %s", path) },
		OnProgress: func(r wbem.Progress, _ any) error {
			return print("OnProgress %d of %d %s", r.Done, r.Total, r.Message)
		},
		OnCompleted: func(err error, _ any) {
			if e := print("OnCompleted %s", completion(err)); err == nil {
				err = e
			}
			completed <- err
		},
	}, completed
}

// putAsync puts through a sink and prints its callbacks.
func (c *cli) putAsync(ctx context.Context, p *putting, o wbem.Options) error {
	o.Flags |= wbem.SendStatus
	sink, completed := c.callbacks()
	var err error
	if p.class != nil {
		err = wbem.NewError("PutClass", p.class.Name, wbem.PutClassAsync(ctx, p.svc, sink, p.class, o, nil))
	} else {
		err = wbem.NewError("PutInstance", p.inst.ClassName(), wbem.PutInstanceAsync(ctx, p.svc, sink, p.inst, o, nil))
	}
	if err != nil {
		return err // of the call itself: the sink hears nothing
	}
	return <-completed
}

// completion says with what a call has ended.
func completion(err error) string {
	status := wbem.StatusOf(err)
	if status == wbem.OK {
		return "OK (0x0)"
	}
	return status.String()
}
