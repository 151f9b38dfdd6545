package host

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"

	"openwmi/internal/source"
)

// maxParts bounds the scripts, objects and resources of a .wsf file.
const maxParts = 1000

// parseJob reads the chosen job of a .wsf file: the first for "". The file is read as
// HTML is, since few of these files are proper XML: scripts have < and & in them.
// ("Using Windows Script Files (.wsf)")
func (p *Program) parseJob(text, job string) error {
	r := &wsfReader{p: p, job: job, text: text, html: html.NewTokenizer(strings.NewReader(text))}
	for {
		t, ok := r.next()
		if !ok {
			break
		}
		if err := r.tag(t); err != nil {
			return err
		}
	}
	switch {
	case r.errs.Errors() > 0:
		return r.errs.Err()
	case r.jobs == 0:
		return fmt.Errorf("%s has no element <job>", p.Name)
	case !r.found:
		return fmt.Errorf("%s has no job %q", p.Name, job)
	}
	return nil
}

// wsfReader is where the reader of a .wsf file is.
type wsfReader struct {
	p      *Program
	job    string // the wanted one, "" for the first
	text   string
	html   *html.Tokenizer
	offset int // in text, behind the last token
	errs   source.List

	jobs   int
	inside bool // the wanted job
	found  bool
}

// next returns the next token, and false at the end.
func (r *wsfReader) next() (html.Token, bool) {
	kind := r.html.Next()
	if kind == html.ErrorToken {
		return html.Token{}, false
	}
	r.offset += len(r.html.Raw())
	t := r.html.Token()
	if kind == html.SelfClosingTagToken {
		r.html.NextIsNotRawText()
	}
	return t, true
}

func (r *wsfReader) tag(t html.Token) error {
	switch {
	case t.Type == html.EndTagToken && t.Data == "job":
		r.inside = false
		return nil
	case t.Type != html.StartTagToken && t.Type != html.SelfClosingTagToken:
		return nil
	case t.Data == "job":
		r.jobs++
		r.inside = r.job == "" && r.jobs == 1 || r.job != "" && strings.EqualFold(attribute(t, "id"), r.job)
		r.found = r.found || r.inside
		return nil
	case !r.inside:
		return nil
	case len(r.p.parts)+len(r.p.objects)+len(r.p.resources) >= maxParts:
		return fmt.Errorf("%s has more than %d scripts, objects and resources", r.p.Name, maxParts)
	}
	switch t.Data {
	case "script":
		return r.script(t)
	case "object":
		o := object{id: attribute(t, "id"), class: attribute(t, "progid"), events: strings.EqualFold(attribute(t, "events"), "true")}
		if o.id == "" || o.class == "" {
			return fmt.Errorf("%s: an element <object> needs id and progid", r.p.Name)
		}
		r.p.objects = append(r.p.objects, o)
	case "resource":
		r.p.resources = append(r.p.resources, resource{attribute(t, "id"), r.content(t)})
	case "description", "example", "usage":
		r.p.usage += strings.TrimSpace(r.content(t)) + "\n"
	case "named":
		r.p.usage += fmt.Sprintf("  /%-12s %s\n", attribute(t, "name"), attribute(t, "helpstring"))
	case "unnamed":
		r.p.usage += fmt.Sprintf("  %-13s %s\n", attribute(t, "name"), attribute(t, "helpstring"))
	}
	return nil
}

// script adds an element script, whose text is inside or in the file that src names.
func (r *wsfReader) script(t html.Token) error {
	language := JScript // when it says nothing
	if name := attribute(t, "language"); name != "" {
		var err error
		if language, err = LanguageOf(name); err != nil {
			return fmt.Errorf("%s: %w", r.p.Name, err)
		}
	}
	start := r.offset
	r.content(t)
	var f *source.File
	if src := attribute(t, "src"); src != "" {
		path := filepath.FromSlash(strings.ReplaceAll(src, `\`, "/"))
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(r.p.Name), path)
		}
		text, err := readScript(path)
		if err != nil {
			return err
		}
		f = source.NewFile(path, text)
	} else {
		inner, _, _ := cutLast(r.text[start:r.offset], "</")
		f = source.NewFile(r.p.Name, blank(r.text[:start])+uncover(inner))
	}
	if err := r.p.add(language, f); err != nil {
		return join(&r.errs, err)
	}
	return nil
}

// content returns the text up to the end of an element.
func (r *wsfReader) content(t html.Token) string {
	if t.Type == html.SelfClosingTagToken {
		return ""
	}
	var b strings.Builder
	for {
		inner, ok := r.next()
		if !ok || inner.Type == html.EndTagToken && inner.Data == t.Data {
			return b.String()
		}
		if inner.Type == html.TextToken {
			b.WriteString(inner.Data)
		}
	}
}

// blank returns a text with everything but its ends of lines replaced, so that what
// follows it keeps its place.
func blank(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return r
		}
		return ' '
	}, s)
}

// uncover removes what hides a script from XML, and keeps its place.
func uncover(s string) string {
	const head = "<![CDATA["
	if i := strings.Index(s, head); i >= 0 && strings.TrimSpace(s[:i]) == "" {
		s = s[:i] + strings.Repeat(" ", len(head)) + s[i+len(head):]
		s, _, _ = cutLast(s, "]]>")
	}
	return s
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name { // which the tokenizer has in lower case
			return a.Val
		}
	}
	return ""
}
