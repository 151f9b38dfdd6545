package compile

import (
	"bytes"
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
)

// ErrNoAmendment is the cause when a file is to be split and neither the caller
// nor the file says what its language is.
var ErrNoAmendment = cim.Errorf(cim.MOFInvalidAmendmentSyntax, "the file has no #pragma amendment, and no language is given")

// Split splits the files into two: what has no language, and the texts, which
// are the amendments of the classes for one language. Compiled one after the
// other they have the same effect as the files themselves, but that the texts
// can be translated. Nothing is stored. localization.md 7.2
//
// The locale is MS_xxx with a hexadecimal number, "" if the files say it.
//
// The error is an *Error of the phase Argument with ErrNoAmendment, or with the
// status MOFInvalidAmendmentSyntax for a wrong locale and
// MOFInvalidDuplicateAmendment for another one than that of the files.
func (p *Program) Split(locale string) (neutral, texts string, err error) {
	language, err := p.language(locale)
	if err != nil {
		return "", "", err
	}
	n, t := splitter{}, amender{language: language, emitted: map[string]bool{}}
	for i, u := range p.units {
		if i > 0 {
			// Where the text of the one before has gone.
			n.b.WriteString(pragma(p.opts.Namespace))
		}
		n.rules = newRules(u.isDMTF())
		if err := n.tree(u.tree); err != nil {
			return "", "", err
		}
		t.autorecover = t.autorecover || u.autorecover
		t.lowerer = lowerer{rules: newRules(u.isDMTF()), lenient: true, bare: true}
		for i := range u.items {
			if err := t.item(&u.items[i]); err != nil {
				return "", "", storingError(&u.items[i], err)
			}
		}
	}
	return n.b.String(), t.text(), nil
}

// language returns what the amendment is for.
func (p *Program) language(locale string) (cim.LCID, error) {
	var language cim.LCID
	if locale != "" {
		arg := &mof.Pragma{Kind: mof.AmendmentPragma, Args: []mof.Value{&mof.StringLit{Value: locale}}}
		var ok bool
		if language, ok = arg.Locale(); !ok {
			return 0, &Error{Phase: Argument, Err: cim.Errorf(cim.MOFInvalidAmendmentSyntax,
				"%q is not MS_ and the hexadecimal number of a language", locale)}
		}
	}
	for _, u := range p.units {
		if u.amendment == nil {
			continue
		}
		own, _ := u.amendment.Locale() // Check has seen to it
		if language != 0 && language != own {
			return 0, &Error{Phase: Argument, File: u.tree.Source.Name(), Err: cim.Errorf(cim.MOFInvalidDuplicateAmendment,
				"the amendment is for %v, not for %v", own, language)}
		}
		language = own
	}
	if language == 0 {
		return 0, &Error{Phase: Argument, Err: ErrNoAmendment}
	}
	return language, nil
}

// EncodeSplit returns a text of Split in bytes: ASCII where that is enough, else
// UTF-16 with its mark and CR LF, which the Windows compiler can read as well.
// localization.md 7.2, Decision
func EncodeSplit(text string) []byte {
	for i := range len(text) {
		if text[i] >= 0x80 {
			data, err := source.Encode(strings.ReplaceAll(text, "\n", "\r\n"), source.UTF16LE)
			if err != nil {
				panic("compile: " + err.Error()) // UTF-16 has a form for everything
			}
			return data
		}
	}
	return []byte(text)
}

// An amender writes the amendments of classes.
type amender struct {
	lowerer     lowerer
	language    cim.LCID
	autorecover bool
	b           bytes.Buffer
	namespace   string
	emitted     map[string]bool // classes, by folded namespace and name
}

func (t *amender) text() string {
	if t.autorecover {
		return "#pragma autorecover\n" + t.b.String()
	}
	return t.b.String()
}

func (t *amender) item(it *item) error {
	var d *mof.ClassDecl
	switch it := it.decl.(type) {
	case *mof.QualifierDecl:
		return declare(t.lowerer.rules, it)
	case *mof.ClassDecl:
		d = it
	default:
		return nil
	}
	decl, err := t.lowerer.classDecl(d)
	if err != nil {
		return err
	}
	_, amendment := cim.SplitAmendment(decl, nil, t.language)
	if amendment == nil {
		return nil
	}
	// A superclass must be in the same namespace of texts: localization.md 2.
	if t.emitted[classKey(it.namespace, decl.Super)] {
		amendment.Super = decl.Super
	}
	for i := range amendment.Qualifiers {
		q := &amendment.Qualifiers[i]
		if cim.EqualNames(q.Name, "Amendment") || cim.EqualNames(q.Name, "Locale") {
			q.Name = strings.ToUpper(q.Name)
		}
	}
	c, err := cim.Derive(nil, amendment)
	if err != nil {
		return err
	}
	t.enter(it.namespace)
	// The language is written as languages are, in hexadecimal. Only in the
	// line with the qualifiers can a line end follow its bracket.
	decimal := fmt.Sprintf("LOCALE(%d)]\n", uint32(t.language))
	hexadecimal := fmt.Sprintf("LOCALE(0x%x)]\n", uint32(t.language))
	t.b.WriteString(strings.Replace(mof.Text(c, mof.TextOptions{}), decimal, hexadecimal, 1))
	t.emitted[classKey(it.namespace, decl.Name)] = true
	return nil
}

// enter creates the namespace of the language below a namespace and goes there.
func (t *amender) enter(namespace string) {
	if cim.EqualNames(t.namespace, namespace) {
		return
	}
	t.namespace = namespace
	name := t.language.Namespace()
	fmt.Fprintf(&t.b, "%s\ninstance of __Namespace\n{\n\tName = \"%s\";\n};\n%s",
		pragma(namespace), name, pragma(namespace+`\`+name))
}

func pragma(namespace string) string {
	return fmt.Sprintf("#pragma namespace(\"%s\")\n", strings.ReplaceAll(`\\.\`+namespace, `\`, `\\`))
}
