package view_test

import (
	"fmt"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// TestConcurrent checks that a view answers several callers at once, while the
// classes of its sources change, and that those who stop early leave nothing behind.
func TestConcurrent(t *testing.T) {
	st := open(t, view.Options{}, media)
	s := st.connect(t, `root\a`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 30 {
				got, err := tryRows(t.Context(), s, "SELECT Name FROM Medium")
				// A class that changes between plan and run is HandleOutOfDate for the source.
				if err != nil && cim.StatusOf(err) != wbem.HandleOutOfDate || err == nil && len(got) != 4 {
					t.Errorf("%v, %v", got, err)
				}
				for _, err := range s.Instances(t.Context(), "Medium", wbem.Options{}) {
					if err != nil && cim.StatusOf(err) != wbem.HandleOutOfDate {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 20 {
			c, err := s.GetClass(t.Context(), "Disk", wbem.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			decl := c.Decl().Clone()
			decl.Qualifiers.Set(cim.Qualifier{Name: "Description", Value: cim.StringValue(fmt.Sprint(i))})
			if err := s.PutClass(t.Context(), decl, wbem.Options{}); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}
