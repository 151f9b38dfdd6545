package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/config"
)

type settings struct {
	Programs map[string]program `json:"programs"`
	Limit    int                `json:"limit"`
	Extra    any                `json:"extra"`
	Next     *settings          `json:"next"`
}

type program struct {
	Args    []string        `json:"args"`
	Timeout config.Duration `json:"timeout"`
	Parts   []part          `json:"parts"`
}

type part struct {
	Name string `json:"name"`
}

func TestParse(t *testing.T) {
	const text = `{
		"programs": {"a": {"args": ["x", "y"], "timeout": "1m30s", "parts": [{"name": "p"}]}, "A": {}},
		"limit": 3, "extra": {"any": [1, {"thing": null}]}, "next": {"limit": 4}
	}`
	var got settings
	if err := config.Parse([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := settings{
		Programs: map[string]program{
			"a": {Args: []string{"x", "y"}, Timeout: config.Duration(90 * time.Second), Parts: []part{{"p"}}}, "A": {},
		},
		Limit: 3, Extra: map[string]any{"any": []any{1.0, map[string]any{"thing": nil}}}, Next: &settings{Limit: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "line 1, column 1: the configuration ends too early",
		"{":                          "line 1, column 2: the configuration ends too early",
		"{\n\n ,}":                   "line 3, column 2: invalid character ','",
		"{}\n{}":                     "line 2, column 1: invalid character '{' after top-level value",
		"[]":                         "line 1, column 1: array is not what goes there",
		"{\n \"limits\": 1\n}":       `line 2, column 2: unknown field "limits"`,
		`{"Limit": 1}`:               `line 1, column 2: unknown field "Limit"`,
		`{"limit": 1, "limit": 2}`:   `line 1, column 14: "limit" stands there twice`,
		`{"extra": {"a":1, "a": 2}}`: `line 1, column 19: "a" stands there twice`,
		`{"l\"i\\": 1}`:              `line 1, column 2: unknown field "l\"i\\"`,
		"{\n\"limit\": \"three\"}":   `line 2, column 10: limit: string is not what goes there`,
		`{"programs": {"a": {"parts": [{"nam": ""}]}}}`:           `line 1, column 32: unknown field "nam"`,
		`{"programs": {"a": {"timeout": "soon"}}}`:                `line 1, column 32: "soon" is no duration such as 1m30s`,
		`{"programs": {"a": {"timeout": 3}}}`:                     "line 1, column 32: programs.timeout: number is not what goes there",
		`{"limit": -1.5e3}`:                                       "line 1, column 11: limit: number -1.5e3 is not what goes there",
		`{"limit": true}`:                                         "line 1, column 11: limit: bool is not what goes there",
		`{"limit": {}}`:                                           "line 1, column 11: limit: object is not what goes there",
		`{"next": {"next": {"x": 1}}}`:                            `line 1, column 20: unknown field "x"`,
		`{"extra": ` + strings.Repeat("[", 20000):                 "exceeded max depth",
		`{"extra": "` + strings.Repeat("x", config.MaxSize) + "}": "a configuration has up to",
	} {
		var got settings
		if err := config.Parse([]byte(text), &got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c.json")
	var got settings
	if err := config.Read(name, &got); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	write := func(text string, mode os.FileMode) {
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"limit": 5}`, 0o600)
	if err := config.Read(name, &got); err != nil || got.Limit != 5 {
		t.Error(got, err)
	}
	write(`{]`, 0o600)
	if err := config.Read(name, &got); err == nil || !strings.HasPrefix(err.Error(), name+": line 1, column 2: ") {
		t.Error(err)
	}
	if err := config.Read(t.TempDir(), &got); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Error(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, mode := range []os.FileMode{0o620, 0o602} {
		write(`{"limit": 5}`, mode)
		if err := config.Read(name, &got); err == nil || !strings.Contains(err.Error(), "others than its owner may write to it: its mode is") {
			t.Errorf("%v: %v", mode, err)
		}
	}
	write(`{}`, 0o644)
	if os.Geteuid() != 0 {
		return // nobody else can give a file away
	}
	if err := os.Chown(name, 12345, -1); err != nil {
		t.Skip("files cannot be given away here:", err)
	}
	if err := config.Read(name, &got); err == nil || !strings.Contains(err.Error(), "it belongs to user 12345") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"programs": {"a": {"args": ["x"], "timeout": "1m"}}, "extra": [1]}`)
	f.Add(`{"l\"\\": "`)
	f.Add("{\"limit\":\n\"\u00e9\"}")
	f.Fuzz(func(t *testing.T, text string) {
		var s settings
		_ = config.Parse([]byte(text), &s)
	})
}
