// Package cimxmlexport sends events to listeners of CIM-XML: the consumer
// OpenWMI_CIMXMLEventConsumer, which stands behind each
// CIM_ListenerDestinationCIMXML. DSP0200 5.5
//
// An event about an instance becomes a CIM_InstCreation, CIM_InstModification or
// CIM_InstDeletion; any other is sent as it is, but that it gets an identifier and
// a time where its class has room for them. Each indication to a listener has
// the next SequenceNumber of a SequenceContext, which is another one after each
// start of this program, so that a listener can put them in order and sees which
// it lacks; the number of one that is sent again is the same (DSP1054). After a
// restart an indication may come again under another number:
// IndicationIdentifier is the same. Of more than MaxSequences listeners some are
// forgotten, for whom it is as after a restart.
//
// Listeners are servers that the configuration allows as those of webhooks, under
// the same conditions. Attempts are repeated for RetryFor, or if the configuration
// says nothing, for longer than those of webhooks.
package cimxmlexport

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/consumers"
	"openwmi/consumers/internal/logical"
	"openwmi/consumers/webhook"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "OpenWMI_CIMXMLEventConsumer"

// MaxMessage is how many bytes the message of an indication may have.
const MaxMessage = 16 << 20

// RetryFor is how long attempts are repeated if the configuration does not say. It
// is up to the server (DSP1054: attempts and the interval between them). A listener is mostly a
// program on one computer, which is away while that is updated and starts again;
// meanwhile what follows waits in the queue of the subscription.
const RetryFor = 10 * time.Minute

// MaxSequences is how many listeners are remembered with the number of their next
// indication: names of listeners come and go.
const MaxSequences = 1024

// A Consumer sends indications. It may be used by several goroutines. Close ends
// it.
type Consumer struct {
	poster *webhook.Poster
	log    *slog.Logger

	mu        sync.Mutex // guards sequences
	sequences map[[sha256.Size]byte]sequence
}

// A sequence is that of the indications to one listener. It is found by the digest
// of the consumer's name, which may be long.
type sequence struct {
	start string // differs whenever one begins anew
	next  int64
}

var _ interface {
	provider.EventConsumer
	provider.ConsumerValidator
} = (*Consumer)(nil)

// New returns a consumer; the error is that of the rules.
func New(o webhook.Options) (*Consumer, error) {
	o.Rules.RetryFor = consumers.Duration(o.Rules.RetryFor.Or(RetryFor))
	p, err := webhook.NewPoster(o)
	if err != nil {
		return nil, err
	}
	return &Consumer{poster: p, log: logical.Logger(o.Logger), sequences: map[[sha256.Size]byte]sequence{}}, nil
}

// Close gives connections back. Nothing may be sent afterwards.
func (c *Consumer) Close() error { return c.poster.Close() }

// Validate implements provider.ConsumerValidator: InvalidParameter for what is no
// URL, AccessDenied for one that the configuration does not allow.
func (c *Consumer) Validate(consumer *cim.Instance) error {
	return c.poster.Check(logical.Property(consumer, "Destination").Text())
}

// Consume implements provider.EventConsumer. The error is QuotaViolation for an
// event that makes a message of more than MaxMessage, Failed with what the
// listener says, and TransportFailure or Timeout if it says nothing.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	name := logical.Property(consumer, "Name").Text()
	url := logical.Property(consumer, "Destination").Text()
	if err := c.poster.Check(url); err != nil {
		return err
	}
	// See webhook: the events share the time.
	end := c.poster.End()
	return logical.Each(ctx, events, func(e *provider.Event) error {
		inst, err := indication(e)
		if err != nil {
			return err
		}
		if err := c.number(inst, name); err != nil {
			return err
		}
		body := message(e.ID, inst)
		if len(body) > MaxMessage {
			return cim.Errorf(wbem.QuotaViolation, "the indication has %d bytes, and a message up to %d", len(body), MaxMessage)
		}
		return c.poster.Post(ctx, webhook.Message{
			Consumer: name, ID: e.ID, URL: url, Header: header, Body: body, Judge: judge,
		}, end)
	})
}

// header are the fields of an export. DSP0200 7.2
var header = http.Header{
	"Content-Type":    {`application/xml; charset="utf-8"`},
	"Cimexport":       {"MethodRequest"},
	"Cimexportmethod": {"ExportIndication"},
	"User-Agent":      {"OpenWMI"},
}

// number gives an indication the next number of a listener, if its class has room
// for it.
func (c *Consumer) number(inst *cim.Instance, consumer string) error {
	context, number := property(inst, "SequenceContext", cim.TypeString), property(inst, "SequenceNumber", cim.TypeSint64)
	if context < 0 || number < 0 {
		return nil
	}
	s := c.sequence(consumer)
	if err := inst.SetIndex(context, cim.StringValue("OpenWMI:"+s.start+":"+consumer)); err != nil {
		return err
	}
	return inst.SetIndex(number, cim.Sint64Value(s.next))
}

// sequence returns that of a listener, of which it takes a number.
func (c *Consumer) sequence(consumer string) sequence {
	id := sha256.Sum256([]byte(consumer))
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.sequences[id]
	if !ok {
		s.start = rand.Text()
		if len(c.sequences) >= MaxSequences {
			for some := range c.sequences { // no one in particular
				delete(c.sequences, some)
				break
			}
		}
	}
	c.sequences[id] = sequence{s.start, s.next + 1}
	return s
}

// message returns the message that exports an indication.
func message(id string, inst *cim.Instance) []byte {
	b := []byte(`<?xml version="1.0" encoding="utf-8" ?>` + "\n" + `<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE`)
	b = xml.AppendAttr(b, "ID", id)
	b = append(b, ` PROTOCOLVERSION="1.0"><SIMPLEEXPREQ><EXPMETHODCALL NAME="ExportIndication"><EXPPARAMVALUE NAME="NewIndication">`...)
	b = new(xml.Encoder).AppendInstance(b, inst)
	return append(b, "</EXPPARAMVALUE></EXPMETHODCALL></SIMPLEEXPREQ></MESSAGE></CIM>\n"...)
}

var errNoAnswer = cim.Errorf(wbem.Failed, "the listener answers with something else than CIM-XML")

// judge returns why a listener does not have an indication: an ERROR, or an answer
// that is none, or not whole.
func judge(answer []byte) error {
	d := xml.NewDecoderBytes(answer)
	elements := []string{"CIM", "MESSAGE", "SIMPLEEXPRSP", "EXPMETHODRESPONSE"}
	for _, tag := range elements {
		if !d.Next() || string(d.Name()) != tag {
			return errNoAnswer
		}
	}
	for d.Next() {
		if string(d.Name()) != "ERROR" {
			d.Skip()
			continue
		}
		code, _ := d.Attr("CODE")
		text, _ := d.Attr("DESCRIPTION")
		if _, err := strconv.Atoi(code); err != nil {
			code = "?"
		}
		return cim.Errorf(wbem.Failed, "the listener answers with the status %s: %.200q", code, text)
	}
	for range elements[1:] { // that are still open
		d.Skip()
	}
	if d.Err() != nil {
		return errNoAnswer
	}
	return nil
}
