package trace

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/providers/live"
)

// A story is what the kernel tells, and what is told on.
type story struct {
	t     *testing.T
	root  string
	clock uint64
	table *table
	told  []string
}

func newStory(t *testing.T) *story {
	s := &story{t: t, root: t.TempDir(), clock: 1000}
	s.table = newTable(&live.System{Proc: s.root}, func() uint64 { return s.clock })
	tell := func(word string) func(*process, uint64) error {
		return func(p *process, at uint64) error {
			text := fmt.Sprintf("%s %d %q of %d by %d", word, p.id, p.name, p.parent, p.user)
			if p.exit != nil && word == "stop" {
				text += fmt.Sprint(": ", exitStatus(*p.exit))
			}
			s.told = append(s.told, text)
			return nil
		}
	}
	s.table.start, s.table.stop = tell("start"), tell("stop")
	return s
}

// run makes a process, or changes it.
func (s *story) run(id, parent int, comm, state string, start, threads int) {
	dir := filepath.Join(s.root, fmt.Sprint(id))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	content := fmt.Sprintf("%d (%s) %s %d 7 7 0 -1 4194560 10 0 3 0 250 125 0 0 20 0 %d 0 %d 8192 2", id, comm, state, parent, threads, start)
	if err := os.WriteFile(filepath.Join(dir, "stat"), []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) kill(id int) { os.RemoveAll(filepath.Join(s.root, fmt.Sprint(id))) }

func (s *story) apply(m message) {
	s.t.Helper()
	s.clock++
	if m.at == 0 {
		m.at = s.clock
	}
	if err := s.table.apply(m); err != nil {
		s.t.Error(err)
	}
}

func (s *story) scan(tell bool) {
	s.clock++
	if err := s.table.scan(tell); err != nil {
		s.t.Error(err)
	}
}

func (s *story) wait() {
	s.clock += patience
	if err := s.table.tick(); err != nil {
		s.t.Error(err)
	}
}

func (s *story) expect(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.told); diff != "" {
		s.t.Errorf("told:\n%s", diff)
	}
	s.told = nil
	for _, p := range s.table.forked {
		if !p.told && s.table.known[p.id] != p {
			s.t.Errorf("process %d waits, and is not known", p.id)
		}
	}
}

