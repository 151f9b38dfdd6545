package cimom

import (
	"context"
	"iter"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

const queryFlags = wbem.Prototype | wbem.UseAmendedQualifiers | wbem.DirectRead | wbem.EnsureLocatable | wbem.NoErrorObject

// Query implements wbem.Services.
func (s *session) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	a := admission{op: "ExecQuery", path: query, flags: o.Flags, legal: queryFlags}
	return func(yield func(cim.Object, error) bool) {
		if err := checkLanguage(language, query); err != nil {
			yield(nil, s.fail(a.op, a.path, err))
			return
		}
		sequenceOf(ctx, s, a, func() (iter.Seq2[cim.Object, error], error) {
			return nil, wbem.NotSupported
		})(yield)
	}
}

// Subscribe implements wbem.Services.
func (s *session) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	if err := checkLanguage(language, query); err != nil {
		return nil, s.fail("ExecNotificationQuery", query, err)
	}
	return nil, s.fail("ExecNotificationQuery", query, wbem.NotSupported)
}

// checkLanguage refuses what is no WQL (wql.md 1).
func checkLanguage(language, query string) error {
	switch {
	case language == "":
		return cim.Errorf(wbem.InvalidParameter, "no query language is named")
	case query == "":
		return cim.Errorf(wbem.InvalidParameter, "the query is empty")
	case !strings.EqualFold(language, "WQL"):
		return cim.Errorf(wbem.InvalidQueryType, "the query language is %.100s and not WQL", language)
	}
	return nil
}
