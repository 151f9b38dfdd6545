package file

import (
	"context"
	"errors"
	"io"
	"os"
	"path"

	"openwmi/cim"
	"openwmi/provider"
)

// What methods return. "Rename method of the CIM_DataFile class" in the WMI
// documentation
const (
	success          = 0
	accessDenied     = 2
	unspecified      = 8
	invalidObject    = 9
	alreadyExists    = 10
	noNTFS           = 11
	otherDrive       = 13
	notEmpty         = 14
	sharingViolation = 15
	invalidParameter = 21
)

func returns(out *cim.Instance, code uint32) error {
	return out.Set("ReturnValue", cim.Uint32Value(code))
}

// result is returns for what the system said.
func result(out *cim.Instance, err error) error {
	if err == nil {
		return returns(out, success)
	}
	return returns(out, code(err))
}

func (p *Provider) allows(r *provider.Request, method string) bool {
	return p.opts.Control != nil && p.opts.Control(r, method) == nil
}

// delete removes a file, or a directory in which nothing is.
func (p *Provider) delete(_ context.Context, r *provider.Request, o *object, _, out *cim.Instance) error {
	switch {
	case !p.allows(r, "Delete"):
		return returns(out, accessDenied)
	case o.base == "":
		return returns(out, sharingViolation)
	}
	return result(out, remove(o.dir.fd, o.base, o.isDir()))
}

// rename gives a file another name, of which its directory may be another one,
// on the same file system.
func (p *Provider) rename(_ context.Context, r *provider.Request, o *object, in, out *cim.Instance) error {
	if !p.allows(r, "Rename") {
		return returns(out, accessDenied)
	}
	if o.base == "" {
		return returns(out, sharingViolation)
	}
	return p.to(o, in, out, func(d *dir, base string) error { return rename(o.dir.fd, o.base, d.fd, base) })
}

// copy makes a file with the same content and mode, but no set-user-ID. One that
// is not complete does not stay.
func (p *Provider) copy(ctx context.Context, r *provider.Request, o *object, in, out *cim.Instance) error {
	if !p.allows(r, "Copy") {
		return returns(out, accessDenied)
	}
	if o.kind != regular {
		return returns(out, invalidObject)
	}
	from, err := openSource(o.dir.fd, o.base)
	if err != nil {
		return result(out, err)
	}
	defer from.Close()
	// It may have become something else since it was looked up.
	info, err := from.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return returns(out, invalidObject)
	}
	return p.to(o, in, out, func(d *dir, base string) error {
		to, err := createFile(d.fd, base)
		if err != nil {
			return err
		}
		err = transfer(ctx, to, from)
		if err == nil {
			err = to.Chmod(info.Mode().Perm())
		}
		if err = errors.Join(err, to.Close()); err != nil {
			return errors.Join(err, remove(d.fd, base, false))
		}
		return nil
	})
}

// to does something with the directory and the name in it that the parameter
// FileName consists of.
func (p *Provider) to(o *object, in, out *cim.Instance, do func(d *dir, base string) error) error {
	var name cim.Value
	if in != nil {
		name, _ = in.Get("FileName")
	}
	if !isName(name.Text()) || name.Text() == "/" {
		return returns(out, invalidParameter)
	}
	where, base := path.Split(name.Text())
	d, err := o.dir.call.open(path.Clean(where))
	if err != nil {
		if c := code(err); c != invalidObject {
			return returns(out, c)
		}
		return returns(out, invalidParameter) // there is no such directory
	}
	defer d.close()
	if isMadeUp(d.mount) {
		return returns(out, invalidParameter)
	}
	if err := o.dir.call.see(name.Text()); err != nil {
		return returns(out, accessDenied)
	}
	return result(out, do(d, base))
}

// piece is how many bytes are copied before the context is looked at.
const piece = 64 << 20

func transfer(ctx context.Context, to, from *os.File) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(to, from, piece); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// effectivePermission says whether the caller has all of some rights.
func effectivePermission(_ context.Context, _ *provider.Request, o *object, in, out *cim.Instance) error {
	var wanted cim.Value
	if in != nil {
		wanted, _ = in.Get("Permissions")
	}
	has := !wanted.IsNull() && o.accessMask()&uint32(wanted.Uint()) == uint32(wanted.Uint())
	return out.Set("ReturnValue", cim.BoolValue(has))
}

// notNTFS says that it cannot be said to the file system to compress a file.
func notNTFS(_ context.Context, _ *provider.Request, _ *object, _, out *cim.Instance) error {
	return returns(out, noNTFS)
}
