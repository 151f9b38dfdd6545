package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
	"openwmi/wql"
)

// beginsQuery reports whether a text begins as a query does and as no statement of a
// script language does: Select Case is one, unless a property has that name.
func beginsQuery(text string) bool {
	first, rest := cutWord(text)
	second, _ := cutWord(rest)
	switch strings.ToLower(first) {
	case "select":
		if strings.EqualFold(second, "case") {
			third, _ := cutWord(strings.TrimLeft(rest, " \t\r\n")[len(second):])
			return third == "," || strings.EqualFold(third, "from")
		}
		return second == "*" || second != "" && isNameByte(second[0])
	case "associators", "references":
		return strings.EqualFold(second, "of")
	}
	return false
}

// becomesQuery reports whether a text can be the beginning of one, with more than its first
// word.
func becomesQuery(text string) bool {
	first, rest := cutWord(text)
	second, end := cutWord(rest)
	switch strings.ToLower(first) {
	case "select":
		return second == "" && rest != "" || beginsQuery(text)
	case "associators", "references":
		return rest != "" && hasPrefix("of", second) && strings.TrimSpace(end) == "" || beginsQuery(text)
	}
	return false
}

// cutWord returns the first name or other character of a text, and what follows it.
func cutWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, " \t\r\n")
	n := 0
	for n < len(text) && isNameByte(text[n]) {
		n++
	}
	if n == 0 && text != "" {
		n = 1
	}
	return text[:n], text[n:]
}

// isNameByte reports whether a byte is part of a name.
func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// queryIncomplete reports whether what is wrong with a query is its end.
func queryIncomplete(text string) bool {
	text = strings.TrimRight(text, " \t\r\n")
	_, err := wql.Parse(text)
	if err == nil {
		return false
	}
	_, eventErr := wql.ParseEvent(text)
	if eventErr == nil {
		return false
	}
	return atEnd(err, text) || atEnd(eventErr, text)
}

func atEnd(err error, text string) bool {
	e, ok := errors.AsType[*wql.Error](err)
	return ok && e.File != nil && e.File.Offset(e.Pos) >= len(text)
}

// query runs one and shows what it finds.
func (s *Shell) query(ctx context.Context, text string) error {
	svc, err := s.session(ctx)
	if err != nil {
		return err
	}
	if isNotification(ctx, svc, text) {
		return s.watch(ctx, svc, text)
	}
	return s.showAll(ctx, func(out show.Screen, f show.Form) (show.Printer, error) {
		return show.New(out, f, func() (show.Layout, error) { return show.Query(ctx, svc, text) })
	}, func(yield func(cim.Object, error) bool) {
		for o, err := range svc.Query(ctx, show.Language, text, wbem.Options{}) {
			if !yield(o, err) {
				return
			}
		}
	})
}

// showAll shows a sequence until ctx ends and, on a terminal, how many objects it had.
func (s *Shell) showAll(ctx context.Context, printer func(show.Screen, show.Form) (show.Printer, error), objects func(func(cim.Object, error) bool)) error {
	out := s.o.Screen()
	f := s.form(out)
	p, err := printer(out, f)
	if err != nil {
		return err
	}
	n := 0
	err = show.All(p, func(yield func(cim.Object, error) bool) {
		for o, err := range objects {
			if err == nil && ctx.Err() != nil {
				o, err = nil, ctx.Err() // of which not all that make objects know
			}
			if err == nil {
				n++
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	})
	if err != nil || !out.Terminal || f != show.Table {
		return err
	}
	switch n {
	case 0:
		_, err = fmt.Fprintln(out.W, "(nothing found)")
	case 1:
		_, err = fmt.Fprintln(out.W, "(1 object)")
	default:
		_, err = fmt.Fprintf(out.W, "(%d objects)\n", n)
	}
	return err
}

// isNotification reports whether a query asks for events that will happen: those are
// not stored, and a data query for them finds nothing.
func isNotification(ctx context.Context, svc wbem.Services, text string) bool {
	q, err := wql.ParseEvent(text)
	switch {
	case err != nil:
		return false
	case q.Within != nil || q.Group != nil:
		return true
	}
	class, err := svc.GetClass(ctx, q.Class.Name, wbem.Options{})
	return err == nil && class.IsA("__Event")
}

// watch shows events as they happen, until ctx ends.
func (s *Shell) watch(ctx context.Context, svc wbem.Services, text string) error {
	out := s.o.Screen()
	p, err := show.Events(ctx, out, s.form(out), svc, text)
	if err != nil {
		return err
	}
	sub, err := svc.Subscribe(ctx, show.Language, text, wbem.Options{})
	if err != nil {
		return err
	}
	// What is wrong with the subscription Next has told.
	defer func() { _ = sub.Close() }()
	if out.Terminal {
		fmt.Fprintln(out.W, "(events appear as they happen; Ctrl-C ends it)")
	}
	for {
		event, err := sub.Next(ctx)
		switch {
		case errors.Is(err, wbem.QueueOverflow):
			s.report(err)
			continue
		case err != nil:
			return err
		}
		if err := p.Print(event); err != nil {
			return err
		}
		if s.o.Flush != nil {
			if err := s.o.Flush(); err != nil {
				return err
			}
		}
	}
}
