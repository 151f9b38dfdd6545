package shell

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/table"
)

// A tab is where Tab was pressed last: when it is pressed there again, what the word can
// become is listed.
type tab struct {
	line string
	pos  int
}

// maxListed bounds the words that Tab lists.
const maxListed = 400

// completeWord completes the word before the cursor: what all possible words have in
// common is put there; the second time they are listed.
func (t *Terminal) completeWord(line string, pos int) (string, int) {
	if t.complete == nil {
		return line, pos
	}
	start, words := t.complete(line, pos)
	word := line[start:pos]
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !hasPrefix(w, word) })
	slices.SortFunc(words, cim.CompareNames)
	words = slices.CompactFunc(words, cim.EqualNames)
	if len(words) == 0 {
		return line, pos
	}
	if common := commonPrefix(words); len(common) > len(word) || len(words) == 1 {
		line, pos = line[:start]+common+line[pos:], start+len(common)
	} else if t.tab == (tab{line, pos}) {
		t.list(words)
	}
	t.tab = tab{line, pos}
	return line, pos
}

// list shows words above the line.
func (t *Terminal) list(words []string) {
	width := 80
	if t.o.Size != nil {
		if w, _ := t.o.Size(); w > 0 {
			width = w
		}
	}
	left := len(words) - maxListed
	if left > 0 {
		words = words[:maxListed]
	}
	writeColumns(t.t, words, width)
	if left > 0 {
		fmt.Fprintf(t.t, "... and %d more\n", left)
	}
}

// writeColumns writes words in as many columns as fit, in order from top to bottom.
func writeColumns(w io.Writer, words []string, width int) {
	column := 0
	for i := range words {
		words[i] = strings.TrimRight(table.Clean(words[i]), " ")
		column = max(column, table.Width(words[i])+2)
	}
	columns := max(1, width/max(column, 1))
	rows := (len(words) + columns - 1) / columns
	for row := range rows {
		var b strings.Builder
		for i := row; i < len(words); i += rows {
			b.WriteString(table.Pad(words[i], column, false))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// hasPrefix reports whether s begins with prefix, without regard to case.
func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// commonPrefix returns what words have in common at their beginning, without regard to
// case, in the case of the first.
func commonPrefix(words []string) string {
	common := words[0]
	for _, w := range words[1:] {
		for !hasPrefix(w, common) {
			r := []rune(common)
			common = string(r[:len(r)-1])
		}
	}
	return common
}
