package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

func TestConfig(t *testing.T) {
	dir, err := filepath.Abs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := strings.ReplaceAll(filepath.Join(dir, "p"), `\`, `\\`)
	for text, want := range map[string]string{
		`{}`:                      "",
		`{"A": {"path": "PATH"}}`: "",
		`{"A": {"path": "p"}}`:    "not absolute",
		`{"A": {}}`:               "not absolute",
		`{"": {"path": "PATH"}}`:  "empty or stands there twice",
		`{"A": {"path": "PATH"}, "a": {"path": "PATH"}}`:    "stands there twice",
		`{"A": {"path": "PATH", "sha256": "abc"}}`:          "64 hexadecimal digits",
		`{"A": {"path": "PATH", "maxCalls": -1}}`:           "negative",
		`{"A": {"path": "PATH", "callTimeout": "soon"}}`:    "no duration",
		`{"A": {"path": "PATH", "memorylimits": 1}}`:        "unknown field",
		`{"A": {"path": "PATH", "environment": {"=": ""}}}`: "cannot be a variable",
		`{"A": {"socket": "s"}}`:                            "not an absolute path",
		`{"A": {"socket": "PATH", "path": "PATH"}}`:         "runs already",
		`{"A": {"path": "PATH", "users": ["x"]}}`:           "users are those of a socket",
		`{} {}`: "after top-level value",
		`[]`:    "array is not what goes there",
	} {
		_, err := plugin.ParseConfig([]byte(strings.ReplaceAll(text, "PATH", path)))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", text, err, want)
		}
	}

	file := filepath.Join(dir, "c.json")
	if err := os.WriteFile(file, []byte(`{"A": {"path": "`+path+`", "callTimeout": "1m30s"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := plugin.ReadConfig(file)
	if err != nil || time.Duration(c["A"].CallTimeout) != 90*time.Second {
		t.Errorf("%v %v", c, err)
	}
	h, err := plugin.NewHost(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for l, ok := range map[provider.Locator]bool{
		{Name: "a"}: true, {Name: "x", CLSID: "go-plugin:a"}: true, {Name: "x", CLSID: "A"}: true,
		{Name: "a", CLSID: "{GUID}"}: true, {Name: "x", CLSID: "EXEC:" + filepath.Join(dir, "p")}: true,
		{Name: "x", CLSID: "exec:" + filepath.Join(dir, ".", "p")}: true,
		{Name: "x"}: false, {Name: "a", CLSID: "go-plugin:b"}: false, {Name: "a", CLSID: "exec:" + file}: false,
		{Name: "a", CLSID: "exec:"}: false, {Name: "a", CLSID: "grpc:unix:"}: false, {Name: "a", CLSID: "grpc:unix:" + dir}: false,
		{Name: "a", Decoupled: true}: false,
	} {
		v, err := h.Resolve(l)
		if (err == nil) != ok || !ok && cim.StatusOf(err) != wbem.ProviderLoadFailure || ok && !provider.Is(v) {
			t.Errorf("%v: %v", l, err)
		}
	}
}
