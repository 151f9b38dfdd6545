// Package standard makes all consumers of the project from one configuration.
//
//	set, err := standard.New(config, standard.Options{Logger: log})
//	...
//	m, err := cimom.Open(dir, cimom.Options{Providers: set.Providers()})
//	...
//	m.Close()
//	set.Close()
//
// The classes, and the registrations that lead from them to these consumers, are
// in consumers.MOF, which is compiled into the store.
package standard

import (
	"errors"
	"log/slog"

	"openwmi/consumers"
	"openwmi/consumers/activescript"
	"openwmi/consumers/cimxmlexport"
	"openwmi/consumers/commandline"
	"openwmi/consumers/logfile"
	"openwmi/consumers/ntevent"
	"openwmi/consumers/smtp"
	"openwmi/consumers/webhook"
)

// Options of a Set. The zero value is good.
type Options struct {
	Logger   *slog.Logger // nil is slog.Default
	Computer string       // the name of this computer; "" asks the system

	Script activescript.Runner // runs scripts; nil refuses them
}

// A Set is one consumer of each kind.
type Set struct {
	commandLine *commandline.Consumer
	logFile     *logfile.Consumer
	ntEvent     *ntevent.Consumer
	smtp        *smtp.Consumer
	webhook     *webhook.Consumer
	export      *cimxmlexport.Consumer
	script      *activescript.Consumer
}

// New returns the consumers that may do what a configuration says, nil for one
// that allows nothing. The error is that of Config.Check.
func New(config *consumers.Config, o Options) (*Set, error) {
	if config == nil {
		config = &consumers.Config{}
	}
	if err := config.Check(); err != nil {
		return nil, err
	}
	log := o.Logger
	if log == nil {
		log = slog.Default()
	}
	s := &Set{ntEvent: ntevent.New(ntevent.Options{Logger: log, Computer: o.Computer})}
	var err error
	if s.logFile, err = logfile.New(logfile.Options{Rules: config.LogFile, Logger: log}); err != nil {
		return nil, err
	}
	if s.smtp, err = smtp.New(smtp.Options{Rules: config.SMTP, Logger: log, Computer: o.Computer}); err != nil {
		return nil, err
	}
	if s.webhook, err = webhook.New(webhook.Options{Rules: config.Webhook, Logger: log}); err != nil {
		return nil, err
	}
	if s.export, err = cimxmlexport.New(webhook.Options{Rules: config.Webhook, Logger: log}); err != nil {
		return nil, err
	}
	if s.script, err = activescript.New(activescript.Options{Rules: config.ActiveScript, Logger: log, Run: o.Script}); err != nil {
		return nil, err
	}
	if s.commandLine, err = commandline.New(commandline.Options{Rules: config.CommandLine, Logger: log}); err != nil {
		return nil, err
	}
	return s, nil
}

// Providers returns the consumers by the names under which consumers.MOF
// registers them, which are those of their classes.
func (s *Set) Providers() map[string]any {
	return map[string]any{
		activescript.Class: s.script,
		commandline.Class:  s.commandLine,
		logfile.Class:      s.logFile,
		ntevent.Class:      s.ntEvent,
		smtp.Class:         s.smtp,
		webhook.Class:      s.webhook,

		cimxmlexport.Class: s.export, // which providers/interop registers
	}
}

// Close waits a little for the programs that consumers have started, and gives
// connections back. Whoever delivers events is to be closed before: an event that
// comes later fails.
func (s *Set) Close() error {
	return errors.Join(s.commandLine.Close(), s.webhook.Close(), s.export.Close())
}
