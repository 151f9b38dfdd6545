package process

import (
	"context"
	"iter"
	"path"
	"strconv"

	"openwmi/cim"
	"openwmi/providers/live"
)

// ClassThread is the class of threads.
const ClassThread = "Win32_Thread"

// A thread has a directory with the same files as a process. Its id is that of
// the thread.
type thread struct {
	object
	process uint32
}

func (s *scan) thread(process, id uint32) *thread {
	t := &thread{object: *s.object(process), process: process}
	t.id = id
	t.dir = path.Join(t.dir, "task", strconv.FormatUint(uint64(id), 10))
	return t
}

func (p *Provider) allThreads(ctx context.Context) iter.Seq2[*thread, error] {
	return func(yield func(*thread, error) bool) {
		for o, err := range p.all(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, t := range o.threads() {
				if !yield(t, nil) {
					return
				}
			}
		}
	}
}

// threads returns the threads of a process, none if it is gone.
func (o *object) threads() []*thread {
	names, err := live.ReadNames(path.Join(o.dir, "task"))
	if err != nil {
		return nil
	}
	var all []*thread
	for _, name := range names {
		if id, ok := number(name); ok {
			all = append(all, o.scan.thread(o.id, id))
		}
	}
	return all
}

// threadByHandle looks a thread up by its own number, with which /proc has a
// directory that it does not list.
func (p *Provider) threadByHandle(ctx context.Context, v cim.Value) ([]*thread, error) {
	id, ok := number(v.Text())
	if !ok {
		return nil, nil
	}
	s := newScan(ctx, p.sys)
	o := s.object(id)
	process, ok := number(o.line("Tgid:"))
	if o.gone || !ok {
		return nil, nil
	}
	return []*thread{s.thread(process, id)}, nil
}

func (p *Provider) threadsOf(ctx context.Context, v cim.Value) ([]*thread, error) {
	processes, err := p.byHandle(ctx, v)
	if err != nil || len(processes) == 0 {
		return nil, err
	}
	return processes[0].threads(), nil
}

func (p *Provider) threads() *live.Class[thread] {
	return &live.Class[thread]{
		Name: ClassThread,
		All:  p.allThreads,
		Find: map[string]live.Finder[thread]{"Handle": p.threadByHandle, "ProcessHandle": p.threadsOf},
		Gone: func(t *thread) bool { return t.gone },
		Fields: []live.Field[thread]{
			{Name: "Handle", Get: func(t *thread) cim.Value { return t.handle() }},
			{Name: "ProcessHandle", Get: func(t *thread) cim.Value {
				return cim.StringValue(strconv.FormatUint(uint64(t.process), 10))
			}},
			{Name: "Name", Get: func(t *thread) cim.Value { return live.Text(t.s().Comm) }},
			{Name: "Caption", Get: func(t *thread) cim.Value { return live.Text(t.s().Comm) }},
			{Name: "ElapsedTime", Get: (*thread).elapsed},
			{Name: "ExecutionState", Get: func(t *thread) cim.Value { return executionState(t.s().State) }},
			{Name: "ThreadState", Get: func(t *thread) cim.Value { return threadState(t.s().State) }},
			{Name: "KernelModeTime", Get: func(t *thread) cim.Value { return cim.Uint64Value(t.s().System * 1000 / live.Ticks) }},
			{Name: "UserModeTime", Get: func(t *thread) cim.Value { return cim.Uint64Value(t.s().User * 1000 / live.Ticks) }},
			{Name: "Priority", Get: func(t *thread) cim.Value { return cim.Uint32Value(priority(t.s())) }},
			{Name: "PriorityBase", Get: func(t *thread) cim.Value { return cim.Uint32Value(priority(t.s())) }},
			live.Const[thread]("CreationClassName", cim.StringValue(ClassThread)),
			live.Const[thread]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			live.Const[thread]("OSCreationClassName", cim.StringValue("Win32_OperatingSystem")),
			live.Const[thread]("ProcessCreationClassName", cim.StringValue(ClassProcess)),
			{Name: "CSName", Get: func(*thread) cim.Value { return p.sys.ComputerName() }},
			{Name: "OSName", Get: func(*thread) cim.Value { return p.sys.OSName() }},
		},
	}
}

// elapsed returns for how many milliseconds the thread has been there, by the
// system's own uptime.
func (t *thread) elapsed() cim.Value {
	up := t.scan.up()
	if s := t.s(); s.HasStart && up >= s.Start {
		return cim.Uint64Value((up - s.Start) * 1000 / live.Ticks)
	}
	return cim.Value{}
}

// threadState translates the letter in the file stat.
func threadState(letter byte) cim.Value {
	switch letter {
	case 'R':
		return cim.Uint32Value(2) // Running
	case 'S', 'D', 'I', 'P', 'K', 'W', 'T', 't':
		return cim.Uint32Value(5) // Waiting
	case 'Z', 'X', 'x':
		return cim.Uint32Value(4) // Terminated
	}
	return cim.Value{}
}
