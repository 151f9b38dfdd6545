package cimxmlexport_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"

	"openwmi/cim"
	"openwmi/consumers/cimxmlexport"
	"openwmi/provider"
)

var sequenceOf = regexp.MustCompile(`NAME="SequenceContext" TYPE="string"><VALUE>([^<]*)</VALUE>`)

// Of more listeners than are remembered some begin anew, in another sequence: no
// number comes twice in one, and numbers of a sequence have no gaps.
func TestForgottenSequences(t *testing.T) {
	next := map[string]string{} // the next number, by sequence
	c, url := newExport(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		number, sequence := numbered.FindSubmatch(b), sequenceOf.FindSubmatch(b)
		if err != nil || number == nil || sequence == nil {
			t.Errorf("%v: %s", err, b)
			return
		}
		want, known := next[string(sequence[1])]
		if !known {
			want = "0"
		}
		if string(number[1]) != want {
			t.Errorf("the number in %s is %s, want %s", sequence[1], number[1], want)
		}
		var n int
		fmt.Sscan(string(number[1]), &n)
		next[string(sequence[1])] = fmt.Sprint(n + 1)
		io.WriteString(w, head+tail)
	})
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "CIM_AlertIndication", Properties: []cim.PropertyDecl{
		{Name: "SequenceContext", Type: cim.TypeString}, {Name: "SequenceNumber", Type: cim.TypeSint64},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const listeners = cimxmlexport.MaxSequences + 1
	for range 2 {
		for i := range listeners {
			err := c.Consume(t.Context(), destination(t, fmt.Sprint(i), url), []provider.Event{{ID: "id", Instance: cim.NewInstance(class)}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(next) <= listeners || len(next) == 2*listeners {
		t.Errorf("%d listeners had %d sequences", listeners, len(next))
	}
}
