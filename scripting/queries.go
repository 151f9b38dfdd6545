package scripting

import "openwmi/wbem"

// ExecQuery runs a data or schema query and returns its results, instances or
// classes. The language is "WQL". FlagReturnImmediately is as for InstancesOf:
// with it, what is wrong with the query itself appears when the set is used.
// With QueryFlagPrototype nothing is run, and the set has the class of the
// results, whose properties say in the qualifier Order where they stand in the
// list. Further flags: FlagForwardOnly, FlagUseAmendedQualifiers,
// FlagDirectRead; FlagEnsureLocatable changes nothing, since the objects of a
// query always have their keys and so a path (scripting-api.md, Decision S-12).
//
// The error is ErrInvalidParameter without a query or language,
// ErrInvalidQueryType for another language, ErrInvalidQuery for a query that is
// malformed or asks for a property that is not there, ErrInvalidClass for an
// unknown class, ErrQuotaViolation for a query beyond the limits.
// ("SWbemServices.ExecQuery method"; scripting-api.md 5.7)
func (s *Services) ExecQuery(query, language string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	const source = "SWbemServices.ExecQuery"
	o, err := s.readOptions(source, flags, queryFlags|setFlags, values)
	if err != nil {
		return nil, err
	}
	return s.query(source, s.svc, query, language, o)
}

// ExecQueryAsync delivers what ExecQuery returns: OnObjectReady for each. Of its
// flags it does not know FlagReturnImmediately and FlagForwardOnly, but
// FlagSendStatus. ("SWbemServices.ExecQueryAsync method")
func (s *Services) ExecQueryAsync(sink *Sink, query, language string, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemServices.ExecQueryAsync"
	o, err := s.readOptions(source, flags, queryFlags|FlagSendStatus, values)
	if err != nil {
		return err
	}
	return s.queryAsync(source, s.svc, sink, query, language, o, asyncContext)
}

// query runs a query on svc, which is the session or stands before it.
func (s *Services) query(source string, svc wbem.Services, query, language string, o wbem.Options) (*ObjectSet, error) {
	e, err := wbem.EnumerateQuery(s.ctx, svc, language, query, locatable(o))
	if err != nil {
		return nil, s.fail(source, err)
	}
	return newObjectSet(s, e, o.Flags), nil
}

func (s *Services) queryAsync(source string, svc wbem.Services, sink *Sink, query, language string, o wbem.Options, asyncContext *NamedValueSet) error {
	return s.fail(source, wbem.QueryAsync(s.ctx, svc, sink.wbem(), language, query, locatable(o), s.call(asyncContext)))
}

// locatable asks for results that have a path, which a prototype has anyway.
func locatable(o wbem.Options) wbem.Options {
	if o.Flags&QueryFlagPrototype == 0 {
		o.Flags |= FlagEnsureLocatable
	}
	return o
}
