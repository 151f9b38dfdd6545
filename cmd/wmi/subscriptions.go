package main

import (
	"encoding/csv"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/wbem"
)

func (c *cli) subscriptionsCommand() *cobra.Command {
	var problems bool
	cmd := &cobra.Command{
		Use:   "subscriptions",
		Short: "List the permanent subscriptions of all namespaces",
		Long: `List every binding of an event filter and a consumer in all namespaces, and the
filters and consumers that no binding names, with their state:

  active    events are collected and delivered
  failing   the same, but the consumer failed last time
  inactive  the filter cannot run at the moment, and is tried again
  dangling  the filter or consumer that a binding names does not exist
  refused   it must not run
  unbound   a filter or consumer without a binding

What the consumers may do stands in the file consumers.json in the store's
directory; without it they may write to the log of the system and nothing else.`,
		Example: examples(`
			wmi subscriptions
			wmi subscriptions --problems
			wmi subscriptions -o json | jq 'select(.queued > 0)'`),
		Args: atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			svc, err := c.services(cmd.Context(), "root")
			if err != nil {
				return err
			}
			lister, ok := svc.(wbem.SubscriptionLister)
			if !ok {
				return failed("ListSubscriptions", "", cim.Errorf(wbem.NotSupported, "this server does not list permanent subscriptions"))
			}
			return c.printSubscriptions(lister.PermanentSubscriptions(cmd.Context()), problems)
		},
	}
	cmd.Flags().BoolVar(&problems, "problems", false, "only those that are not active")
	return cmd
}

func (c *cli) printSubscriptions(all iter.Seq2[*wbem.PermanentSubscription, error], problems bool) error {
	var print func(*wbem.PermanentSubscription) error
	finish := func() error { return nil }
	switch f := c.listForm(); f {
	case asJSON:
		print = func(s *wbem.PermanentSubscription) error { return c.encode(subscriptionJSON(s)) }
	case asCSV:
		w := csv.NewWriter(c.out)
		if err := w.Write(subscriptionHead()); err != nil {
			return err
		}
		print = func(s *wbem.PermanentSubscription) error { return w.Write(subscriptionRow(s)) }
		finish = func() error { w.Flush(); return w.Error() }
	case asTable:
		o := table.Options{Width: c.out.width(), OmitEmpty: c.out.terminal}
		if c.out.colour() {
			o.Heading = show.Bold
		}
		columns := make([]table.Column, len(subscriptionColumns))
		for i, col := range subscriptionColumns {
			columns[i] = table.Column{Name: col.name, Right: col.right}
		}
		w := table.New(c.out, columns, o)
		print = func(s *wbem.PermanentSubscription) error { return w.Row(subscriptionRow(s)) }
		finish = w.Close
	default:
		return failed("ListSubscriptions", "", cim.Errorf(wbem.InvalidParameter, "subscriptions have the forms table, json and csv, not %s", f))
	}
	for s, err := range all {
		if err != nil {
			return err
		}
		if problems && s.State == wbem.SubscriptionActive {
			continue
		}
		if err := print(s); err != nil {
			return err
		}
	}
	return finish()
}

// subscriptionColumns are the columns of tables and CSV.
var subscriptionColumns = []struct {
	name  string
	right bool
	value func(*wbem.PermanentSubscription) string
}{
	{"State", false, func(s *wbem.PermanentSubscription) string { return string(s.State) }},
	{"Filter", false, func(s *wbem.PermanentSubscription) string { return localPath(s.Filter) }},
	{"Consumer", false, func(s *wbem.PermanentSubscription) string { return localPath(s.Consumer) }},
	{"Queued", true, func(s *wbem.PermanentSubscription) string { return number(uint64(s.Queued)) }},
	{"Delivered", true, func(s *wbem.PermanentSubscription) string { return number(s.Delivered) }},
	{"Failed", true, func(s *wbem.PermanentSubscription) string { return number(s.Failed) }},
	{"Dropped", true, func(s *wbem.PermanentSubscription) string { return number(s.Dropped) }},
	{"Why", false, func(s *wbem.PermanentSubscription) string {
		if s.Reason != "" {
			return s.Reason
		}
		return s.LastError
	}},
	{"Namespace", false, func(s *wbem.PermanentSubscription) string { return s.Namespace }},
	{"Query", false, func(s *wbem.PermanentSubscription) string { return s.Query }},
}

func subscriptionHead() []string {
	head := make([]string, len(subscriptionColumns))
	for i, col := range subscriptionColumns {
		head[i] = col.name
	}
	return head
}

func subscriptionRow(s *wbem.PermanentSubscription) []string {
	row := make([]string, len(subscriptionColumns))
	for i, col := range subscriptionColumns {
		row[i] = col.value(s)
	}
	return row
}

// number is empty for zero, which is not worth a look.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// localPath returns a full path without the server.
func localPath(path string) string {
	rest, ok := strings.CutPrefix(path, `\\`)
	if !ok {
		return path
	}
	_, local, _ := strings.Cut(rest, `\`)
	return local
}

// subscriptionJSON is a subscription for programs.
func subscriptionJSON(s *wbem.PermanentSubscription) any {
	var lastFailed *time.Time
	if !s.LastFailed.IsZero() {
		lastFailed = &s.LastFailed
	}
	return struct {
		State       string     `json:"state"`
		Reason      string     `json:"reason,omitempty"`
		Binding     string     `json:"binding,omitempty"`
		Filter      string     `json:"filter,omitempty"`
		Consumer    string     `json:"consumer,omitempty"`
		Namespace   string     `json:"namespace,omitempty"`
		Query       string     `json:"query,omitempty"`
		Queued      int64      `json:"queued"`
		QueuedBytes int64      `json:"queuedBytes"`
		Delivered   uint64     `json:"delivered"`
		Failed      uint64     `json:"failed"`
		Dropped     uint64     `json:"dropped"`
		LastError   string     `json:"lastError,omitempty"`
		LastFailed  *time.Time `json:"lastFailed,omitempty"`
	}{string(s.State), s.Reason, s.Binding, s.Filter, s.Consumer, s.Namespace, s.Query,
		s.Queued, s.QueuedBytes, s.Delivered, s.Failed, s.Dropped, s.LastError, lastFailed}
}
