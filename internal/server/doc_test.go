package server_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"openwmi/internal/config"
	"openwmi/internal/server"
)

// The documentation has all members of the configuration, and an example that is
// right.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../doc/server.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1)
	if len(examples) == 0 {
		t.Error("there is no example")
	}
	for _, e := range examples {
		var c server.Config
		if err := config.Parse(e[1], &c); err != nil {
			t.Error(err)
		}
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[server.Config](), reflect.TypeFor[server.Listener](), reflect.TypeFor[server.Kerberos]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("doc/server.md does not describe %s of %s", name, typ.Name())
			}
		}
	}
}
