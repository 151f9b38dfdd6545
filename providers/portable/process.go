package portable

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/process"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// A program is a process that runs.
type program struct {
	*process.Process
	own    bool // for whom live.Own means
	failed bool // something could not be read: it may have ended
}

// read is a field of a process, NULL if the system does not answer.
func read[V any](name string, ask func(*program) (V, error), value func(V) cim.Value) live.Field[program] {
	return live.Field[program]{Name: name, Get: func(p *program) cim.Value {
		v, err := ask(p)
		if err != nil {
			p.failed = true
			return cim.Value{}
		}
		return value(v)
	}}
}

// private makes a field one that is NULL for other callers than the user of this
// process: systems tell each user that of his own processes only.
func private(f live.Field[program]) live.Field[program] {
	return live.Field[program]{Name: f.Name, Get: func(p *program) cim.Value {
		if !p.own {
			return cim.Value{}
		}
		return f.Get(p)
	}}
}

// Processes returns the class Win32_Process.
func Processes(o Options) live.Source {
	o = o.complete()
	name := func(property string) live.Field[program] {
		return read(property, (*program).Name, live.Text)
	}
	size := func(property string, get func(*process.MemoryInfoStat) uint64) live.Field[program] {
		return read(property, (*program).MemoryInfo,
			func(m *process.MemoryInfoStat) cim.Value { return cim.Uint64Value(get(m)) })
	}
	count := func(property string, get func(*process.IOCountersStat) uint64) live.Field[program] {
		return private(read(property, (*program).IOCounters,
			func(c *process.IOCountersStat) cim.Value { return cim.Uint64Value(get(c)) }))
	}
	spent := func(property string, get func(*cpu.TimesStat) float64) live.Field[program] {
		return read(property, (*program).Times, func(t *cpu.TimesStat) cim.Value {
			return cim.Uint64Value(uint64(max(get(t), 0)*1e7 + 0.5)) // of 100 ns
		})
	}
	id := func(p *program) cim.Value { return cim.Uint32Value(uint32(p.Pid)) }
	small := func(n int32) cim.Value { return cim.Uint32Value(uint32(n)) }
	fields := []live.Field[program]{
		{Name: "Handle", Get: func(p *program) cim.Value { return cim.StringValue(strconv.Itoa(int(p.Pid))) }},
		{Name: "ProcessId", Get: id},
		name("Name"), name("Caption"), name("Description"),
		private(read("CommandLine", (*program).Cmdline, live.Text)),
		private(read("ExecutablePath", (*program).Exe, live.Text)),
		read("ParentProcessId", (*program).Ppid, small),
		read("CreationDate", (*program).CreateTime, func(ms int64) cim.Value {
			if ms <= 0 {
				return cim.Value{}
			}
			return live.Time(time.UnixMilli(ms).Local())
		}),
		read("ThreadCount", (*program).NumThreads, small),
		private(read("HandleCount", (*program).NumFDs, small)),
		spent("UserModeTime", func(t *cpu.TimesStat) float64 { return t.User }),
		spent("KernelModeTime", func(t *cpu.TimesStat) float64 { return t.System }),
		size("WorkingSetSize", func(m *process.MemoryInfoStat) uint64 { return m.RSS }),
		live.Const[program]("CreationClassName", cim.StringValue("Win32_Process")),
		live.Const[program]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
		live.Const[program]("OSCreationClassName", cim.StringValue("Win32_OperatingSystem")),
		{Name: "CSName", Get: func(*program) cim.Value { return o.computer() }},
		{Name: "OSName", Get: func(*program) cim.Value { return osName() }},
	}
	status := read("ExecutionState", (*program).Status, executionState)
	virtual := size("VirtualSize", func(m *process.MemoryInfoStat) uint64 { return m.VMS })
	reads := count("ReadOperationCount", func(c *process.IOCountersStat) uint64 { return c.ReadCount })
	writes := count("WriteOperationCount", func(c *process.IOCountersStat) uint64 { return c.WriteCount })
	switch runtime.GOOS {
	case "windows": // where Nice is the priority of Windows, VMS private memory, and no process has a state
		fields = append(fields, reads, writes,
			count("ReadTransferCount", func(c *process.IOCountersStat) uint64 { return c.ReadBytes }),
			count("WriteTransferCount", func(c *process.IOCountersStat) uint64 { return c.WriteBytes }),
			read("Priority", (*program).Nice, small))
	case "darwin": // which counts no operations, and gopsutil would run ps for each state
		fields = append(fields, virtual)
	default:
		fields = append(fields, reads, writes, virtual, status)
	}
	return &live.Class[program]{
		Name: "Win32_Process",
		All: func(ctx context.Context) iter.Seq2[*program, error] {
			return list(func() ([]*program, error) {
				ids, err := process.Pids()
				slices.Sort(ids)
				all := make([]*program, len(ids))
				for i, pid := range ids {
					all[i] = &program{Process: &process.Process{Pid: pid}, own: live.Own(ctx)}
				}
				return all, err
			})(ctx)
		},
		Find: map[string]live.Finder[program]{
			"Handle":    func(ctx context.Context, v cim.Value) ([]*program, error) { return find(ctx, v.Text()) },
			"ProcessId": func(ctx context.Context, v cim.Value) ([]*program, error) { return find(ctx, v.String()) },
		},
		Fields: fields,
		Gone: func(p *program) bool {
			if !p.failed {
				return false
			}
			exists, err := process.PidExists(p.Pid)
			return err == nil && !exists
		},
		Methods: map[string]live.Method[program]{"Terminate": o.terminate, "GetOwner": o.owner},
	}
}

