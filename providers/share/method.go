package share

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path"
	"slices"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// What methods return. "Create method of the Win32_Share class" in the WMI
// documentation
const (
	success          = 0
	accessDenied     = 2
	unknownFailure   = 8
	invalidName      = 9
	invalidParameter = 21
	duplicateShare   = 22
	unknownDirectory = 24
)

// netTimeout is how long the program net may take.
const netTimeout = 30 * time.Second

// An action changes shares and returns the code of that; s is nil for a static
// method. The error is that the shares could not be read.
type action func(ctx context.Context, s *share, in *cim.Instance) (uint32, error)

// acts makes a method of an action.
func (o Options) acts(name string, do action) live.Method[share] {
	return func(ctx context.Context, r *provider.Request, s *share, in, out *cim.Instance) error {
		code := uint32(accessDenied)
		if o.Control != nil && o.Control(r, name) == nil {
			var err error
			if code, err = do(ctx, s, in); err != nil {
				return err
			}
		}
		return out.Set("ReturnValue", cim.Uint32Value(code))
	}
}

// argument returns a parameter, NULL if it was not passed.
func argument(in *cim.Instance, name string) cim.Value {
	if in == nil {
		return cim.Value{}
	}
	v, _ := in.Get(name)
	return v
}

// passed reports whether any of some parameters was.
func passed(in *cim.Instance, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return !argument(in, name).IsNull() })
}

// create makes the share of a directory, which everyone may read, as on Windows
// without a descriptor. Samba has neither passwords of shares nor, for those of
// users, limits.
func (o Options) create(ctx context.Context, _ *share, in *cim.Instance) (uint32, error) {
	name, dir := argument(in, "Name").Text(), argument(in, "Path").Text()
	switch info, err := os.Stat(dir); {
	case !validName(name):
		return invalidName, nil
	case argument(in, "Type").Uint() != disk || passed(in, "MaximumAllowed", "Password", "Access") || !printable(argument(in, "Description").Text()):
		return invalidParameter, nil
	case !path.IsAbs(dir) || !printable(dir) || err != nil || !info.IsDir():
		return unknownDirectory, nil
	}
	all, err := o.shares()
	if err != nil {
		return 0, err
	}
	if slices.ContainsFunc(all, func(s *share) bool { return cim.EqualNames(s.name, name) }) {
		return duplicateShare, nil
	}
	return o.net(ctx, "add", "--", name, dir, argument(in, "Description").Text()), nil
}

// delete ends a share of users. Those of smb.conf are a matter of its author.
func (o Options) delete(ctx context.Context, s *share, _ *cim.Instance) (uint32, error) {
	if s.user == nil {
		return unknownFailure, nil
	}
	return o.net(ctx, "delete", "--", s.name), nil
}

// setShareInfo changes the description of a share of users. Who may do what stays
// as it is.
func (o Options) setShareInfo(ctx context.Context, s *share, in *cim.Instance) (uint32, error) {
	comment := argument(in, "Description")
	switch {
	case passed(in, "MaximumAllowed", "Access") || !printable(comment.Text()):
		return invalidParameter, nil
	case s.user == nil:
		return unknownFailure, nil
	case comment.IsNull():
		return success, nil
	}
	args := []string{"add", "--", s.name, s.path, comment.Text()}
	if s.user.acl != "" {
		guest := "guest_ok=n"
		if is(s.user.guest, false) {
			guest = "guest_ok=y"
		}
		args = append(args, s.user.acl, guest)
	}
	return o.net(ctx, args...), nil
}

// net runs "net usershare" and returns the code of how that has ended.
func (o Options) net(ctx context.Context, args ...string) uint32 {
	ctx, cancel := context.WithTimeout(ctx, netTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.Net, append([]string{"--configfile=" + o.Config, "usershare"}, args...)...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.WaitDelay = time.Second
	words := &beginning{}
	cmd.Stderr = words
	err := cmd.Run()
	switch {
	case err == nil:
		return success
	case errors.Is(err, os.ErrPermission), bytes.Contains(words.b, []byte("Permission denied")):
		return accessDenied
	}
	return unknownFailure
}

// A beginning keeps the first bytes that are written to it.
type beginning struct{ b []byte }

func (w *beginning) Write(b []byte) (int, error) {
	w.b = append(w.b, b[:min(len(b), 4096-len(w.b))]...)
	return len(b), nil
}
