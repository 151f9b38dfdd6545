package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/wbem"
)

// A command is one of the shell itself.
type command struct {
	name, arg, help string
	// takes says whether an argument must, may or must not be there.
	takes argument
	run   func(s *Shell, ctx context.Context, arg string) error
	// words are what an argument can begin with; nil for nothing known.
	words func(s *Shell, ctx context.Context) []string
}

type argument int

const (
	none argument = iota
	optional
	required
)

// commands returns all of them, in the order of .help.
func commands() []command {
	return []command{
		{".help", "", "show this", none, (*Shell).help, nil},
		{".use", "NAMESPACE", "go to a namespace; .. is the one above", required, (*Shell).use, (*Shell).namespaceWords},
		{".cd", "NAMESPACE", "the same", required, (*Shell).use, (*Shell).namespaceWords},
		{".namespaces", "", "list the namespaces below this one", none, (*Shell).namespaces, nil},
		{".classes", "[PATTERN]", "list classes; * stands for any characters", optional, (*Shell).classes, (*Shell).classWords},
		{".show", "CLASS", "show a class as MOF", required, (*Shell).show, (*Shell).classWords},
		{".get", "PATH", `show an instance or class: .get Disk.Id="c"`, required, (*Shell).get, (*Shell).classWords},
		{".lang", "LANGUAGE", "choose the language of the lines", optional, (*Shell).chooseLanguage, (*Shell).languageWords},
		{".output", "FORM", "show objects as " + strings.Join(show.Forms(), ", "), optional, (*Shell).output, func(*Shell, context.Context) []string { return show.Forms() }},
		{".history", "", "list what was typed", none, (*Shell).history, nil},
		{".quit", "", "leave; so does Ctrl-D", none, (*Shell).quit, nil},
		{".exit", "", "the same", none, (*Shell).quit, nil},
	}
}

// findCommand returns the command with a name, or whose name alone begins so.
func findCommand(name string) (command, error) {
	var near []command
	for _, c := range commands() {
		if strings.EqualFold(c.name, name) {
			return c, nil
		}
		if hasPrefix(c.name, name) {
			near = append(near, c)
		}
	}
	if len(near) == 1 {
		return near[0], nil
	}
	return command{}, cim.Errorf(wbem.InvalidParameter, "there is no command %s; .help lists them", name)
}

// command runs a line that begins with a point.
func (s *Shell) command(ctx context.Context, line string) error {
	name, arg, _ := strings.Cut(line, " ")
	arg = strings.TrimSpace(arg)
	c, err := findCommand(name)
	switch {
	case err != nil:
		return err
	case arg == "" && c.takes == required:
		return cim.Errorf(wbem.InvalidParameter, "%s wants a %s", c.name, c.arg)
	case arg != "" && c.takes == none:
		return cim.Errorf(wbem.InvalidParameter, "%s takes no argument", c.name)
	}
	return c.run(s, ctx, arg)
}

func (s *Shell) help(context.Context, string) error {
	var b strings.Builder
	line := func(what, help string) { fmt.Fprintf(&b, "%s%s\n", table.Pad(what, 27, false), help) }
	line("select ...", "run a query in the namespace: data, classes, or events until Ctrl-C")
	line("associators of {PATH} ...", "a query as well, as references of {PATH} is")
	if len(s.o.Languages) > 0 {
		line("? EXPRESSION", "show a value; an object as its properties, a set as a table")
		line("all else", "a statement of the script language; .lang shows which")
	}
	for _, c := range commands() {
		line(strings.TrimSpace(c.name+" "+c.arg), c.help)
	}
	line("Tab", "complete a class, property, member or command; twice lists them")
	_, err := fmt.Fprint(s.o.Screen().W, b.String())
	return err
}

