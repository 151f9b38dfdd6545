package process

import (
	"openwmi/cim"
	"openwmi/providers/live"
)

// ClassProcess is the class of processes.
const ClassProcess = "Win32_Process"

// perTick is how many units of 100 ns there are in a tick.
const perTick = 1e7 / live.Ticks

func (p *Provider) processes() *live.Class[object] {
	name := func(o *object) cim.Value { return live.Text(o.name()) }
	status := func(name string, unit uint64) func(*object) (uint64, bool) {
		return func(o *object) (uint64, bool) {
			kb, ok := o.kilobytes(name)
			return kb * unit, ok
		}
	}
	u64 := func(get func(*object) (uint64, bool)) func(*object) cim.Value {
		return func(o *object) cim.Value {
			if n, ok := get(o); ok {
				return cim.Uint64Value(n)
			}
			return cim.Value{}
		}
	}
	u32 := func(get func(*object) (uint64, bool)) func(*object) cim.Value {
		return func(o *object) cim.Value {
			if n, ok := get(o); ok && n <= 1<<32-1 {
				return cim.Uint32Value(uint32(n))
			}
			return cim.Value{}
		}
	}
	io := func(name string) func(*object) cim.Value {
		return func(o *object) cim.Value { return o.count(name) }
	}
	return &live.Class[object]{
		Name: ClassProcess,
		All:  p.all,
		Find: map[string]live.Finder[object]{"Handle": p.byHandle, "ProcessId": p.byID},
		Gone: func(o *object) bool { return o.gone },
		Fields: []live.Field[object]{
			{Name: "Handle", Get: (*object).handle},
			{Name: "ProcessId", Get: func(o *object) cim.Value { return cim.Uint32Value(o.id) }},
			{Name: "Name", Get: name},
			{Name: "Caption", Get: name},
			{Name: "Description", Get: name},
			{Name: "CommandLine", Get: func(o *object) cim.Value { return live.Text(o.commandLine()) }},
			{Name: "ExecutablePath", Get: func(o *object) cim.Value { return live.Text(o.executable()) }},
			{Name: "ParentProcessId", Get: func(o *object) cim.Value { return cim.Uint32Value(o.s().Parent) }},
			{Name: "CreationDate", Get: func(o *object) cim.Value { return live.Time(o.created()) }},
			{Name: "ExecutionState", Get: func(o *object) cim.Value { return executionState(o.s().State) }},
			{Name: "Priority", Get: func(o *object) cim.Value { return cim.Uint32Value(priority(o.s())) }},
			{Name: "SessionId", Get: (*object).session},
			{Name: "ThreadCount", Get: func(o *object) cim.Value { return cim.Uint32Value(o.s().Threads) }},
			{Name: "HandleCount", Get: (*object).handles},
			{Name: "KernelModeTime", Get: func(o *object) cim.Value { return cim.Uint64Value(o.s().System * perTick) }},
			{Name: "UserModeTime", Get: func(o *object) cim.Value { return cim.Uint64Value(o.s().User * perTick) }},
			{Name: "PageFaults", Get: func(o *object) cim.Value { return cim.Uint32Value(uint32(o.s().Faults)) }},
			{Name: "VirtualSize", Get: func(o *object) cim.Value { return cim.Uint64Value(o.s().Virtual) }},
			{Name: "WorkingSetSize", Get: func(o *object) cim.Value { return cim.Uint64Value(o.s().Resident * p.page) }},
			{Name: "PeakVirtualSize", Get: u64(status("VmPeak:", 1024))},
			{Name: "PeakWorkingSetSize", Get: u32(status("VmHWM:", 1))},
			{Name: "PrivatePageCount", Get: u64(func(o *object) (uint64, bool) {
				anon, ok := o.kilobytes("RssAnon:")
				swapped, _ := o.kilobytes("VmSwap:")
				return (anon + swapped) * 1024, ok
			})},
			{Name: "PageFileUsage", Get: u32(status("VmSwap:", 1))},
			{Name: "ReadOperationCount", Get: io("syscr:")},
			{Name: "ReadTransferCount", Get: io("rchar:")},
			{Name: "WriteOperationCount", Get: io("syscw:")},
			{Name: "WriteTransferCount", Get: io("wchar:")},
			{Name: "WindowsVersion", Get: func(*object) cim.Value { return p.version() }},
			live.Const[object]("CreationClassName", cim.StringValue(ClassProcess)),
			live.Const[object]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			live.Const[object]("OSCreationClassName", cim.StringValue("Win32_OperatingSystem")),
			{Name: "CSName", Get: func(*object) cim.Value { return p.sys.ComputerName() }},
			{Name: "OSName", Get: func(*object) cim.Value { return p.sys.OSName() }},
		},
		Methods: map[string]live.Method[object]{
			"Create":                  p.create,
			"Terminate":               p.terminate,
			"GetOwner":                p.owner,
			"GetOwnerSid":             ownerSID,
			"SetPriority":             p.setPriority,
			"GetAvailableVirtualSize": p.availableVirtualSize,
		},
	}
}

// session returns the number of the session of a login, as the kernel's audit
// gives it.
func (o *object) session() cim.Value {
	text := string(o.read("sessionid"))
	if text == "" || live.Uint(text) >= 1<<32-1 { // unset
		return cim.Value{}
	}
	return cim.Uint32Value(uint32(live.Uint(text)))
}

// executionState translates the letter in the file stat: proc_pid_stat(5). A
// process that runs and one that waits for a processor have the same.
func executionState(letter byte) cim.Value {
	switch letter {
	case 'R':
		return cim.Uint16Value(3) // Running
	case 'S', 'D', 'I', 'P', 'K', 'W':
		return cim.Uint16Value(4) // Blocked
	case 'T', 't':
		return cim.Uint16Value(8) // Stopped
	case 'Z', 'X', 'x':
		return cim.Uint16Value(7) // Terminated
	}
	return cim.Value{}
}
