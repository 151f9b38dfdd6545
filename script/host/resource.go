package host

import (
	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// resource is a text of a .wsf file.
type resource struct{ id, text string }

// resources are those of a program, which scripts get with getResource("id").
// ("<resource> Element")
type resources struct{ list []resource }

func classResources() *automation.Class {
	return &automation.Class{
		Name: "Object", Type: (*resources)(nil), Default: "Item",
		Members: []automation.Member{m("Item(id)", (*resources).item)},
	}
}

// item returns a text; error 5 says that there is none.
func (r *resources) item(id string) (string, error) {
	for _, x := range r.list {
		if x.id == id {
			return x.text, nil
		}
	}
	return "", vbscript.NewError(5, "getResource")
}
