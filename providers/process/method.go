package process

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"syscall"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// What methods return. "Win32_Process class" in the WMI documentation
const (
	success      = 0
	accessDenied = 2
	unknown      = 8
	pathNotFound = 9
	badParameter = 21
)

// returns sets the return value of a method.
func returns(out *cim.Instance, code uint32) error {
	return out.Set("ReturnValue", cim.Uint32Value(code))
}

// code translates what the system said.
func code(err error) uint32 {
	switch {
	case err == nil:
		return success
	case errors.Is(err, fs.ErrPermission):
		return accessDenied
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, os.ErrProcessDone):
		return pathNotFound
	}
	return unknown
}

// may reports whether the caller may run a method that acts.
func (p *Provider) may(r *provider.Request, method string) bool {
	return p.control != nil && p.control(r, method) == nil
}

// argument returns a parameter, NULL if it was not passed.
func argument(in *cim.Instance, name string) cim.Value {
	if in == nil {
		return cim.Value{}
	}
	v, _ := in.Get(name)
	return v
}

// terminate ends a process as a kill does: it cannot refuse. A reason, which
// would be its exit status, cannot be given to it.
func (p *Provider) terminate(_ context.Context, r *provider.Request, o *object, _, out *cim.Instance) error {
	if !p.may(r, "Terminate") {
		return returns(out, accessDenied)
	}
	target, err := os.FindProcess(int(o.id))
	if err != nil {
		return returns(out, code(err))
	}
	defer target.Release()
	// The number may have been given to another process since it was looked
	// up; what FindProcess returned cannot change any more.
	if o.isAnother() {
		return returns(out, pathNotFound)
	}
	return returns(out, code(target.Kill()))
}

// isAnother reports whether the process has ended, or its number belongs to
// another by now.
func (o *object) isAnother() bool {
	before := o.s().Start
	now := &object{scan: o.scan, id: o.id, dir: o.dir}
	return o.gone || now.s().Start != before || now.gone
}

// setPriority gives a process the nice value of a priority class.
func (p *Provider) setPriority(_ context.Context, r *provider.Request, o *object, in, out *cim.Instance) error {
	c, ok := classOf(argument(in, "Priority").Int())
	switch {
	case !ok:
		return returns(out, badParameter)
	case !p.may(r, "SetPriority"):
		return returns(out, accessDenied)
	}
	return returns(out, code(o.setNice(c.nice)))
}

// setNice changes all threads of a process, each of which has a value of its own.
func (o *object) setNice(nice int) error {
	threads := o.threads()
	if len(threads) == 0 {
		return os.ErrProcessDone
	}
	for _, t := range threads {
		if err := setNice(t.id, nice); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// availableVirtualSize says how much more a process may map: what its limit, if it
// has one, leaves. Without a limit it is not known.
func (p *Provider) availableVirtualSize(_ context.Context, _ *provider.Request, o *object, _, out *cim.Instance) error {
	for line := range strings.Lines(string(o.read("limits"))) {
		rest, ok := strings.CutPrefix(line, "Max address space")
		if f := strings.Fields(rest); ok && len(f) > 0 && f[0] != "unlimited" {
			limit := live.Uint(f[0])
			left := limit - min(limit, o.s().Virtual)
			if err := out.Set("AvailableVirtualSize", cim.Uint64Value(left)); err != nil {
				return err
			}
		}
	}
	if o.gone {
		return returns(out, pathNotFound)
	}
	return returns(out, success)
}

// uid returns the effective user, "" if it is not known.
func (o *object) uid() string {
	ids := strings.Fields(o.line("Uid:")) // real, effective, saved, file system
	if len(ids) < 2 {
		return ""
	}
	return ids[1]
}

// owner says as whom a process acts. A user without a name is given by number.
func (p *Provider) owner(_ context.Context, _ *provider.Request, o *object, _, out *cim.Instance) error {
	uid := o.uid()
	if uid == "" {
		return returns(out, pathNotFound)
	}
	name := uid
	if u, err := user.LookupId(uid); err == nil {
		name = u.Username
	}
	if err := out.Set("User", cim.StringValue(name)); err != nil {
		return err
	}
	if err := out.Set("Domain", p.sys.ComputerName()); err != nil {
		return err
	}
	return returns(out, success)
}

// ownerSID says as whom a process acts, by the SID that Samba gives a user of
// the system: S-1-22-1-uid.
func ownerSID(_ context.Context, _ *provider.Request, o *object, _, out *cim.Instance) error {
	uid := o.uid()
	if uid == "" {
		return returns(out, pathNotFound)
	}
	if err := out.Set("Sid", cim.StringValue("S-1-22-1-"+uid)); err != nil {
		return err
	}
	return returns(out, success)
}