// resolve returns the whole path of a namespace, which is below the current one unless it
// begins with root or names a computer. There is nothing above root.
func (s *Shell) resolve(name string) string {
	if name = strings.ReplaceAll(name, "/", `\`); strings.HasPrefix(name, `\\`) {
		return name
	}
	name = strings.Trim(strings.ReplaceAll(name, `\`, "/"), "/")
	if first, _, _ := strings.Cut(name, "/"); !strings.EqualFold(first, "root") {
		name = strings.ReplaceAll(s.namespace, `\`, "/") + "/" + name
	}
	name = cmp.Or(path.Clean("/" + name)[1:], "root")
	return strings.ReplaceAll(name, "/", `\`)
}

func (s *Shell) use(ctx context.Context, arg string) error {
	name := s.resolve(arg)
	svc, err := s.o.Connect(ctx, name)
	if err != nil {
		return err
	}
	s.leave()
	s.services, s.namespace = svc, svc.Namespace()
	return nil
}

func (s *Shell) namespaces(ctx context.Context, _ string) error {
	svc, err := s.session(ctx)
	if err != nil {
		return err
	}
	return s.showAll(ctx, func(out show.Screen, f show.Form) (show.Printer, error) {
		return show.New(out, f, func() (show.Layout, error) { return show.Namespaces(), nil })
	}, func(yield func(cim.Object, error) bool) {
		err := show.WalkNamespaces(ctx, svc, func(inst *cim.Instance) error {
			if !yield(inst, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && err != errEnough {
			yield(nil, err)
		}
	})
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// classes lists the classes whose names have a pattern; the system's only if the pattern
// begins as their names do.
func (s *Shell) classes(ctx context.Context, pattern string) error {
	svc, err := s.session(ctx)
	if err != nil {
		return err
	}
	if pattern != "" && !strings.Contains(pattern, "*") {
		pattern = "*" + pattern + "*"
	}
	system := cim.IsSystemName(strings.TrimPrefix(pattern, "*"))
	return s.showAll(ctx, func(out show.Screen, f show.Form) (show.Printer, error) {
		return show.New(out, f, func() (show.Layout, error) { return show.Classes(), nil })
	}, func(yield func(cim.Object, error) bool) {
		for class, err := range svc.Classes(ctx, "", wbem.Options{}) {
			if err != nil {
				yield(nil, err)
				return
			}
			name := class.Name()
			if cim.IsSystemName(name) && !system || !matches(pattern, name) {
				continue
			}
			if !yield(class, nil) {
				return
			}
		}
	})
}

// matches reports whether a name has a pattern, in which * stands for any characters. No
// pattern is that of all names.
func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(cim.Fold(pattern), "*")
	name = cim.Fold(name)
	rest, ok := strings.CutPrefix(name, parts[0])
	last := parts[len(parts)-1]
	if len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		var found bool
		_, rest, found = strings.Cut(rest, part)
		ok = ok && found
	}
	return ok && strings.HasSuffix(rest, last)
}

func (s *Shell) show(ctx context.Context, name string) error {
	svc, err := s.session(ctx)
	if err != nil {
		return err
	}
	class, err := svc.GetClass(ctx, name, wbem.Options{})
	if err != nil {
		return err
	}
	return s.showOne(show.MOF, class)
}

func (s *Shell) get(ctx context.Context, name string) error {
	svc, err := s.session(ctx)
	if err != nil {
		return err
	}
	o, err := wbem.Get(ctx, svc, name, wbem.Options{})
	if err != nil {
		return err
	}
	return s.showOne(s.form(s.o.Screen()), o)
}

// showOne shows a single object: as a table, with a line for each member.
func (s *Shell) showOne(f show.Form, o cim.Object) error {
	out := s.o.Screen()
	if f == show.Table {
		return show.Members(out, o)
	}
	p, err := show.New(out, f, func() (show.Layout, error) {
		if class, ok := o.(*cim.Instance); ok {
			return show.Instances([]*cim.Class{class.Definition()}), nil
		}
		return show.Classes(), nil
	})
	if err != nil {
		return err
	}
	if err := p.Print(o); err != nil {
		return err
	}
	return p.Close()
}

// chooseLanguage changes the language of the lines, or shows it.
func (s *Shell) chooseLanguage(ctx context.Context, name string) error {
	if name == "" {
		_, err := fmt.Fprintf(s.o.Screen().W, "%s (of %s)\n", s.languageName(), strings.Join(s.languageWords(ctx), ", "))
		return err
	}
	if strings.EqualFold(name, WQL) {
		s.language = nil
		return nil
	}
	i := slices.IndexFunc(s.o.Languages, func(l Language) bool { return strings.EqualFold(l.Name(), name) })
	if i < 0 {
		return cim.Errorf(wbem.InvalidParameter, "there is no language %s; there are %s", name, strings.Join(s.languageWords(ctx), ", "))
	}
	s.language = s.o.Languages[i]
	return nil
}

func (s *Shell) output(_ context.Context, arg string) error {
	out := s.o.Screen()
	if arg == "" {
		f := s.form(out)
		_, err := fmt.Fprintln(out.W, f.String())
		return err
	}
	if err := s.o.Form.Set(arg); err != nil {
		return cim.Errorf(wbem.InvalidParameter, "%s is no form: %v", arg, err)
	}
	return nil
}

func (s *Shell) history(context.Context, string) error {
	t, ok := s.o.Lines.(*Terminal)
	if !ok {
		return cim.Errorf(wbem.NotAvailable, "only what is typed on a terminal has a history")
	}
	w := s.o.Screen().W
	for i, line := range t.History().Lines() {
		if _, err := fmt.Fprintf(w, "%5d  %s\n", i+1, table.Clean(line)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shell) quit(context.Context, string) error {
	s.done = true
	return nil
}
