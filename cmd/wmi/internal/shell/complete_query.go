package shell

import (
	"context"
	"regexp"
	"strings"

	"openwmi/cmd/wmi/internal/show"
)

// completeQuery completes a word of a query: a class, a property of the class that the
// query names, also behind the word, or a keyword.
func (s *Shell) completeQuery(ctx context.Context, line string, pos int) (start int, words []string) {
	before := line[:pos]
	start = pos
	for start > 0 && isNameByte(before[start-1]) {
		start--
	}
	word := before[start:]
	tokens := queryTokens(before[:start])
	keywords := func(k ...string) []string { return sameCase(word, k...) }
	if word == "" {
		// Keywords are written as the query begins.
		if first := strings.TrimLeft(line, " \t"); first != "" {
			keywords = func(k ...string) []string { return sameCase(first[:1], k...) }
		}
	}
	if len(tokens) == 0 {
		return start, keywords("SELECT ", "ASSOCIATORS OF {", "REFERENCES OF {")
	}
	last := tokens[len(tokens)-1]
	if strings.HasPrefix(tokens[0], "a") || strings.HasPrefix(tokens[0], "r") {
		return start, s.traversalWords(ctx, tokens, keywords)
	}
	class := classAfter(line, from)
	switch last {
	case "from":
		return start, s.classWords(ctx)
	case "isa", `isa "`, "isa '":
		return start, s.classWords(ctx)
	case ".":
		// A property of an object in an event.
		return start, s.propertyWords(ctx, classAfter(line, isa))
	case "select", "where", "and", "or", "not", ",", "by", "(":
		words = s.propertyWords(ctx, class)
		if last == "where" || last == "and" || last == "or" {
			words = append(words, keywords("NOT ")...)
		}
		return start, words
	case "is":
		return start, keywords("NULL", "NOT NULL")
	case "*":
		return start, keywords("FROM ")
	}
	if strings.HasSuffix(last, `"`) || strings.HasSuffix(last, "'") {
		if len(last) == 1 { // a string that has not ended
			return start, nil
		}
		return start, keywords("AND ", "OR ")
	}
	previous := ""
	if len(tokens) > 1 {
		previous = tokens[len(tokens)-2]
	}
	switch previous {
	case "select", ",":
		return start, keywords("FROM ")
	case "from":
		return start, keywords("WHERE ", "WITHIN ")
	case "within":
		return start, keywords("WHERE ", "GROUP WITHIN ")
	case "where", "and", "or", "not", "(", ".":
		return start, keywords("LIKE ", "IS NULL", "IS NOT NULL", "ISA ")
	}
	return start, keywords("AND ", "OR ")
}

// traversalWords returns what can follow in a query for associated objects.
func (s *Shell) traversalWords(ctx context.Context, tokens []string, keywords func(...string) []string) []string {
	last, previous := tokens[len(tokens)-1], ""
	if len(tokens) > 1 {
		previous = tokens[len(tokens)-2]
	}
	switch {
	case len(tokens) == 1:
		return keywords("OF {")
	case last == "{", last == "=" && (previous == "resultclass" || previous == "assocclass"):
		return s.classWords(ctx)
	case last == "}":
		return keywords("WHERE ")
	case last == "=":
		return nil
	case !strings.Contains(strings.Join(tokens, " "), "} where"):
		return nil
	case tokens[0] == "references":
		return keywords("ResultClass = ", "Role = ", "RequiredQualifier = ", "ClassDefsOnly", "KeysOnly")
	}
	return keywords("AssocClass = ", "ResultClass = ", "ResultRole = ", "Role = ", "RequiredAssocQualifier = ", "RequiredQualifier = ", "ClassDefsOnly", "KeysOnly")
}

// propertyWords returns the properties of a class, the system's last.
func (s *Shell) propertyWords(ctx context.Context, name string) []string {
	class := s.class(ctx, name)
	if class == nil {
		return nil
	}
	var words []string
	for _, p := range show.InOrder(class) {
		words = append(words, p.Name())
	}
	return append(words, "__CLASS", "__PATH", "__RELPATH", "__SUPERCLASS")
}

// from and isa find the classes that a query names.
var (
	from = regexp.MustCompile(`(?i)\bfrom\s+(\w+)`)
	isa  = regexp.MustCompile(`(?i)\bisa\s+["']?(\w+)`)
)

// classAfter returns the first class that is found in a query, "" for none.
func classAfter(line string, where *regexp.Regexp) string {
	if m := where.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// queryTokens returns the words and characters of the beginning of a query, in small
// letters; a string as its quotes, or a single one if it has no end yet, which is joined
// to an ISA before it.
func queryTokens(text string) []string {
	var tokens []string
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			i++
		case c == '"' || c == '\'':
			end := strings.IndexByte(text[i+1:], c)
			switch {
			case end >= 0:
				tokens = append(tokens, `""`)
				i += end + 2
				continue
			case len(tokens) > 0 && tokens[len(tokens)-1] == "isa" && i == len(text)-1:
				tokens[len(tokens)-1] += " " + string(c)
			default:
				tokens = append(tokens, `"`)
			}
			return tokens
		case isNameByte(c):
			start := i
			for i < len(text) && isNameByte(text[i]) {
				i++
			}
			tokens = append(tokens, strings.ToLower(text[start:i]))
		default:
			tokens = append(tokens, string(c))
			i++
		}
	}
	return tokens
}
