package cimxml_test

import (
	"context"
	"iter"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// busy is a locator in which somebody writes at the end of each enumeration.
type busy struct {
	wbem.Locator
	write func(svc wbem.Services) error
}

func (b *busy) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := b.Locator.Connect(ctx, namespace, o)
	if err != nil {
		return nil, err
	}
	return &busyServices{svc, svc.(wbem.UnusedClassDeleter), b}, nil
}

type busyServices struct {
	wbem.Services
	wbem.UnusedClassDeleter
	b *busy
}

func (s *busyServices) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for inst, err := range s.Services.Instances(ctx, class, o) {
			if !yield(inst, err) {
				return
			}
		}
		if err := s.b.write(s.Services); err != nil {
			yield(nil, err)
		}
	}
}

// What is created while a class is found to be unused is not deleted with it.
func TestDeleteClassInUse(t *testing.T) {
	ctx := t.Context()
	for _, test := range []struct {
		want  cimxml.Code
		write func(svc wbem.Services) error
	}{
		{cimxml.ClassHasInstances, func(svc wbem.Services) error {
			c, err := svc.GetClass(ctx, "Empty", wbem.Options{})
			if err != nil {
				return err
			}
			inst := cim.NewInstance(c)
			if err := inst.Set("Id", cim.StringValue("new")); err != nil {
				return err
			}
			_, err = svc.PutInstance(ctx, inst, wbem.Options{})
			return err
		}},
		{cimxml.ClassHasChildren, func(svc wbem.Services) error {
			return svc.PutClass(ctx, &cim.ClassDecl{Name: "Sub", Super: "Empty"}, wbem.Options{})
		}},
		{0, func(wbem.Services) error { return nil }},
	} {
		world := newWorld(t)
		svc, err := world.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p, _ := listen(t, &busy{world, test.write}, cimxml.Options{})
		if got, body := p.ask("DeleteClass", class("Empty")); got != test.want {
			t.Errorf("status %d, want %d: %s", got, test.want, body)
		}
		want := wbem.OK
		if test.want == 0 {
			want = wbem.NotFound
		}
		if _, err := svc.GetClass(ctx, "Empty", wbem.Options{}); wbem.StatusOf(err) != want {
			t.Errorf("the class: %v, want %v", err, want)
		}
	}
}
