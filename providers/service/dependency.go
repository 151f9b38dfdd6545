package service

import (
	"context"
	"iter"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A dependency is of a service on another one, without which it does not run.
type dependency struct {
	antecedent, dependent *unit
}

// requires returns the services that a unit needs, dependents those that need it.
func (u *unit) requires() []string { return u.related("Requires", "Requisite", "BindsTo") }

func (u *unit) dependents() []string { return u.related("RequiredBy", "RequisiteOf", "BoundBy") }

func (u *unit) related(properties ...string) []string {
	var ids []string
	for _, name := range properties {
		list, _ := property[[]string](u, name)
		for _, id := range list {
			if strings.HasSuffix(id, suffix) && !slices.Contains(ids, id) && len(ids) < maxUnits {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// existing returns those of some units that there are, by name.
func (s *scan) existing(ids []string) ([]*unit, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	body, err := s.bus.call(s.ctx, root, manager+".ListUnitsByNames", ids)
	if err != nil {
		return nil, err
	}
	units, ok := s.loaded(body)
	if !ok {
		return nil, strange("ListUnitsByNames")
	}
	var found []*unit
	for _, id := range ids {
		if u := units[id]; u != nil {
			found = append(found, u)
		}
	}
	return found, nil
}

// of returns the dependencies of a service on others, or those of others on it.
func (s *services) of(ctx context.Context, reference cim.Value, needs bool) ([]*dependency, error) {
	path, err := cim.ParsePath(reference.Text())
	if err != nil || len(path.Keys) != 1 || !cim.EqualNames(path.Class, "Win32_Service") {
		return nil, nil
	}
	scan := &scan{services: s, ctx: ctx}
	u, err := scan.byName(path.Keys[0].Text)
	if err != nil || u == nil {
		return nil, err
	}
	ids := u.dependents()
	if needs {
		ids = u.requires()
	}
	others, err := scan.existing(ids)
	if err != nil {
		return nil, status(err)
	}
	var found []*dependency
	for _, o := range others {
		if needs {
			found = append(found, &dependency{o, u})
		} else {
			found = append(found, &dependency{u, o})
		}
	}
	return found, nil
}

// allDependencies asks each service what it needs.
func (s *services) allDependencies(ctx context.Context) iter.Seq2[*dependency, error] {
	return func(yield func(*dependency, error) bool) {
		scan := &scan{services: s, ctx: ctx}
		units, err := scan.list()
		if err != nil {
			yield(nil, err)
			return
		}
		byID := map[string]*unit{}
		for _, u := range units {
			byID[u.id] = u
		}
		for _, u := range units {
			ids := u.requires()
			if scan.err != nil {
				yield(nil, scan.err)
				return
			}
			for _, id := range ids {
				if o := byID[id]; o != nil && !yield(&dependency{o, u}, nil) {
					return
				}
			}
		}
	}
}

func (u *unit) reference() cim.Value {
	return cim.ReferenceValue(cim.Path{Class: "Win32_Service", Keys: []cim.Key{cim.NewKey("Name", cim.StringValue(u.name()))}}.String())
}

func (s *services) dependencies() *live.Class[dependency] {
	return &live.Class[dependency]{
		Name: "Win32_DependentService",
		All:  s.allDependencies,
		Find: map[string]live.Finder[dependency]{
			"Antecedent": func(ctx context.Context, v cim.Value) ([]*dependency, error) { return s.of(ctx, v, false) },
			"Dependent":  func(ctx context.Context, v cim.Value) ([]*dependency, error) { return s.of(ctx, v, true) },
		},
		Fields: []live.Field[dependency]{
			{Name: "Antecedent", Get: func(d *dependency) cim.Value { return d.antecedent.reference() }},
			{Name: "Dependent", Get: func(d *dependency) cim.Value { return d.dependent.reference() }},
			live.Const[dependency]("TypeOfDependency", cim.Uint16Value(3)), // Service Must Be Started
		},
	}
}
