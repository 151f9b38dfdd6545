package shell

import (
	"context"
	"regexp"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/script/automation"
	"openwmi/wbem"
)

// completeTimeout is how long completion may take: somebody waits.
const completeTimeout = 3 * time.Second

// complete returns where the word before pos begins in a line, and what it can become;
// not all of them need to begin as the word does.
func (s *Shell) complete(line string, pos int) (start int, words []string) {
	ctx, cancel := context.WithTimeout(context.Background(), completeTimeout)
	defer cancel()
	before := line[:pos]
	trimmed := strings.TrimLeft(before, " \t")
	switch {
	case strings.HasPrefix(trimmed, "."):
		return s.completeCommand(ctx, before)
	case s.language == nil || becomesQuery(trimmed):
		return s.completeQuery(ctx, line, pos)
	}
	if at := openString(before); at >= 0 {
		if beginsQuery(before[at:]) {
			start, words = s.completeQuery(ctx, line[at:], pos-at)
			return start + at, words
		}
		return pos, nil
	}
	start, words = s.completeScript(before)
	if strings.TrimSpace(before[:start]) == "" {
		words = append(words, sameCase(before[start:], "SELECT ", "ASSOCIATORS OF {", "REFERENCES OF {")...)
	}
	return start, words
}

// completeCommand completes a command of the shell or its argument.
func (s *Shell) completeCommand(ctx context.Context, before string) (start int, words []string) {
	lead := len(before) - len(strings.TrimLeft(before, " \t"))
	name, arg, more := strings.Cut(before[lead:], " ")
	if !more {
		for _, c := range commands() {
			if c.takes == none {
				words = append(words, c.name)
			} else {
				words = append(words, c.name+" ")
			}
		}
		return lead, words
	}
	start = len(before) - len(strings.TrimLeft(arg, " "))
	c, err := findCommand(name)
	if err != nil || c.words == nil {
		return start, nil
	}
	if class, _, ok := strings.Cut(before[start:], "."); ok && c.name == ".get" {
		return start, s.keyWords(ctx, class)
	}
	return start, c.words(s, ctx)
}

// keyWords returns the beginnings of the paths of instances of a class.
func (s *Shell) keyWords(ctx context.Context, name string) []string {
	class := s.class(ctx, name)
	if class == nil {
		return nil
	}
	var words []string
	for _, i := range class.Keys() {
		p := class.Properties()[i]
		if p.Type().IsText() {
			words = append(words, class.Name()+"."+p.Name()+`="`)
		} else {
			words = append(words, class.Name()+"."+p.Name()+"=")
		}
	}
	return words
}

func (s *Shell) namespaceWords(ctx context.Context) []string {
	names, err := s.schema.namespaces(ctx, func() (wbem.Services, error) { return s.o.Connect(ctx, "root") })
	if err != nil {
		return nil
	}
	return append([]string{"root", ".."}, names...)
}

func (s *Shell) classWords(ctx context.Context) []string {
	svc, err := s.session(ctx)
	if err != nil {
		return nil
	}
	return s.schema.classes(ctx, svc)
}

func (s *Shell) languageWords(context.Context) []string {
	var words []string
	for _, l := range s.o.Languages {
		words = append(words, l.Name())
	}
	return append(words, WQL)
}

// class returns a class, nil if there is none.
func (s *Shell) class(ctx context.Context, name string) *cim.Class {
	svc, err := s.session(ctx)
	if err != nil {
		return nil
	}
	return s.schema.class(ctx, svc, name)
}

// member finds a variable and the beginning of the name of a member at the end of a text.
var member = regexp.MustCompile(`(^|[^.\w)\]])([A-Za-z_]\w*)\.(\w*)$`)

// name finds the beginning of a name at the end of a text, where it is no member.
var name = regexp.MustCompile(`(^|[^.\w)\]])([A-Za-z_]\w*)?$`)

// completeScript completes a global or the member of one. Nothing is run for it.
func (s *Shell) completeScript(before string) (start int, words []string) {
	if m := member.FindStringSubmatch(before); m != nil {
		return len(before) - len(m[3]), automation.Names(s.language.Global(m[2]))
	}
	if m := name.FindStringSubmatch(before); m != nil {
		return len(before) - len(m[2]), s.language.Names()
	}
	return len(before), nil
}

// openString returns where in a text the string begins in which it ends, -1 if it ends in
// none.
func openString(text string) int {
	at := -1
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case at >= 0 && c == quote:
			at = -1
		case at < 0 && (c == '"' || c == '\'' && beginsQuery(text[i+1:])): // of JScript, or a remark
			at, quote = i+1, c
		}
	}
	return at
}

// sameCase returns keywords in the case of a word: small if that is.
func sameCase(word string, keywords ...string) []string {
	if word == "" || word != strings.ToLower(word) {
		return keywords
	}
	words := make([]string, len(keywords))
	for i, k := range keywords {
		words[i] = strings.ToLower(k)
	}
	return words
}
