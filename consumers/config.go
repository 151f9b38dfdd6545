package consumers

import (
	"fmt"

	"openwmi/internal/config"
)

// MaxConfig is the size in bytes of the largest configuration.
const MaxConfig = config.MaxSize

// Config says what the consumers may do, in a JSON object with a member for each
// consumer. All members and their members may be left out. The zero value allows
// nothing but the log of the system:
//
//	{
//	  "logFile":     {"dirs": ["/var/log/openwmi"]},
//	  "commandLine": {"programs": ["/usr/bin/logger"], "timeLimit": "1m"},
//	  "smtp":        {"servers": ["mail.example.org", "relay.example.org:587"]},
//	  "webhook":     {"hosts": ["hooks.example.org"], "secrets": {"ops": "/etc/openwmi/ops.key"}},
//	  "activeScript": {"engines": ["VBScript"], "dirs": ["/etc/openwmi/scripts"], "timeLimit": "30s"}
//	}
type Config struct {
	LogFile     LogFileRules     `json:"logFile"`
	CommandLine CommandLineRules `json:"commandLine"`
	SMTP        SMTPRules        `json:"smtp"`
	Webhook     WebhookRules     `json:"webhook"`

	ActiveScript ActiveScriptRules `json:"activeScript"`
}

// LogFileRules say where the LogFileEventConsumer may write.
type LogFileRules struct {
	// Dirs are the directories, with all that is below them, in which files
	// may be made, written and renamed. Nobody but administrators should be
	// able to write to them otherwise.
	Dirs []string `json:"dirs"`
}

// CommandLineRules say what the CommandLineEventConsumer may run.
type CommandLineRules struct {
	// Programs are the files that may be run, with any arguments: these come
	// from whoever puts consumers, and from events. A shell or an interpreter
	// in this list therefore allows everything.
	Programs []string `json:"programs"`

	// Path are the directories in which a program is looked for that is named
	// without one. They are also the PATH of programs. Empty is the usual ones
	// of the system.
	Path []string `json:"path"`

	// Environment are variables that programs get besides PATH.
	Environment map[string]string `json:"environment"`

	// TimeLimit ends programs with a greater KillTimeout, or none. Zero is 10
	// minutes.
	TimeLimit Duration `json:"timeLimit"`

	// MemoryLimit is how many bytes a program may have to write to, where the
	// system has such a limit (Linux: RLIMIT_DATA). Zero is 1 GiB.
	MemoryLimit int64 `json:"memoryLimit"`

	// MaxProcesses is how many programs run at once; further events wait.
	// Zero is 16.
	MaxProcesses int `json:"maxProcesses"`

	// Realtime allows the priority 0x100.
	Realtime bool `json:"realtime"`
}

// SMTPRules say to whom the SMTPEventConsumer may talk.
type SMTPRules struct {
	// Servers are those that may be used, as HOST or HOST:PORT; without a
	// port it is 25. SMTPServer of a consumer must name one of them.
	Servers []string `json:"servers"`

	// RequireTLS refuses servers that do not offer STARTTLS with a certificate
	// for their name. Without it a connection is encrypted if the server can,
	// and the certificate is not checked, as between mail servers.
	RequireTLS bool `json:"requireTLS"`

	// Timeout bounds the delivery of one event. Zero is a minute.
	Timeout Duration `json:"timeout"`
}

// WebhookRules say to whom the OpenWMI_WebhookEventConsumer and the
// OpenWMI_CIMXMLEventConsumer may talk.
type WebhookRules struct {
	// Hosts are the servers, as HOST or HOST:PORT; without a port it is 443.
	Hosts []string `json:"hosts"`

	// Networks are the prefixes, such as 10.1.0.0/16, of those addresses which
	// are not public and to which the names of Hosts may lead all the same.
	// An address that is itself in Hosts needs no entry here.
	Networks []string `json:"networks"`

	// Secrets are the files with the keys for signatures, by the name by which
	// consumers ask for them. Nobody can read a key through WMI.
	Secrets map[string]string `json:"secrets"`

	// Timeout bounds one attempt. Zero is 30 seconds.
	Timeout Duration `json:"timeout"`

	// RetryFor is how long attempts are repeated for events that are handed
	// over together, up to 64. Zero is 2 minutes, and 10 for indications of
	// CIM-XML.
	RetryFor Duration `json:"retryFor"`
}

// ActiveScriptRules say what the ActiveScriptEventConsumer may run. Every script has WMI
// with the rights of an administrator.
type ActiveScriptRules struct {
	// Engines are the languages: VBScript and JScript.
	Engines []string `json:"engines"`

	// Dirs are the directories, with all that is below them, in which script files
	// may be. Scripts that stand in a consumer need no entry.
	Dirs []string `json:"dirs"`

	// Read and Write are the directories that scripts may read and write, Run says
	// whether they may run commands, also by methods of classes of the machine, and
	// Env whether they may see the environment.
	Read  []string `json:"read"`
	Write []string `json:"write"`
	Run   bool     `json:"run"`
	Env   bool     `json:"env"`

	// TimeLimit ends scripts with a greater KillTimeout, or none. Zero is a minute.
	TimeLimit Duration `json:"timeLimit"`

	// MemoryLimit bounds the values of a script, in bytes. Zero is 64 MiB.
	MemoryLimit int64 `json:"memoryLimit"`

	// MaxScripts is how many scripts run at once; further events wait. Zero is 4.
	MaxScripts int `json:"maxScripts"`
}

// A Duration is a time.Duration that is "1m30s" in JSON.
type Duration = config.Duration

// ReadConfig reads a file with a configuration, to which nobody but the superuser
// and the user of this process may be able to write. The error says where.
func ReadConfig(name string) (*Config, error) {
	c := &Config{}
	if err := config.Read(name, c); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// ParseConfig returns the configuration that a text is, checked. The error says
// where it is wrong, or names the member.
func ParseConfig(text []byte) (*Config, error) {
	c := &Config{}
	if err := config.Parse(text, c); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return c, nil
}