func TestTable(t *testing.T) {
	s := newStory(t)
	s.run(1, 0, "init", "S", 1, 1)
	s.scan(false)
	s.expect()

	// One becomes another program at once, with another user, and ends.
	s.apply(message{what: eventFork, process: 10, thread: 10, parent: 1})
	s.expect()
	s.apply(message{what: eventUID, process: 10, thread: 10, value: 7})
	s.run(10, 1, "ls", "R", 50, 1)
	s.apply(message{what: eventExec, process: 10, thread: 10})
	s.expect(`start 10 "ls" of 1 by 7`)
	s.apply(message{what: eventExec, process: 10, thread: 10})
	s.wait()
	s.expect()
	s.kill(10)
	s.apply(message{what: eventExit, process: 10, thread: 10, value: 3 << 8})
	s.expect(`stop 10 "ls" of 1 by 7: 3`)

	// One never does, and is its parent with another number; it is killed.
	s.run(11, 1, "init", "S", 60, 1)
	s.apply(message{what: eventFork, process: 11, thread: 11, parent: 1})
	s.wait()
	s.expect(`start 11 "init" of 1 by 0`)
	s.run(11, 1, "init", "Z", 60, 1)
	s.apply(message{what: eventExit, process: 11, thread: 11, value: 9 | 128})
	s.expect(`stop 11 "init" of 1 by 0: 137`)
	s.kill(11)

	// One is gone before anybody could look: what it was is not known, and what
	// forked it is.
	s.apply(message{what: eventFork, process: 12, thread: 12, parent: 1})
	s.apply(message{what: eventExec, process: 12, thread: 12})
	s.apply(message{what: eventExit, process: 12, thread: 12})
	s.apply(message{what: eventFork, process: 13, thread: 13, parent: 1})
	s.apply(message{what: eventExit, process: 13, thread: 13})
	s.wait()
	s.expect(`start 12 "" of 1 by 0`, `stop 12 "" of 1 by 0: 0`, `start 13 "init" of 1 by 0`, `stop 13 "init" of 1 by 0: 0`)

	// Threads are no processes; a process lives as long as its last one.
	s.run(14, 1, "many", "R", 70, 2)
	s.apply(message{what: eventFork, process: 14, thread: 14, parent: 1})
	s.apply(message{what: eventFork, process: 14, thread: 15, parent: 1})
	s.wait()
	s.expect(`start 14 "many" of 1 by 0`)
	s.run(14, 1, "many", "Z", 70, 2)
	s.run(15, 1, "many", "S", 70, 2)
	if err := os.MkdirAll(filepath.Join(s.root, "14", "task"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../15", filepath.Join(s.root, "14", "task", "15")); err != nil {
		t.Fatal(err)
	}
	s.apply(message{what: eventExit, process: 14, thread: 14, value: 1 << 8})
	s.wait()
	s.apply(message{what: eventExit, process: 14, thread: 15})
	s.expect()
	s.kill(14)
	s.kill(15)
	s.wait()
	s.expect(`stop 14 "many" of 1 by 0: 1`)

	// The end of one that was never heard of.
	s.apply(message{what: eventExit, process: 99, thread: 99})
	s.expect(`stop 99 "" of 0 by 0: 0`)
	if n := len(s.table.known); n != 1 || len(s.table.ending) != 0 {
		t.Errorf("%d processes are left", n)
	}
}

// After messages were lost, what has begun and ended is found out, and what the
// messages say that come late is not told twice.
func TestOverflow(t *testing.T) {
	s := newStory(t)
	s.run(1, 0, "init", "S", 1, 1)
	s.run(2, 1, "ends", "S", 2, 1)
	s.run(3, 1, "before", "S", 3, 1)
	s.scan(false)
	late := s.clock + 1
	s.kill(2)
	s.run(3, 1, "after", "S", 30, 1)
	s.run(4, 1, "begins", "S", 40, 1)
	s.apply(message{what: eventFork, process: 5, thread: 5, parent: 1}) // and its end is lost
	s.scan(true)
	s.expect(`stop 2 "ends" of 1 by 0`, `stop 3 "before" of 1 by 0`, `start 5 "init" of 1 by 0`, `stop 5 "init" of 1 by 0`,
		`start 3 "after" of 1 by 0`, `start 4 "begins" of 1 by 0`)
	s.apply(message{what: eventFork, process: 4, thread: 4, parent: 1, at: late})
	s.apply(message{what: eventExit, process: 2, thread: 2, at: late})
	s.apply(message{what: eventFork, process: 6, thread: 6, parent: 1, at: late})
	s.apply(message{what: eventExit, process: 6, thread: 6, at: late})
	s.wait()
	s.expect()
	s.kill(4)
	s.apply(message{what: eventExit, process: 4, thread: 4})
	s.expect(`stop 4 "begins" of 1 by 0: 0`)
}

func TestParse(t *testing.T) {
	fork := event(eventFork, 77, 1, 2, 3, 4)
	two := append(append([]byte{}, fork...), event(eventExit, 78, 5, 6, 256, 17)...)
	other := event(eventFork, 1, 1, 2, 3, 4)
	other[headLen] = 9
	for _, test := range []struct {
		name string
		b    []byte
		want []message
	}{
		{"nothing", nil, nil},
		{"fork", fork, []message{{what: eventFork, at: 77, parent: 2, thread: 3, process: 4}}},
		{"two", two, []message{{what: eventFork, at: 77, parent: 2, thread: 3, process: 4}, {what: eventExit, at: 78, thread: 5, process: 6, value: 256}}},
		{"ack", event(eventAck, 1, 22), []message{{what: eventAck, at: 1, value: 22}}},
		{"exec", event(eventExec, 1, 8, 9), []message{{what: eventExec, at: 1, thread: 8, process: 9}}},
		{"user", event(eventUID, 1, 8, 9, 10, 11), []message{{what: eventUID, at: 1, thread: 8, process: 9, value: 11}}},
		{"cut", fork[:len(fork)-1], nil},
		{"of another kind", event(0x200, 1, 1, 2, 3, 4), nil},
		{"of another connector", other, nil},
		{"of fewer words", event(eventFork, 1, 1, 2, 3), nil},
	} {
		if diff := cmp.Diff(test.want, parse(test.b), cmp.AllowUnexported(message{})); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
	}
}

// event is a datagram.
func event(what uint32, at uint64, words ...uint32) []byte {
	b := listen(0, what)[:headLen+connectorLen+4]
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = binary.NativeEndian.AppendUint64(b, at)
	for _, w := range words {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	return b
}

func FuzzParse(f *testing.F) {
	f.Add(event(eventFork, 77, 1, 2, 3, 4))
	f.Add(append(event(eventExit, 78, 5, 6, 256, 17), event(eventExec, 1, 8, 9)...))
	f.Add(event(eventAck, 1, 0)[:30])
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		table := newTable(&live.System{Proc: t.TempDir()}, func() uint64 { return 0 })
		table.start = func(*process, uint64) error { return nil }
		table.stop = table.start
		for _, m := range parse(b) {
			if err := table.apply(m); err != nil {
				t.Error(err)
			}
		}
		if len(table.known) > len(b)/headLen {
			t.Errorf("%d bytes are %d processes", len(b), len(table.known))
		}
	})
}
