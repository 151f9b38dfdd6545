// Package consumers is what the standard event consumers share: their classes,
// string templates, and the configuration that says what they may do.
//
// Each consumer is a package of its own below this one, and a
// provider.EventConsumer:
//
//	logfile      LogFileEventConsumer            appends lines to files
//	commandline  CommandLineEventConsumer        runs programs
//	smtp         SMTPEventConsumer               sends mail
//	ntevent      NTEventLogEventConsumer         writes to the log of the system
//	activescript ActiveScriptEventConsumer       runs scripts
//	webhook      OpenWMI_WebhookEventConsumer    posts to web servers
//	cimxmlexport OpenWMI_CIMXMLEventConsumer     sends indications to listeners
//
// Whoever may put an instance into a namespace can make one of these act with
// the rights of the service. So all that runs a program, opens a connection or
// writes a file is refused until the administrator of the computer has listed it
// in a Config; the error, which becomes a __ConsumerFailureEvent, says what the
// list lacks. The log of the system is open to all.
//
// Consumers deliver at least once: an event that comes again after a crash has
// the same Event.ID, which mail, posts and programs carry with them.
//
// "Standard Event Consumers" in the WMI documentation; events.md 10, 11
package consumers
