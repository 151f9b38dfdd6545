package bench

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// Crash starts a process that writes as fast as it can, kills it without
// warning (SIGKILL) at a random moment, opens the store, and compares it with
// what the process had acknowledged; again and again on the same store.
//
// Each writer of the process puts a record, replaces its head, and deletes
// every fourth record again. It reports each as soon as it is acknowledged, in
// a line on standard output, which a kill cannot take back:
//
//	put 3 17        writer 3 has put record 17
//	head 3 17       its head says 17
//	gone 3 16       record 16 is deleted
//
// What was acknowledged must be there; what was on its way may be there
// entirely or not at all.

// CrashOptions say how much is killed.
type CrashOptions struct {
	Kills   int
	Writers int
	// Check, if not nil, proves the invariants of an open store.
	Check func(context.Context, Store) error
}

// A CrashResult is what the kills did.
type CrashResult struct {
	Kills        int           `json:"kills"`
	Acknowledged int           `json:"acknowledged"` // writes
	Lost         int           `json:"lost"`         // acknowledged ones that were not there
	Torn         int           `json:"torn"`         // objects that were there in part
	Reopen       time.Duration `json:"reopen_ns"`    // the longest that opening took after a kill
}

// Classes of the records and heads of writers.
const (
	recordClass = "Bench_Record"
	headClass   = "Bench_Head"
)

func crashClasses() []*cim.ClassDecl {
	key := func(name string, t cim.Type) cim.PropertyDecl {
		return cim.PropertyDecl{Name: name, Type: t, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}}
	}
	return []*cim.ClassDecl{
		{Name: recordClass, Properties: []cim.PropertyDecl{
			key("Round", cim.TypeUint32), key("Writer", cim.TypeUint32), key("Number", cim.TypeUint32),
			{Name: "Body", Type: cim.TypeString},
		}},
		{Name: headClass, Properties: []cim.PropertyDecl{
			key("Writer", cim.TypeUint32),
			{Name: "Round", Type: cim.TypeUint32}, {Name: "Number", Type: cim.TypeUint32},
		}},
	}
}

// body returns what must stand in a record.
func body(round, writer, number int) string {
	s := fmt.Sprintf("%d/%d/%d ", round, writer, number)
	return strings.Repeat(s, 40)
}

// erased reports whether writers delete the record again.
func erased(number int) bool { return number%4 == 0 }

// CrashWriter is the process that is killed: it writes until it is, and reports
// to w.
func CrashWriter(ctx context.Context, s Store, writers, round int, w io.Writer) error {
	svc, err := s.Connect(ctx, namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	var record, head *cim.Class
	for _, decl := range crashClasses() {
		if err := svc.PutClass(ctx, decl, wbem.Options{}); err != nil {
			return err
		}
	}
	if record, err = svc.GetClass(ctx, recordClass, wbem.Options{}); err != nil {
		return err
	}
	if head, err = svc.GetClass(ctx, headClass, wbem.Options{}); err != nil {
		return err
	}
	put := func(c *cim.Class, values map[string]cim.Value) (cim.Path, error) {
		inst := cim.NewInstance(c)
		for name, v := range values {
			if err := inst.Set(name, v); err != nil {
				return cim.Path{}, err
			}
		}
		return svc.PutInstance(ctx, inst, wbem.Options{})
	}
	number := func(n int) cim.Value { return cim.Uint32Value(uint32(n)) }
	return parallel(writers, func(writer int) error {
		for n := 1; ; n++ {
			path, err := put(record, map[string]cim.Value{
				"Round": number(round), "Writer": number(writer), "Number": number(n),
				"Body": cim.StringValue(body(round, writer, n)),
			})
			if err != nil {
				return err
			}
			// One write for a line: a pipe keeps it in one piece.
			if _, err := fmt.Fprintf(w, "put %d %d\n", writer, n); err != nil {
				return err
			}
			_, err = put(head, map[string]cim.Value{"Writer": number(writer), "Round": number(round), "Number": number(n)})
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "head %d %d\n", writer, n); err != nil {
				return err
			}
			if !erased(n) {
				continue
			}
			if err := svc.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "gone %d %d\n", writer, n); err != nil {
				return err
			}
		}
	})
}

// A journal is what one round has acknowledged, by writer: the number of the
// last record, head and deletion.
type journal struct {
	put, head, gone []int
	writes          int
}

