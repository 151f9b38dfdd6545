package file

import (
	"context"
	"iter"
	"os"
	"slices"
	"strconv"

	"openwmi/cim"
	"openwmi/providers/live"
)

// An executable is a process and the file of its program.
type executable struct {
	*object
	handle string
}

// executables are processes whose programs this process can see, and the caller
// too. What else is mapped is not told.
func (p *Provider) executables() *live.Class[executable] {
	return &live.Class[executable]{
		Name: "CIM_ProcessExecutable",
		All: func(ctx context.Context) iter.Seq2[*executable, error] {
			return func(yield func(*executable, error) bool) {
				if err := p.eachExecutable(ctx, yield); err != nil && err != errEnough {
					yield(nil, err)
				}
			}
		},
		Fields: []live.Field[executable]{
			{Name: "Antecedent", Get: func(e *executable) cim.Value { return e.reference() }},
			{Name: "Dependent", Get: func(e *executable) cim.Value { return reference("Win32_Process", "Handle", e.handle) }},
		},
	}
}

func (p *Provider) eachExecutable(ctx context.Context, yield func(*executable, error) bool) error {
	c, err := p.begin(ctx)
	if err != nil {
		return err
	}
	if !c.own && p.opts.Visible == nil {
		return nil // the kernel tells that to the user of a process alone
	}
	handles := keys(c.query, "Dependent", "Win32_Process", "CIM_Process")
	if handles == nil {
		if handles, err = live.ReadNames(p.opts.System.ProcFile()); err != nil {
			return live.Unavailable(err)
		}
	}
	wanted := keys(c.query, "Antecedent", ClassDataFile, "CIM_LogicalFile")
	for _, handle := range handles {
		if n, err := strconv.ParseUint(handle, 10, 31); err != nil || strconv.FormatUint(n, 10) != handle {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name, err := os.Readlink(p.opts.System.ProcFile(handle, "exe"))
		if err != nil || wanted != nil && !slices.Contains(wanted, name) {
			continue // of another user, of the kernel, or gone
		}
		err = c.at(name, func(o *object) error {
			if o.isDir() || yield(&executable{o, handle}, nil) {
				return nil
			}
			return errEnough
		})
		if err := c.visible(err); err != nil {
			return err
		}
	}
	return nil
}
