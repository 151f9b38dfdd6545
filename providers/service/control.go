package service

import (
	"context"
	"errors"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// What methods return. "StartService method of the Win32_Service class" in the WMI
// documentation
const (
	success           = 0
	notSupported      = 1
	accessDenied      = 2
	dependentsRunning = 3
	invalidControl    = 4
	cannotAccept      = 5
	timedOut          = 7
	unknownFailure    = 8
	pathNotFound      = 9
	alreadyRunning    = 10
	dependencyFailed  = 13
	isDisabled        = 14
	circular          = 18
	invalidParameter  = 21
	invalidAccount    = 22
	isPaused          = 24
)

// returns sets the return value of a method.
func returns(out *cim.Instance, code uint32) error {
	return out.Set("ReturnValue", cim.Uint32Value(code))
}

// An action does something to a unit and returns the code of that. An error of
// the bus is translated by code.
type action func(u *unit, in *cim.Instance) (uint32, error)

// acts makes a method of an action.
func (s *services) acts(name string, do action) live.Method[unit] {
	return func(_ context.Context, r *provider.Request, u *unit, in, out *cim.Instance) error {
		if !s.may(r, name) {
			return returns(out, accessDenied)
		}
		n, err := do(u, in)
		if err != nil {
			if n, err = code(err); err != nil {
				return err
			}
		}
		return returns(out, n)
	}
}

// code translates what systemd said; the error is that it said nothing.
func code(err error) (uint32, error) {
	switch {
	case errors.Is(err, errSlow), errors.As(err, new(silence)), says(err, errorNames+"NoReply", errorNames+"Timeout", errorNames+"TimedOut"):
		return timedOut, nil
	case says(err, errorNames+"AccessDenied", errorNames+"InteractiveAuthorizationRequired", errorNames+"AuthFailed",
		"System.Error.EACCES", "System.Error.EPERM", "System.Error.EROFS"):
		return accessDenied, nil
	case says(err, systemd+".UnitMasked"):
		return isDisabled, nil
	case says(err, systemd+".OnlyByDependency"):
		return invalidControl, nil
	case says(err, systemd+".NoSuchUnit", systemd+".LoadFailed", systemd+".BadUnitSetting", errorNames+"FileNotFound"):
		return pathNotFound, nil
	case says(err, systemd+".TransactionOrderIsCyclic"):
		return circular, nil
	case says(err, systemd+".TransactionJobsConflicting", systemd+".TransactionIsDestructive", systemd+".UnitBusy"):
		return cannotAccept, nil
	case says(err, systemd+".JobTypeNotApplicable", errorNames+"UnknownMethod", errorNames+"NotSupported",
		systemd+".UnitExists", errorNames+"FileExists", "System.Error.EEXIST", systemd+".UnitGenerated", systemd+".UnitLinked"):
		return notSupported, nil
	}
	if err = status(err); cim.StatusOf(err) == cim.Failed {
		return unknownFailure, nil
	}
	return 0, err
}

// unsupported are the methods that systemd cannot do: units are files, and
// signals have no numbers like those of UserControlService.
func unsupported(_ context.Context, _ *provider.Request, _ *unit, _, out *cim.Instance) error {
	return returns(out, notSupported)
}

// interrogate has nothing to bring up to date.
func interrogate(_ context.Context, _ *provider.Request, u *unit, _, out *cim.Instance) error {
	if u.state() == stopped {
		return returns(out, cannotAccept)
	}
	return returns(out, success)
}

// call calls a method of the manager.
func (u *unit) call(method string, args ...any) ([]any, error) {
	return u.scan.bus.call(u.scan.ctx, root, manager+"."+method, args...)
}

func (u *unit) job(method string) (string, error) {
	return u.scan.bus.job(u.scan.ctx, u.scan.o.JobTimeout, method, u.id)
}

// start starts the service and waits for that.
func (u *unit) start(*cim.Instance) (uint32, error) {
	switch u.state() {
	case running, startPending:
		return alreadyRunning, nil
	case paused, pausePending, continuePending:
		return isPaused, nil
	case stopPending:
		return cannotAccept, nil
	}
	if u.startMode() == disabled {
		return isDisabled, nil
	}
	result, err := u.job("StartUnit")
	if err != nil {
		return 0, err
	}
	switch result {
	case "done":
		return success, nil
	case "failed":
		return u.whyFailed(), nil
	}
	return ended(result), nil
}

// ended translates results of jobs: org.freedesktop.systemd1(5).
func ended(result string) uint32 {
	switch result {
	case "done":
		return success
	case "timeout":
		return timedOut
	case "dependency":
		return dependencyFailed
	case "unsupported":
		return notSupported
	}
	return unknownFailure
}

// whyFailed looks at the exit status of the process that could not be started:
// those from 200 on are systemd's own. systemd.exec(5)
func (u *unit) whyFailed() uint32 {
	if err := u.read(); err != nil || !u.refresh() {
		return unknownFailure
	}
	switch u.specificExitCode() {
	case 200, 203: // CHDIR, EXEC
		return pathNotFound
	case 216, 217: // GROUP, USER
		return invalidAccount
	}
	if u.text("Result") == "timeout" {
		return timedOut
	}
	return unknownFailure
}

// stop stops the service and waits for that. systemd would stop what depends on
// it as well.
func (u *unit) stop(*cim.Instance) (uint32, error) {
	state := u.state()
	switch state {
	case stopped, startPending, stopPending, unknown:
		return cannotAccept, nil
	}
	dependents, err := u.scan.existing(u.dependents())
	if err != nil {
		return 0, err
	}
	if slices.ContainsFunc(dependents, func(d *unit) bool { return d.isActive() }) {
		return dependentsRunning, nil
	}
	if state == paused {
		if _, err := u.call("ThawUnit", u.id); err != nil {
			return 0, err
		}
	}
	result, err := u.job("StopUnit")
	if err != nil {
		return 0, err
	}
	return ended(result), nil
}

// pause freezes the processes of the service, resume has them go on.
func (u *unit) pause(*cim.Instance) (uint32, error) {
	switch u.state() {
	case paused:
		return isPaused, nil
	case running:
	default:
		return cannotAccept, nil
	}
	if !u.accepts("CanFreeze") {
		return invalidControl, nil
	}
	_, err := u.call("FreezeUnit", u.id)
	return success, err
}

func (u *unit) resume(*cim.Instance) (uint32, error) {
	switch u.state() {
	case running:
		return success, nil
	case paused:
	default:
		return cannotAccept, nil
	}
	_, err := u.call("ThawUnit", u.id)
	return success, err
}

// change changes the start mode, which is all that can be.
func (u *unit) change(in *cim.Instance) (uint32, error) {
	for i, p := range in.Class().Properties() {
		if p.Name() != "StartMode" && !in.At(i).IsNull() {
			return notSupported, nil
		}
	}
	if v, _ := in.Get("StartMode"); v.IsNull() {
		return success, nil
	}
	return u.changeStartMode(in)
}

// changeStartMode enables the unit, disables or masks it: for good, even where it
// is for this run of the system only. It goes on running if it does.
func (u *unit) changeStartMode(in *cim.Instance) (uint32, error) {
	v, _ := in.Get("StartMode")
	mode := strings.ToLower(v.Text())
	switch mode {
	case "automatic", "auto", "manual", "disabled":
	default:
		return invalidParameter, nil
	}
	names := []string{u.id}
	var err error
	do := func(method string, args ...any) (body []any) {
		if err == nil {
			body, err = u.call(method, append([]any{names}, args...)...)
		}
		return body
	}
	before := u.startMode()
	atRunTime := strings.HasSuffix(u.file, "-runtime")
	if before == disabled && mode != "disabled" {
		do("UnmaskUnitFiles", atRunTime)
	}
	switch mode {
	case "disabled":
		do("MaskUnitFiles", false, false)
	case "manual":
		do("DisableUnitFiles", false)
		if atRunTime && before == auto {
			do("DisableUnitFiles", true)
		}
	default:
		body := do("EnableUnitFiles", false, false)
		if err == nil {
			// Whether the unit says what should start it.
			can, ok := false, len(body) == 2
			if ok {
				can, ok = body[0].(bool)
			}
			switch {
			case !ok:
				return 0, strange("EnableUnitFiles")
			case !can:
				return notSupported, nil
			}
		}
	}
	if err == nil {
		_, err = u.call("Reload")
	}
	return success, err
}
