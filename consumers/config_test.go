package consumers_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/consumers"
)

const goodConfig = `{
	"logFile": {"dirs": ["/var/log/openwmi"]},
	"commandLine": {
		"programs": ["/usr/bin/logger", "/opt/x"], "path": ["/usr/bin"], "environment": {"LANG": "C"},
		"timeLimit": "1m30s", "memoryLimit": 1048576, "maxProcesses": 3, "realtime": true
	},
	"smtp": {"servers": ["mail.example.org", "[::1]:2525"], "requireTLS": true, "timeout": "5s"},
	"webhook": {
		"hosts": ["hooks.example.org:8443"], "networks": ["10.0.0.0/8"], "secrets": {"ops": "/etc/openwmi/ops.key"},
		"timeout": "1s", "retryFor": "10s"
	}
}`

func TestConfig(t *testing.T) {
	c, err := consumers.ParseConfig([]byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	want := &consumers.Config{
		LogFile: consumers.LogFileRules{Dirs: []string{"/var/log/openwmi"}},
		CommandLine: consumers.CommandLineRules{
			Programs: []string{"/usr/bin/logger", "/opt/x"}, Path: []string{"/usr/bin"}, Environment: map[string]string{"LANG": "C"},
			TimeLimit: consumers.Duration(90 * time.Second), MemoryLimit: 1 << 20, MaxProcesses: 3, Realtime: true,
		},
		SMTP: consumers.SMTPRules{
			Servers: []string{"mail.example.org", "[::1]:2525"}, RequireTLS: true, Timeout: consumers.Duration(5 * time.Second),
		},
		Webhook: consumers.WebhookRules{
			Hosts: []string{"hooks.example.org:8443"}, Networks: []string{"10.0.0.0/8"},
			Secrets: map[string]string{"ops": "/etc/openwmi/ops.key"},
			Timeout: consumers.Duration(time.Second), RetryFor: consumers.Duration(10 * time.Second),
		},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("configuration differs:\n%s", diff)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := consumers.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("written and read back it differs:\n%s", diff)
	}
	if empty, err := consumers.ParseConfig([]byte("{}")); err != nil || !cmp.Equal(empty, &consumers.Config{}) {
		t.Errorf("{} = %v, %v", empty, err)
	}
}

func TestBadConfig(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "line 1, column 1: the configuration ends too early",
		"{":                                      "the configuration ends too early",
		"{\n\n,}":                                "line 3, column 1: invalid character ','",
		"{} {}":                                  "line 1, column 4: invalid character '{' after top-level value",
		"[]":                                     "array is not what goes there",
		"{\n\"logfiles\": {}}":                   `line 2, column 1: unknown field "logfiles"`,
		`{"logFile": {"x": 1}}`:                  `unknown field "x"`,
		`{"logFile": {"dirs": "/tmp"}}`:          "logFile.dirs: string is not what goes there",
		`{"logFile": {"dirs": ["/tmp", "tmp"]}}`: `logFile.dirs[1]: "tmp" is not an absolute path`,
		`{"logFile": {"dirs": ["/tmp/../etc"]}}`: `logFile.dirs[0]: "/tmp/../etc" is to be written as "/etc"`,
		`{"logFile": {"dirs": ["/a\u0000"]}}`:    "is not a path",
		`{"commandLine": {"programs": ["sh"]}}`:  `commandLine.programs[0]: "sh" is not an absolute path`,
		`{"commandLine": {"path": ["bin"]}}`:     "commandLine.path[0]",
		`{"commandLine": {"environment": {"A=B": ""}}}`:             `commandLine.environment: "A=B" cannot be a variable`,
		`{"commandLine": {"environment": {"A": "\u0000"}}}`:         `commandLine.environment: "A" cannot be a variable`,
		`{"commandLine": {"timeLimit": 10}}`:                        "commandLine.timeLimit: number is not what goes there",
		`{"commandLine": {"timeLimit": "10"}}`:                      `"10" is no duration such as 1m30s`,
		`{"commandLine": {"timeLimit": "-10s"}}`:                    "commandLine.timeLimit: it is less than zero",
		`{"commandLine": {"memoryLimit": -1}}`:                      "commandLine.memoryLimit: it is less than zero",
		`{"commandLine": {"maxProcesses": -1}}`:                     "commandLine.maxProcesses: it is less than zero",
		`{"smtp": {"servers": ["a:b"]}}`:                            `smtp.servers[0]: "a:b" has no port between 1 and 65535`,
		`{"smtp": {"servers": ["a:0"]}}`:                            "smtp.servers[0]",
		`{"smtp": {"servers": [""]}}`:                               `smtp.servers[0]: "": it is neither the name of a host nor an address`,
		`{"smtp": {"timeout": "-1s"}}`:                              "smtp.timeout",
		`{"webhook": {"hosts": ["https://example.org"]}}`:           "webhook.hosts[0]",
		`{"webhook": {"hosts": ["fe80::1%eth0"]}}`:                  "webhook.hosts[0]",
		`{"webhook": {"hosts": ["exämple.org"]}}`:                   "webhook.hosts[0]",
		`{"webhook": {"networks": ["10.0.0.1"]}}`:                   "webhook.networks[0]",
		`{"webhook": {"secrets": {"ops": "key"}}}`:                  `webhook.secrets["ops"]: "key" is not an absolute path`,
		`{"webhook": {"retryFor": "-1s"}}`:                          "webhook.retryFor",
		`{"webhook": {"timeout": "-1s"}}`:                           "webhook.timeout",
		`{"x": "` + strings.Repeat("x", consumers.MaxConfig) + `"}`: "a configuration has up to",
	} {
		c, err := consumers.ParseConfig([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, %v, want %s", text, c, err, want)
		}
	}
}

func TestReadConfig(t *testing.T) {
	name := filepath.Join(t.TempDir(), "consumers.json")
	if _, err := consumers.ReadConfig(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	for text, want := range map[string]string{goodConfig: "", "{]": name + ": line 1, column 2: "} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := consumers.ReadConfig(name)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}
