package portable

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// A program is a process that runs.
type program struct {
	*process.Process
	failed bool // something could not be read: it may have ended
}

// known returns what was read, and whether it could be.
func known[V any](p *program, read func() (V, error)) (V, bool) {
	v, err := read()
	if err != nil {
		p.failed = true
	}
	return v, err == nil
}

// number is a field of a process.
func number[V any](name string, read func(*program) func() (V, error), value func(V) cim.Value) live.Field[program] {
	return live.Field[program]{Name: name, Get: func(p *program) cim.Value {
		if v, ok := known(p, read(p)); ok {
			return value(v)
		}
		return cim.Value{}
	}}
}

// Processes returns the class Win32_Process.
func Processes(o Options) live.Source {
	o = o.complete()
	name := func(property string) live.Field[program] {
		return number(property, func(p *program) func() (string, error) { return p.Name }, live.Text)
	}
	size := func(property string, get func(*process.MemoryInfoStat) uint64) live.Field[program] {
		return number(property, func(p *program) func() (*process.MemoryInfoStat, error) { return p.MemoryInfo },
			func(m *process.MemoryInfoStat) cim.Value { return cim.Uint64Value(get(m)) })
	}
	count := func(property string, get func(*process.IOCountersStat) uint64) live.Field[program] {
		return number(property, func(p *program) func() (*process.IOCountersStat, error) { return p.IOCounters },
			func(c *process.IOCountersStat) cim.Value { return cim.Uint64Value(get(c)) })
	}
	spent := func(property string, get func(user, system float64) float64) live.Field[program] {
		return live.Field[program]{Name: property, Get: func(p *program) cim.Value {
			t, err := p.Times()
			if err != nil || get(t.User, t.System) < 0 {
				p.failed = true
				return cim.Value{}
			}
			return cim.Uint64Value(uint64(get(t.User, t.System)*1e7 + 0.5)) // of 100 ns
		}}
	}
	id := func(p *program) cim.Value { return cim.Uint32Value(uint32(p.Pid)) }
	small := func(n int32) cim.Value { return cim.Uint32Value(uint32(n)) }
	fields := []live.Field[program]{
		{Name: "Handle", Get: func(p *program) cim.Value { return cim.StringValue(strconv.Itoa(int(p.Pid))) }},
		{Name: "ProcessId", Get: id},
		name("Name"), name("Caption"), name("Description"),
		number("CommandLine", func(p *program) func() (string, error) { return p.Cmdline }, live.Text),
		number("ExecutablePath", func(p *program) func() (string, error) { return p.Exe }, live.Text),
		number("ParentProcessId", func(p *program) func() (int32, error) { return p.Ppid }, small),
		number("CreationDate", func(p *program) func() (int64, error) { return p.CreateTime }, func(ms int64) cim.Value {
			if ms <= 0 {
				return cim.Value{}
			}
			return live.Time(time.UnixMilli(ms).Local())
		}),
		number("ExecutionState", func(p *program) func() ([]string, error) { return p.Status }, executionState),
		number("ThreadCount", func(p *program) func() (int32, error) { return p.NumThreads }, small),
		number("HandleCount", func(p *program) func() (int32, error) { return p.NumFDs }, small),
		spent("UserModeTime", func(user, _ float64) float64 { return user }),
		spent("KernelModeTime", func(_, system float64) float64 { return system }),
		size("WorkingSetSize", func(m *process.MemoryInfoStat) uint64 { return m.RSS }),
		count("ReadOperationCount", func(c *process.IOCountersStat) uint64 { return c.ReadCount }),
		count("WriteOperationCount", func(c *process.IOCountersStat) uint64 { return c.WriteCount }),
		live.Const[program]("CreationClassName", cim.StringValue("Win32_Process")),
		live.Const[program]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
		live.Const[program]("OSCreationClassName", cim.StringValue("Win32_OperatingSystem")),
		{Name: "CSName", Get: func(*program) cim.Value { return o.computer() }},
		{Name: "OSName", Get: func(*program) cim.Value { return osName() }},
	}
	if runtime.GOOS == "windows" { // where these are something else
		fields = append(fields,
			number("Priority", func(p *program) func() (int32, error) { return p.Nice }, small),
			count("ReadTransferCount", func(c *process.IOCountersStat) uint64 { return c.ReadBytes }),
			count("WriteTransferCount", func(c *process.IOCountersStat) uint64 { return c.WriteBytes }))
	} else {
		fields = append(fields, size("VirtualSize", func(m *process.MemoryInfoStat) uint64 { return m.VMS }))
	}
	return &live.Class[program]{
		Name: "Win32_Process",
		All: list(func() ([]*program, error) {
			ids, err := process.Pids()
			slices.Sort(ids)
			all := make([]*program, len(ids))
			for i, pid := range ids {
				all[i] = &program{Process: &process.Process{Pid: pid}}
			}
			return all, err
		}),
		Find: map[string]live.Finder[program]{
			"Handle":    func(_ context.Context, v cim.Value) ([]*program, error) { return find(v.Text()) },
			"ProcessId": func(_ context.Context, v cim.Value) ([]*program, error) { return find(v.String()) },
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
func find(text string) ([]*program, error) {
	pid, err := strconv.ParseInt(text, 10, 32)
	if err != nil || pid < 0 || strconv.FormatInt(pid, 10) != text {
		return nil, nil
	}
	if exists, err := process.PidExists(int32(pid)); err != nil || !exists {
		return nil, nil
	}
	return []*program{{Process: &process.Process{Pid: int32(pid)}}}, nil
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
