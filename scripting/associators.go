package scripting

import (
	"context"
	"errors"
	"iter"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wql"
)

// AssociatorsOf returns the objects that are associated with the one at a path,
// each once for each association that links it (the query ASSOCIATORS OF). What
// is not "" or false narrows that:
//
//	assocClass              to associations of that class or one derived from it
//	resultClass             to results of that class or one derived from it
//	resultRole              to results that this property of the association refers to
//	role                    to associations that refer to the object with this property
//	requiredAssocQualifier  to associations whose class has this qualifier
//	requiredQualifier       to results whose class has this qualifier
//
// With classesOnly the classes of the results are returned, with schemaOnly the
// path is that of a class and the results are the classes that its associations
// can link it with.
//
// FlagReturnImmediately is as for ExecQuery; further flags: FlagForwardOnly,
// FlagUseAmendedQualifiers. The error is ErrInvalidObjectPath for a malformed
// path, ErrNotFound for an unknown object or class there, ErrInvalidParameter
// for a filter that is no name or names an unknown class and for an instance
// with schemaOnly, ErrInvalidQuery for what does not go together, such as
// classesOnly and resultClass.
// ("SWbemServices.AssociatorsOf method"; scripting-api.md 5.8)
func (s *Services) AssociatorsOf(path, assocClass, resultClass, resultRole, role string, classesOnly, schemaOnly bool, requiredAssocQualifier, requiredQualifier string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	a := associators(assocClass, resultClass, resultRole, role, classesOnly, schemaOnly, requiredAssocQualifier, requiredQualifier)
	return s.associations("SWbemServices.AssociatorsOf", path, a, flags, values)
}

// AssociatorsOfAsync delivers what AssociatorsOf returns: OnObjectReady for
// each. Of its flags it does not know FlagReturnImmediately and FlagForwardOnly,
// but FlagSendStatus. ("SWbemServices.AssociatorsOfAsync method")
func (s *Services) AssociatorsOfAsync(sink *Sink, path, assocClass, resultClass, resultRole, role string, classesOnly, schemaOnly bool, requiredAssocQualifier, requiredQualifier string, flags Flags, values, asyncContext *NamedValueSet) error {
	a := associators(assocClass, resultClass, resultRole, role, classesOnly, schemaOnly, requiredAssocQualifier, requiredQualifier)
	return s.associationsAsync("SWbemServices.AssociatorsOfAsync", sink, path, a, flags, values, asyncContext)
}

// ReferencesTo returns the associations that refer to the object at a path (the
// query REFERENCES OF). What is not "" or false narrows that:
//
//	resultClass        to associations of that class or one derived from it
//	role               to associations that refer to the object with this property
//	requiredQualifier  to associations whose class has this qualifier
//
// With classesOnly the classes of the associations are returned, with schemaOnly
// the path is that of a class and the results are the classes of associations
// that can refer to it. Flags and errors are those of AssociatorsOf.
// ("SWbemServices.ReferencesTo method"; scripting-api.md 5.8)
func (s *Services) ReferencesTo(path, resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	a := references(resultClass, role, classesOnly, schemaOnly, requiredQualifier)
	return s.associations("SWbemServices.ReferencesTo", path, a, flags, values)
}

// ReferencesToAsync delivers what ReferencesTo returns: OnObjectReady for each.
// Of its flags it does not know FlagReturnImmediately and FlagForwardOnly, but
// FlagSendStatus. ("SWbemServices.ReferencesToAsync method")
func (s *Services) ReferencesToAsync(sink *Sink, path, resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier string, flags Flags, values, asyncContext *NamedValueSet) error {
	a := references(resultClass, role, classesOnly, schemaOnly, requiredQualifier)
	return s.associationsAsync("SWbemServices.ReferencesToAsync", sink, path, a, flags, values, asyncContext)
}

// An association is an association query that has no object yet.
type association struct {
	query     wql.Query
	traversal *wql.Traversal // of the query
	filters   []wql.Ident    // all names in the query
}

func associators(assocClass, resultClass, resultRole, role string, classesOnly, schemaOnly bool, requiredAssocQualifier, requiredQualifier string) association {
	q := &wql.Associators{
		Traversal:              traversal(resultClass, role, classesOnly, schemaOnly, requiredQualifier),
		AssocClass:             wql.Ident{Name: assocClass},
		RequiredAssocQualifier: wql.Ident{Name: requiredAssocQualifier},
		ResultRole:             wql.Ident{Name: resultRole},
	}
	return association{q, &q.Traversal, []wql.Ident{q.ResultClass, q.Role, q.RequiredQualifier, q.AssocClass, q.RequiredAssocQualifier, q.ResultRole}}
}

func references(resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier string) association {
	q := &wql.References{Traversal: traversal(resultClass, role, classesOnly, schemaOnly, requiredQualifier)}
	return association{q, &q.Traversal, []wql.Ident{q.ResultClass, q.Role, q.RequiredQualifier}}
}

func traversal(resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier string) wql.Traversal {
	return wql.Traversal{
		ClassDefsOnly:     classesOnly,
		SchemaOnly:        schemaOnly,
		RequiredQualifier: wql.Ident{Name: requiredQualifier},
		ResultClass:       wql.Ident{Name: resultClass},
		Role:              wql.Ident{Name: role},
	}
}

func (s *Services) associations(source, path string, a association, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	o, err := s.readOptions(source, flags, associationFlags|setFlags, values)
	if err != nil {
		return nil, err
	}
	query, err := s.about(source, path, a)
	if err != nil {
		return nil, err
	}
	return s.query(source, associating{s.svc}, query, "WQL", o)
}

func (s *Services) associationsAsync(source string, sink *Sink, path string, a association, flags Flags, values, asyncContext *NamedValueSet) error {
	o, err := s.readOptions(source, flags, associationFlags|FlagSendStatus, values)
	if err != nil {
		return err
	}
	query, err := s.about(source, path, a)
	if err != nil {
		return err
	}
	return s.queryAsync(source, associating{s.svc}, sink, query, "WQL", o, asyncContext)
}

// about returns the text of an association query about the object at a path.
// Since nothing but names and a path in normal form goes into it, it says what
// was asked for and no more.
func (s *Services) about(source, path string, a association) (string, error) {
	p, err := cim.ParsePath(path)
	if err == nil && p.Class == "" {
		err = cim.Errorf(ErrInvalidObjectPath, "%.60q names no object", path)
	}
	if err == nil {
		err = wbem.CheckPlace(s.svc, p)
	}
	if err != nil {
		return "", s.fail(source, wbem.NewError("ExecQuery", path, err))
	}
	if a.traversal.SchemaOnly && p.IsInstance() {
		return "", fail(source, ErrInvalidParameter, "the schema is asked for, but %.60q is an instance", path)
	}
	for _, f := range a.filters {
		if f.Name != "" && !cim.IsIdentifier(f.Name) {
			return "", fail(source, ErrInvalidParameter, "%.60q is no name", f.Name)
		}
	}
	a.traversal.Object = wql.ObjectPath{Text: p.RelPath(), Path: p}
	return a.query.String(), nil
}

// An associating session fails where an unknown class is named in a filter as
// the library does: with ErrInvalidParameter (scripting-api.md 5.8).
type associating struct{ wbem.Services }

func (s associating) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		for object, err := range s.Services.Query(ctx, language, query, o) {
			var e *wbem.Error
			if errors.As(err, &e) && e.Status == ErrInvalidClass {
				err = &wbem.Error{Op: e.Op, Path: e.Path, Status: ErrInvalidParameter, Detail: e.Detail}
			}
			if !yield(object, err) {
				return
			}
		}
	}
}
