package cimom

import (
	"context"

	"openwmi/wbem"
	"openwmi/wql"
)

// Subscribe implements wbem.Services.
func (s *session) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	if err := wql.CheckLanguage(language, query); err != nil {
		return nil, s.fail("ExecNotificationQuery", query, err)
	}
	return nil, s.fail("ExecNotificationQuery", query, wbem.NotSupported)
}