// Crash kills and compares, and calls report after each kill.
func Crash(ctx context.Context, e *Env, o CrashOptions, report func(CrashResult)) (CrashResult, error) {
	var r CrashResult
	dir := filepath.Join(e.Dir, "crash")
	var journals []journal
	for round := range o.Kills {
		j, err := e.crashOnce(ctx, dir, o.Writers, round)
		if err := cmp.Or(ctx.Err(), err); err != nil {
			return r, err
		}
		journals = append(journals, j)
		r.Kills++
		r.Acknowledged += j.writes
		began := time.Now()
		s, err := e.Open(dir)
		if err != nil {
			return r, fmt.Errorf("after kill %d: %w", r.Kills, err)
		}
		r.Reopen = max(r.Reopen, time.Since(began))
		// Each kill could harm what earlier rounds wrote: the last comparison
		// is with everything.
		from := round
		if round == o.Kills-1 {
			from = 0
		}
		err = compare(ctx, s, journals, from, &r)
		if err == nil && o.Check != nil {
			err = o.Check(ctx, s)
		}
		if err = errors.Join(err, s.Close()); err != nil {
			return r, fmt.Errorf("after kill %d: %w", r.Kills, err)
		}
		report(r)
	}
	return r, nil
}

// crashOnce runs the writers, kills them, and returns what they had
// acknowledged.
func (e *Env) crashOnce(ctx context.Context, dir string, writers, round int) (journal, error) {
	j := journal{put: make([]int, writers), head: make([]int, writers), gone: make([]int, writers)}
	cmd := e.Command(ctx, "--data", dir, "bench", CrashWriterCommand,
		"--writers", strconv.Itoa(writers), "--round", strconv.Itoa(round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return j, err
	}
	if err := cmd.Start(); err != nil {
		return j, err
	}
	var timer *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if timer == nil {
			// It writes. Leave it a moment.
			timer = time.AfterFunc(time.Duration(rand.IntN(150))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
		if err := j.add(lines.Text()); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return j, err
		}
	}
	err = cmd.Wait()
	if timer == nil {
		return j, fmt.Errorf("the process that was to be killed ended by itself: %v", err)
	}
	timer.Stop()
	return j, lines.Err()
}

// CrashWriterCommand is the name of the command that runs CrashWriter.
const CrashWriterCommand = "crash-writer"

func (j *journal) add(line string) error {
	var what string
	var writer, number int
	if _, err := fmt.Sscanf(line, "%s %d %d", &what, &writer, &number); err != nil || writer >= len(j.put) {
		return fmt.Errorf("the process that was to be killed wrote %q", line)
	}
	switch what {
	case "put":
		j.put[writer] = number
	case "head":
		j.head[writer] = number
	case "gone":
		j.gone[writer] = number
	}
	j.writes++
	return nil
}

// compare adds to r what of the rounds from on is lost or torn.
func compare(ctx context.Context, s Store, journals []journal, from int, r *CrashResult) error {
	svc, err := s.Connect(ctx, namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	last := len(journals) - 1
	for round := from; round <= last; round++ {
		j := journals[round]
		for writer := range j.put {
			// One more than acknowledged may be there, or not; if so, whole.
			for n := 1; n <= j.put[writer]+1; n++ {
				found, whole, err := lookUp(ctx, svc, round, writer, n)
				if err != nil {
					return err
				}
				must := n <= j.put[writer] && !erased(n)
				mustNot := erased(n) && n <= j.gone[writer]
				if must && !found || mustNot && found {
					r.Lost++
				}
				if found && !whole {
					r.Torn++
				}
			}
		}
	}
	for writer, n := range journals[last].head {
		ok, err := headReaches(ctx, svc, writer, last, n)
		if err != nil {
			return err
		}
		if !ok {
			r.Lost++
		}
	}
	return nil
}

// lookUp reports whether a record is there, and whether it is as it was put.
func lookUp(ctx context.Context, svc wbem.Services, round, writer, n int) (found, whole bool, err error) {
	path := cim.MustParsePath(fmt.Sprintf("%s.Round=%d,Writer=%d,Number=%d", recordClass, round, writer, n))
	inst, err := svc.GetInstance(ctx, path, wbem.Options{})
	switch {
	case errors.Is(err, wbem.NotFound):
		return false, false, nil
	case err != nil:
		return false, false, err
	}
	v, _ := inst.Get("Body")
	return true, v.Text() == body(round, writer, n), nil
}

// headReaches reports whether the head of a writer is at least at a record of a
// round, if it acknowledged one.
func headReaches(ctx context.Context, svc wbem.Services, writer, round, n int) (bool, error) {
	if n == 0 {
		return true, nil
	}
	path := cim.MustParsePath(fmt.Sprintf("%s.Writer=%d", headClass, writer))
	inst, err := svc.GetInstance(ctx, path, wbem.Options{})
	switch {
	case errors.Is(err, wbem.NotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	at, _ := inst.Get("Round")
	number, _ := inst.Get("Number")
	return int(at.Int()) == round && int(number.Int()) >= n, nil
}
