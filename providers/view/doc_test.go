package view_test

import (
	"os"
	"strings"
	"testing"

	"openwmi/providers/view"
)

// TestDocumented runs the example of doc/views.md: what it declares, and what it
// says that queries find.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../doc/views.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```")
	if len(blocks) != 7 {
		t.Fatalf("%d blocks, want a registration, the classes and the queries", len(blocks)/2)
	}
	st := open(t, view.Options{}, `#pragma namespace("\\\\.\\root")`+"\ninstance of __Namespace { Name = \"stock\"; };\n"+blocks[1]+blocks[3])
	s := st.connect(t, `root\stock`)
	queries := 0
	for part := range strings.SplitSeq("\n"+strings.Trim(blocks[5], "\n"), "\nSELECT") {
		for i, query := range strings.Split(part, "\nASSOCIATORS") {
			if query == "" {
				continue
			}
			query = []string{"SELECT", "ASSOCIATORS"}[min(i, 1)] + query
			lines := strings.Split(query, "\n\t")
			wantRows(t, s, lines[0], lines[1:]...)
			queries++
		}
	}
	if queries != 4 {
		t.Errorf("%d queries, want 4", queries)
	}
}
