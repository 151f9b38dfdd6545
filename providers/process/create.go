package process

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"

	"openwmi/cim"
	"openwmi/provider"
)

// create starts a program, as a child of this process that belongs to a session
// of its own and has no input or output. It lives on when this process ends.
func (p *Provider) create(_ context.Context, r *provider.Request, _ *object, in, out *cim.Instance) error {
	args := split(argument(in, "CommandLine").Text())
	dir := argument(in, "CurrentDirectory").Text()
	if len(args) == 0 || dir != "" && !filepath.IsAbs(dir) {
		return returns(out, badParameter)
	}
	if !p.may(r, "Create") {
		return returns(out, accessDenied)
	}
	startup, ok := readStartup(argument(in, "ProcessStartupInformation").Object())
	if !ok {
		return returns(out, badParameter)
	}
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return returns(out, pathNotFound)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, startup.env, detached()
	if err := cmd.Start(); err != nil {
		if _, missing := err.(*exec.Error); missing {
			return returns(out, pathNotFound)
		}
		return returns(out, code(err))
	}
	go cmd.Wait() // ends with the program, which would be a zombie otherwise
	id := uint32(cmd.Process.Pid)
	if startup.class != nil {
		_ = setNice(id, startup.class.nice) // as on Windows, started is started
	}
	if err := out.Set("ProcessId", cim.Uint32Value(id)); err != nil {
		return err
	}
	return returns(out, success)
}

// A startup is what a Win32_ProcessStartup says that means something here: the
// rest is about windows.
type startup struct {
	env   []string // nil is that of this process
	class *class   // nil is that of this process
}

func readStartup(o cim.Object) (s startup, ok bool) {
	inst, is := o.(*cim.Instance)
	if !is {
		return s, o == nil
	}
	if env, _ := inst.Get("EnvironmentVariables"); !env.IsNull() {
		s.env = append([]string{}, env.Texts()...)
	}
	if v, _ := inst.Get("PriorityClass"); !v.IsNull() {
		c, known := classOf(v.Int())
		s.class = &c
		return s, known
	}
	return s, true
}

// split returns the arguments of a command line: separated by blanks, except
// between double quotes, and a backslash before a double quote makes it a part
// of the argument. Nothing else means anything, as there is no shell.
func split(line string) []string {
	var args []string
	var arg []byte
	quoted, inside := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"':
			i++
			arg, inside = append(arg, '"'), true
		case c == '"':
			quoted, inside = !quoted, true
		case (c == ' ' || c == '\t') && !quoted:
			if inside {
				args = append(args, string(arg))
			}
			arg, inside = nil, false
		default:
			arg, inside = append(arg, c), true
		}
	}
	if inside {
		args = append(args, string(arg))
	}
	return args
}
