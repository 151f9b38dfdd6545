package event_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/repository"
)

// TestEqualities proves that a query whose equality is looked up gets the same
// events as one that is matched with every event.
func TestEqualities(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		const query = `SELECT * FROM %s WHERE TargetInstance ISA "%s" AND %s`
		type pair struct {
			query         string
			found, wanted *event.Subscription
		}
		var pairs []pair
		for _, from := range []string{"__InstanceOperationEvent", "__InstanceModificationEvent"} {
			for _, class := range []string{"T_Base", "T_Sub"} {
				for _, cond := range []string{
					`TargetInstance.N = 5`, `5 = targetinstance.n`, `TargetInstance.N = "0x5"`, `TargetInstance.N = 5.0`, `TargetInstance.N = -1`,
					`TargetInstance.N = 99999999999`, `TargetInstance.N = TRUE`, `TargetInstance.N <> 5`,
					`TargetInstance.S = "x"`, `TargetInstance.S = "ÄX"`, `TargetInstance.S = 5`, `TargetInstance.S = ""`,
					`TargetInstance.Extra = "e"`, `TargetInstance.__CLASS = "T_Sub"`, `TargetInstance.E.X = 5`,
					`TargetInstance.N = 5 AND TargetInstance.S = "x"`, `TargetInstance.S = "x" AND TargetInstance.N > 4`,
					`(TargetInstance.N = 5 OR TargetInstance.N = 1)`, `TargetInstance.N = NULL`,
				} {
					q := fmt.Sprintf(query, from, class, cond)
					pairs = append(pairs, pair{q, f.subscribe(q), f.subscribe(fmt.Sprintf(query, from, class, "NOT NOT ("+cond+")"))})
				}
			}
		}
		for i, class := range []string{"T_Base", "T_Sub"} {
			id := fmt.Sprint(i)
			f.put(class, "Id", id)
			f.put(class, "Id", id, "N", 5, "S", "X")
			f.put(class, "Id", id, "N", -1, "S", "äx", "E", f.inst("T_Emb", "X", 5))
			f.put(class, "Id", id, "N", 1, "S", "5")
			f.put(class, "Id", id, "N", 5, "S", "")
		}
		f.put("T_Sub", "Id", "1", "Extra", "E")
		f.delete(`\\.\` + namespace + `:T_Sub.Id="1"`)
		seen := 0
		for _, p := range pairs {
			var found, wanted []string
			for got := next(p.wanted); got != "nothing"; got = next(p.wanted) {
				wanted = append(wanted, got)
			}
			for got := next(p.found); got != "nothing"; got = next(p.found) {
				found = append(found, got)
			}
			if d := cmp.Diff(wanted, found); d != "" {
				t.Errorf("%s (-want +got):\n%s", p.query, d)
			}
			seen += len(found)
		}
		if seen < 100 {
			t.Errorf("only %d events", seen)
		}
	})
}

// TestEqualityOfChangedClass proves that an equality finds what it is to find
// at once when the property gets another type.
func TestEqualityOfChangedClass(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		class := func(typ cim.Type) *cim.ClassDecl {
			return &cim.ClassDecl{Name: "T_Type", Properties: []cim.PropertyDecl{prop("Id", cim.TypeString, "key"), prop("P", typ)}}
		}
		f.putClass(class(cim.TypeUint8))
		s := f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Type" AND TargetInstance.P = 5`)
		f.put("T_Type", "Id", "a", "P", 5)
		f.update(func(tx *repository.Tx) error {
			if err := tx.DeleteClass(f.ns, "T_Type"); err != nil {
				return err
			}
			if _, err := tx.PutClass(f.ns, class(cim.TypeString), 0); err != nil {
				return err
			}
			c, err := tx.Class(f.ns, "T_Type")
			if err != nil {
				return err
			}
			for _, p := range []string{"5", "6"} {
				inst := cim.NewInstance(c)
				inst.Put(0, cim.StringValue(p))
				inst.Put(1, cim.StringValue(p))
				if _, err := tx.PutInstance(f.ns, inst, 0, nil); err != nil {
					return err
				}
			}
			return nil
		})
		wants(f, s, "InstanceCreationEvent{TargetInstance=T_Type{Id=a P=5}}", "InstanceCreationEvent{TargetInstance=T_Type{Id=5 P=5}}", "nothing")
	})
}
