package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"openwmi/internal/source"
)

// maxParts bounds the elements of a job.
const maxParts = 1000

// parseJob reads the chosen job of a .wsf file: the first for "". The file is read as
// HTML is, since few of these files are proper XML: scripts have < and & in them.
// ("Using Windows Script Files (.wsf)")
func (p *Program) parseJob(text, job string) error {
	r := &wsfReader{p: p, job: job, text: text, strict: strings.HasPrefix(strings.ToLower(text[:min(len(text), 5)]), "<?xml")}
	r.restart(0)
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
	strict bool // it is proper XML: the text of scripts has entities
	html   *html.Tokenizer
	offset int // in text, behind the last token
	start  int // of the last token
	size   int // of the scripts, in bytes
	parts  int // elements of the job
	errs   source.List

	jobs   int
	inside bool // the wanted job
	found  bool
	ids    map[string]bool // of objects, and of resources with a "#" before it
}

// restart goes on at a place in the text.
func (r *wsfReader) restart(offset int) {
	r.offset = offset
	r.html = html.NewTokenizer(strings.NewReader(r.text[offset:]))
	r.html.AllowCDATA(true)
}

// next returns the next token, and false at the end.
func (r *wsfReader) next() (html.Token, bool) {
	kind := r.html.Next()
	if kind == html.ErrorToken {
		return html.Token{}, false
	}
	r.start = r.offset
	r.offset += len(r.html.Raw())
	t := r.html.Token()
	if kind == html.SelfClosingTagToken {
		r.html.NextIsNotRawText()
	}
	return t, true
}

// fail is an error at the last tag.
func (r *wsfReader) fail(format string, args ...any) error {
	line := 1 + strings.Count(r.text[:r.start], "\n")
	return fmt.Errorf("%s:%d: %w", r.p.Name, line, fmt.Errorf(format, args...))
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
		wanted := r.job == "" && r.jobs == 1 || r.job != "" && strings.EqualFold(attribute(t, "id"), r.job)
		if wanted && r.found {
			return r.fail("there are several jobs %q", r.job)
		}
		r.inside, r.found = wanted, r.found || wanted
		return nil
	case t.Data == "comment":
		_, err := r.content(t)
		return err
	case t.Data == "script" && !r.inside:
		_, _, err := r.inner(t) // which may have tags in it
		return err
	case !r.inside:
		return nil
	}
	if r.parts++; r.parts > maxParts {
		return r.fail("the job has more than %d elements", maxParts)
	}
	switch t.Data {
	case "script":
		return r.script(t)
	case "object":
		return r.object(t)
	case "reference":
		return r.reference(t)
	case "resource":
		return r.resource(t)
	case "runtime":
		r.p.usage.described = true
	case "description", "example", "usage", "named", "unnamed":
		return r.usage(t)
	}
	return nil
}

// script adds an element script, whose text is inside or in the file that src names.
func (r *wsfReader) script(t html.Token) error {
	language := JScript // when it says nothing
	if name := attribute(t, "language"); name != "" {
		var err error
		if language, err = LanguageOf(name); err != nil {
			return r.fail("%w", err)
		}
	}
	inner, start, err := r.inner(t)
	if err != nil {
		return err
	}
	var f *source.File
	if src := attribute(t, "src"); src != "" {
		if f, err = r.include(src); err != nil {
			return err
		}
	} else {
		f = source.NewFile(r.p.Name, blank(r.text[:start])+inner)
	}
	if r.size += len(f.Text()); r.size > maxText {
		return tooLarge(r.p.Name)
	}
	if err := r.p.add(language, f); err != nil {
		return join(&r.errs, err)
	}
	return nil
}

// include reads the script that src names. Unlike the file that a person has chosen it has
// to be a regular one: reading others may never end, or do something.
func (r *wsfReader) include(src string) (*source.File, error) {
	path := filepath.FromSlash(strings.ReplaceAll(src, `\`, "/"))
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.p.Name), path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, r.fail("%w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, r.fail("the script %s is no file", path)
	}
	text, err := readScript(path)
	if err != nil {
		return nil, r.fail("%w", err)
	}
	return source.NewFile(path, text), nil
}

// inner returns the text of an element script and where it begins, and goes to the end of
// the element. What HTML makes of comments in scripts is not for these files.
func (r *wsfReader) inner(t html.Token) (text string, start int, err error) {
	start = r.offset
	if t.Type == html.SelfClosingTagToken {
		return "", start, nil
	}
	from := start
	section := start + len(r.text[start:]) - len(strings.TrimLeft(r.text[start:], " \t\r\n"))
	covered := strings.HasPrefix(r.text[section:], cdata)
	if covered {
		// The end of the element may be in the section, as text.
		start = section + len(cdata)
		n := strings.Index(r.text[start:], cdataEnd)
		if n < 0 {
			return "", start, r.fail("the section <![CDATA[ of a script has no end")
		}
		from = start + n
		text = r.text[start:from]
	}
	end := endOfScript(r.text, from)
	if end < 0 {
		return "", start, r.fail("an element <script> has no end")
	}
	if !covered {
		text = r.text[start:end]
		if r.strict {
			text = html.UnescapeString(text)
		}
	}
	r.restart(end)
	return text, start, nil
}

// What hides a script from XML.
const (
	cdata    = "<![CDATA["
	cdataEnd = "]]>"
)

// endOfScript returns where the end tag of a script is, behind a place in a text; -1 if
// there is none.
func endOfScript(text string, from int) int {
	const tag = "</script"
	for {
		n := strings.Index(text[from:], "</")
		if n < 0 || len(text)-from-n < len(tag) {
			return -1
		}
		if from += n; strings.EqualFold(text[from:from+len(tag)], tag) {
			return from
		}
		from += 2
	}
}

// content returns the text up to the end of an element.
func (r *wsfReader) content(t html.Token) (string, error) {
	if t.Type == html.SelfClosingTagToken {
		return "", nil
	}
	start := r.start
	var b strings.Builder
	for {
		inner, ok := r.next()
		if !ok {
			r.start = start
			return "", r.fail("an element <%s> has no end", t.Data)
		}
		if inner.Type == html.EndTagToken && inner.Data == t.Data {
			return b.String(), nil
		}
		if inner.Type == html.TextToken {
			b.WriteString(inner.Data)
		}
	}
}

// blank returns the ends of lines of a text, and blanks for its last line, so that what
// follows it keeps its place.
func blank(s string) string {
	last := strings.LastIndexAny(s, "\r\n") + 1
	ends := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return r
		}
		return -1
	}, s[:last])
	return ends + strings.Repeat(" ", utf8.RuneCountInString(s[last:]))
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name { // which the tokenizer has in lower case
			return a.Val
		}
	}
	return ""
}
