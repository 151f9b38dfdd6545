package service

import (
	"strings"

	"github.com/godbus/dbus/v5"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// States of a service, as State has them.
const (
	stopped         = "Stopped"
	startPending    = "Start Pending"
	stopPending     = "Stop Pending"
	running         = "Running"
	continuePending = "Continue Pending"
	pausePending    = "Pause Pending"
	paused          = "Paused"
	unknown         = "Unknown"
)

// Modes of starting a service, as StartMode has them.
const (
	auto     = "Auto"
	manual   = "Manual"
	disabled = "Disabled"
)

// Exit codes of services, which are errors of Windows.
const (
	specificError  = 1066 // the error is in ServiceSpecificExitCode
	processAborted = 1067
	neverStarted   = 1077
)

// exited is what ExecMainCode is of a process that has ended by itself, as si_code
// is: sigaction(2).
const exited = 1

func (s *services) services() *live.Class[unit] {
	text := func(name string, get func(*unit) string) live.Field[unit] {
		return live.Field[unit]{Name: name, Get: func(u *unit) cim.Value { return live.Text(get(u)) }}
	}
	flag := func(name string, get func(*unit) bool) live.Field[unit] {
		return live.Field[unit]{Name: name, Get: func(u *unit) cim.Value { return cim.BoolValue(get(u)) }}
	}
	number := func(name string, get func(*unit) uint32) live.Field[unit] {
		return live.Field[unit]{Name: name, Get: func(u *unit) cim.Value { return cim.Uint32Value(get(u)) }}
	}
	return &live.Class[unit]{
		Name: "Win32_Service",
		All:  s.all,
		Find: map[string]live.Finder[unit]{"Name": s.findName, "ProcessId": s.findProcess},
		Gone: func(u *unit) bool { return u.gone },
		Fields: []live.Field[unit]{
			text("Name", (*unit).name),
			text("StartMode", (*unit).startMode),
			text("State", (*unit).state),
			flag("Started", func(u *unit) bool { return u.isActive() }),
			text("Status", (*unit).status),
			text("DisplayName", (*unit).displayName),
			text("Caption", (*unit).displayName),
			text("Description", (*unit).displayName),
			text("PathName", (*unit).commandLine),
			text("StartName", (*unit).user),
			number("ProcessId", func(u *unit) uint32 {
				id, _ := property[uint32](u, "MainPID")
				return id
			}),
			number("ExitCode", (*unit).exitCode),
			number("ServiceSpecificExitCode", (*unit).specificExitCode),
			flag("AcceptStop", func(u *unit) bool { return u.accepts("CanStop") }),
			flag("AcceptPause", func(u *unit) bool { return u.accepts("CanFreeze") }),
			flag("DelayedAutoStart", func(u *unit) bool { return u.text("Type") == "idle" }),
			text("ErrorControl", (*unit).errorControl),
			live.Const[unit]("DesktopInteract", cim.BoolValue(false)),
			live.Const[unit]("ServiceType", cim.StringValue("Own Process")),
			live.Const[unit]("CreationClassName", cim.StringValue("Win32_Service")),
			live.Const[unit]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			{Name: "SystemName", Get: func(*unit) cim.Value { return s.o.System.ComputerName() }},
		},
		Methods: map[string]live.Method[unit]{
			"StartService":       s.acts("StartService", (*unit).start),
			"StopService":        s.acts("StopService", (*unit).stop),
			"PauseService":       s.acts("PauseService", (*unit).pause),
			"ResumeService":      s.acts("ResumeService", (*unit).resume),
			"ChangeStartMode":    s.acts("ChangeStartMode", (*unit).changeStartMode),
			"Change":             s.acts("Change", (*unit).change),
			"InterrogateService": interrogate,
			"UserControlService": unsupported,
			"Create":             unsupported,
			"Delete":             unsupported,
		},
	}
}

// displayName returns what a unit calls itself: systemd has nothing longer.
func (u *unit) displayName() string {
	if !u.listed {
		u.description, u.listed = u.text("Description"), true
	}
	if u.description == "" {
		return serviceName(u.id)
	}
	return u.description
}

// startMode says whether the unit is started by itself. One that is not enabled
// may be started all the same, by another unit or by hand; only what is masked
// cannot be.
func (u *unit) startMode() string {
	if !u.filed {
		u.file, u.filed = u.text("UnitFileState"), true
	}
	switch u.file {
	case "enabled", "enabled-runtime":
		return auto
	case "masked", "masked-runtime":
		return disabled
	case "disabled", "static", "indirect", "generated", "transient", "linked", "linked-runtime", "alias":
		return manual
	}
	return ""
}

// isActive reports whether the service runs, or has done so and counts as if.
func (u *unit) isActive() bool {
	return u.active == "active" || u.active == "reloading" || u.active == "refreshing"
}

func (u *unit) state() string {
	switch u.active {
	case "active", "reloading", "refreshing":
		switch u.freezer() {
		case "frozen":
			return paused
		case "thawing":
			return continuePending
		case "freezing":
			return pausePending
		}
		return running
	case "inactive", "failed", "maintenance":
		return stopped
	case "activating":
		return startPending
	case "deactivating":
		return stopPending
	}
	return unknown
}

// freezer says whether the processes of the unit are frozen, which the lists do
// not.
func (u *unit) freezer() string {
	if u.props != nil {
		return u.text("FreezerState")
	}
	body, err := u.scan.bus.call(u.scan.ctx, objectPath(u.id), getProperty, unitInterface, "FreezerState")
	if err != nil {
		if !says(err, errorNames+"UnknownProperty") { // as before systemd 246
			u.fail(err)
		}
		return ""
	}
	v, _ := only[dbus.Variant](body)
	s, _ := v.Value().(string)
	return s
}

func (u *unit) status() string {
	switch u.active {
	case "failed":
		return "Error"
	case "activating":
		return "Starting"
	case "deactivating":
		return "Stopping"
	}
	return "OK"
}

// commandLine returns the first command that starts the service: each has the path
// of the program, the arguments with the name of the program first, and more.
func (u *unit) commandLine() string {
	commands, _ := property[[][]any](u, "ExecStart")
	if len(commands) == 0 || len(commands[0]) < 2 {
		return ""
	}
	path, _ := commands[0][0].(string)
	args, _ := commands[0][1].([]string)
	line := quoted(path)
	for i, arg := range args {
		if i > 0 {
			line += " " + quoted(arg)
		}
	}
	return line
}

// quoted returns an argument as it stands in a command line of Win32_Process.
func quoted(arg string) string {
	if arg != "" && !strings.ContainsAny(arg, " \t\"") {
		return arg
	}
	return `"` + strings.ReplaceAll(arg, `"`, `\"`) + `"`
}

// user returns as whom the service runs.
func (u *unit) user() string {
	if user := u.text("User"); user != "" {
		return user
	}
	return "root"
}

// exitCode says how the main process has ended, as Windows does: with its own
// error, because of another one, or never.
func (u *unit) exitCode() uint32 {
	start, _ := property[uint64](u, "ExecMainStartTimestamp")
	result := u.text("Result")
	switch {
	case u.active != "inactive" && u.active != "failed":
		return 0
	case result == "success" && start == 0:
		return neverStarted
	case result == "success":
		return 0
	case u.specificExitCode() != 0:
		return specificError
	}
	return processAborted
}

// specificExitCode returns the exit status of the main process, if that is why the
// service has failed.
func (u *unit) specificExitCode() uint32 {
	code, _ := property[int32](u, "ExecMainCode")
	status, _ := property[int32](u, "ExecMainStatus")
	if u.active != "failed" || code != exited || status < 0 {
		return 0
	}
	return uint32(status)
}

// accepts reports whether a running service can do something.
func (u *unit) accepts(name string) bool {
	can, _ := property[bool](u, name)
	return can && u.isActive()
}

// errorControl says whether a failure to start concerns more than the service.
func (u *unit) errorControl() string {
	switch u.text("FailureAction") {
	case "":
		return ""
	case "none":
		return "Normal"
	}
	return "Critical"
}

// may reports whether the caller may run a method that acts.
func (s *services) may(r *provider.Request, method string) bool {
	return s.o.Control != nil && s.o.Control(r, method) == nil
}
