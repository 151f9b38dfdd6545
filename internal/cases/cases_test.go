// Package cases counts which numbered cases of the specification are proven by
// a test. A test proves a case by naming it in its source, such as put.md#41.
package cases

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// documents are the specification's files with the number of their cases.
var documents = []struct {
	name  string
	cases int
}{
	{"put.md", 90},
	{"mof.md", 57},
	{"model.md", 40},
	{"localization.md", 30},
	{"scripting-api.md", 60},
	{"async-and-security.md", 47},
	{"system-classes.md", 25},
	{"wql.md", 88},
	{"events.md", 40},
}

var mention = regexp.MustCompile(`\b([a-z-]+\.md)#(\d+)\b`)

// TestCases fails for a case that is not proven. With -v it lists what is.
func TestCases(t *testing.T) {
	proven := provenCases(t)
	for _, d := range documents {
		count := 0
		var missing []string
		for n := 1; n <= d.cases; n++ {
			id := fmt.Sprintf("%s#%d", d.name, n)
			if proven[id] != "" {
				count++
			} else {
				missing = append(missing, strconv.Itoa(n))
			}
		}
		t.Logf("%-22s %d of %d proven", d.name, count, d.cases)
		if missing != nil {
			t.Errorf("%s: no test names %s", d.name, strings.Join(missing, ", "))
		}
	}
}

// provenCases returns where each case is named first, from all test sources and
// stories of the project.
func provenCases(t *testing.T) map[string]string {
	root := filepath.Join("..", "..")
	proven := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !isTest(path) || name == "cases_test.go" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range mention.FindAllStringSubmatch(string(src), -1) {
			if id := m[0]; proven[id] == "" {
				proven[id] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return proven
}

// isTest reports whether a file belongs to the tests.
func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".txtar") ||
		strings.HasSuffix(path, ".go") && strings.Contains(filepath.ToSlash(path), "/wbemtest/")
}
