package interop

import (
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/wbem"
	"openwmi/wql"
)

// PollInterval is how often instances are compared that a provider supplies, if
// the query of a filter does not say it, in seconds.
const PollInterval = "30"

// events are the classes of indications that are events of instances.
var events = map[string]string{
	"CIM_INSTCREATION":     "__InstanceCreationEvent",
	"CIM_INSTMODIFICATION": "__InstanceModificationEvent",
	"CIM_INSTDELETION":     "__InstanceDeletionEvent",
	"CIM_INSTINDICATION":   "__InstanceOperationEvent",
}

// translate returns the event query for a query of a filter.
func translate(language, query string) (string, error) {
	switch strings.ToUpper(language) {
	case "WQL", "DMTF:CQL", "CQL", "CIM:CQL":
	default:
		return "", cim.Errorf(wbem.InvalidQueryType, "QueryLanguage is %.40q, which is none of WQL and DMTF:CQL", language)
	}
	q, err := wql.ParseEvent(query)
	if err != nil {
		return "", cim.Errorf(wbem.InvalidQuery, "%v", err)
	}
	event, ok := events[cim.Fold(q.Class.Name)]
	if !ok {
		return query, nil
	}
	t := &translation{text: query, src: q.Source}
	class := event
	if q.Within == nil {
		class += " WITHIN " + PollInterval
	}
	t.replace(q.Class, class)
	for _, c := range q.Columns {
		t.path(c)
	}
	for x := range wql.Preorder(q.Where) {
		if term, ok := x.(wql.Term); ok {
			t.path(term.Operand())
		}
	}
	if q.Group != nil {
		return "", cim.Errorf(wbem.NotSupported, "indications are not grouped")
	}
	return t.done()
}

// A translation replaces words of a query.
type translation struct {
	src   *source.File
	text  string
	words []word
	err   error
}

type word struct {
	from, to int
	text     string
}

func (t *translation) replace(at wql.Ident, text string) {
	r := at.Range()
	t.words = append(t.words, word{t.src.Offset(r.Pos), t.src.Offset(r.End), text})
}

// path replaces the property of an indication by that of the event.
func (t *translation) path(p *wql.Path) {
	switch first := p.Names[0]; cim.Fold(first.Name) {
	case "SOURCEINSTANCE":
		t.replace(first, "TargetInstance")
	case "PREVIOUSINSTANCE":
	default:
		t.err = cim.Errorf(wbem.InvalidQuery, "a query cannot look at %s of an indication", first.Name)
	}
}

func (t *translation) done() (string, error) {
	slices.SortFunc(t.words, func(a, b word) int { return b.from - a.from })
	text := t.text
	last := len(text) + 1
	for _, w := range t.words {
		if w.from == last {
			continue // the same word, in a term that means two
		}
		last = w.from
		text = text[:w.from] + w.text + text[w.to:]
	}
	return text, t.err
}
