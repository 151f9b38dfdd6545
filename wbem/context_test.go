package wbem_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

func TestContext(t *testing.T) {
	var none *wbem.Context
	if _, ok := none.Get("a"); ok || none.Len() != 0 || none.Clone() != nil {
		t.Error("a nil context is not empty")
	}
	for range none.All() {
		t.Error("a nil context has a value")
	}
	c := &wbem.Context{}
	c.Set("a", cim.StringValue("1"))
	c.Set("b", cim.ObjectValue(newB("in")))
	c.Set("A", cim.StringValue("2")) // replaces in its place
	d := c.Clone()
	if !c.Delete("B") || c.Delete("B") {
		t.Error("Delete does not say what was there")
	}
	for v := range c.All() {
		c.Set(v.Name+"x", v.Value) // what is added while looping is not seen
	}
	show := func(c *wbem.Context) (out []string) {
		for v := range c.All() {
			out = append(out, v.Name+"="+v.Value.String())
		}
		return out
	}
	if diff := cmp.Diff([]string{"a=2", "ax=2"}, show(c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a=2", "b=<B>"}, show(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e := d.Clone()
	v, _ := e.Get("b")
	set(t, v.Object().(*cim.Instance), "Id", "changed")
	v, _ = d.Get("B")
	if id, _ := v.Object().(*cim.Instance).Get("Id"); id.Text() != "in" {
		t.Error("a clone shares an instance")
	}
	for range d.All() {
		break
	}
}