// find looks a process up.
func find(ctx context.Context, text string) ([]*program, error) {
	pid, err := strconv.ParseInt(text, 10, 32)
	if err != nil || pid < 0 || strconv.FormatInt(pid, 10) != text {
		return nil, nil
	}
	if exists, err := process.PidExists(int32(pid)); err != nil || !exists {
		return nil, nil
	}
	return []*program{{Process: &process.Process{Pid: int32(pid)}, own: live.Own(ctx)}}, nil
}

// executionState translates the words of gopsutil.
func executionState(status []string) cim.Value {
	if len(status) == 0 {
		return cim.Value{}
	}
	switch status[0] {
	case process.Running:
		return cim.Uint16Value(3) // Running
	case process.Sleep, process.Idle, process.Wait, process.Lock, process.Blocked:
		return cim.Uint16Value(4) // Blocked
	case process.Stop:
		return cim.Uint16Value(8) // Stopped
	case process.Zombie:
		return cim.Uint16Value(7) // Terminated
	}
	return cim.Value{}
}

// What methods return. "Win32_Process class" in the WMI documentation
const (
	success      = 0
	accessDenied = 2
	unknown      = 8
	pathNotFound = 9
)

func returns(out *cim.Instance, code uint32) error {
	return out.Set("ReturnValue", cim.Uint32Value(code))
}

// terminate ends a process as a kill does: it cannot refuse.
func (o *Options) terminate(_ context.Context, r *provider.Request, p *program, _, out *cim.Instance) error {
	if o.Control == nil || o.Control(r, "Terminate") != nil {
		return returns(out, accessDenied)
	}
	// From here on the process is the one that was begun then, and no other that
	// got its number.
	running, err := process.NewProcess(p.Pid)
	if err == nil {
		err = running.Kill()
	}
	switch {
	case err == nil:
		return returns(out, success)
	case errors.Is(err, process.ErrorProcessNotRunning):
		return returns(out, pathNotFound)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, process.ErrorNotPermitted):
		return returns(out, accessDenied)
	}
	return returns(out, unknown)
}

// owner says as whom a process acts. A name of Windows has the domain before it.
func (o *Options) owner(_ context.Context, _ *provider.Request, p *program, _, out *cim.Instance) error {
	name, err := p.Username()
	if err != nil {
		return returns(out, accessDenied)
	}
	domain := o.computer()
	if before, after, ok := strings.Cut(name, `\`); ok {
		domain, name = cim.StringValue(before), after
	}
	if err := out.Set("User", live.Text(name)); err != nil {
		return err
	}
	if err := out.Set("Domain", domain); err != nil {
		return err
	}
	return returns(out, success)
}
