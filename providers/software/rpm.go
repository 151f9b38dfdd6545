package software

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

const (
	// maxOutput bounds what rpm prints, in bytes.
	maxOutput = 64 << 20

	// rpmTimeout is how long rpm may take. Several thousand packages need a
	// few seconds where the disk is slow.
	rpmTimeout = 60 * time.Second

	// none is what rpm prints for a tag that a package does not have.
	none = "(none)"
)

// format is how rpm prints a package: a line with tabs between the fields of a
// pack.
const format = `%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{VENDOR}\t%{INSTALLTIME}\t%{URL}\t%{SUMMARY}\n`

// fields is how many a line has. The last of them, a text of the packager, may
// have tabs.
const fields = 7

// A pack is a line in that format.
type pack []string

func (p pack) text(i int) string {
	if p[i] == none {
		return ""
	}
	return p[i]
}

func (p pack) summary() string { return p.text(6) }
func (p pack) vendor() string  { return p.text(3) }
func (p pack) url() string     { return p.text(5) }
func (p pack) state() int16    { return installedWell }

func (p pack) installed() time.Time {
	sec, err := strconv.ParseInt(p[4], 10, 64)
	if err != nil || sec <= 0 {
		return time.Time{}
	}
	return time.Unix(sec, 0)
}

// rpm returns the packages of rpm, or those of a name.
func (o Options) rpm(ctx context.Context, name string) ([]*product, error) {
	if name != "" {
		// What names of packages consist of; the first could be an option.
		if strings.Trim(cim.Fold(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") != "" || name[0] == '-' {
			return nil, nil
		}
		found, err := o.run(ctx, "-q", "--queryformat", format, "--", name)
		var exit *exec.ExitError
		if len(found) > 0 || err != nil && !errors.As(err, &exit) {
			return found, err
		}
		// To rpm the case of a name matters.
	}
	found, err := o.run(ctx, "-qa", "--queryformat", format)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = cim.Errorf(wbem.NotAvailable, "rpm: %v: %s", err, exit.Stderr)
	}
	return found, err
}

// run has rpm print packages. An exit status other than 0 is an *exec.ExitError.
func (o Options) run(ctx context.Context, args ...string) ([]*product, error) {
	timed, cancel := context.WithTimeout(ctx, rpmTimeout)
	defer cancel()
	cmd := exec.CommandContext(timed, o.Rpm, args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.WaitDelay = time.Second
	out, words := &limited{max: maxOutput, end: cancel}, &limited{max: 500, end: func() {}}
	cmd.Stdout, cmd.Stderr = out, words
	var exit *exec.ExitError
	err := cmd.Run()
	if errors.As(err, &exit) {
		exit.Stderr = bytes.TrimSpace(words.buf.Bytes())
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case out.over:
		return nil, cim.Errorf(wbem.NotAvailable, "rpm prints more than %d bytes", maxOutput)
	case timed.Err() != nil:
		return nil, cim.Errorf(wbem.NotAvailable, "rpm has not ended for %v", rpmTimeout)
	case err != nil && exit == nil:
		return nil, cim.Errorf(wbem.NotAvailable, "rpm: %v", err)
	}
	return parse(out.buf.Bytes()), err
}

// A limited keeps what is written to it as long as it is not too much.
type limited struct {
	buf  bytes.Buffer
	max  int
	over bool
	end  func() // called when it is
}

func (l *limited) Write(b []byte) (int, error) {
	if l.over = l.over || l.buf.Len()+len(b) > l.max; l.over {
		l.end()
		return len(b), nil
	}
	return l.buf.Write(b)
}

// parse reads packages as format prints them. Other lines, such as that a package
// is not there, and the keys that rpm lists as packages are left out.
func parse(out []byte) []*product {
	var found []*product
	for line := range strings.Lines(string(out)) {
		p := pack(strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", fields))
		if len(p) != fields || p[0] == "" || p[1] == "" || p[0] == "gpg-pubkey" {
			continue
		}
		number := p[0]
		if arch := p.text(2); arch != "" {
			number += "." + arch
		}
		found = append(found, &product{name: p[0], version: p[1], number: number, details: p})
	}
	return found
}
