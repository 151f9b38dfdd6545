package cimxml

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// Native operations are those of package wbem as they are: intrinsic operations
// whose names begin with two underscores, for clients of this package. What
// CIM-XML cannot say (flags, contexts, languages, the classes of instances, a
// status after the first results) travels in elements of its own.
const nativePrefix = "__"

func isNative(method string) bool { return strings.HasPrefix(method, nativePrefix) }

// A nativeCall is a native operation while it is carried out. A failure is part
// of what it returns.
type nativeCall struct {
	*exchange
	*arguments
	ctx  context.Context
	svc  wbem.Services
	opts wbem.Options

	mu      sync.Mutex // guards what follows: progress comes from anywhere
	out     *output
	w       *objectWriter
	started bool
	ended   bool
	sent    time.Time // when something was sent last
}

// native carries out a native operation.
func (x *exchange) native(c *call, r *result) {
	n := &nativeCall{
		exchange: x, arguments: newArguments(c), out: x.out,
		w: newObjectWriter(x.server.classes, nil), sent: time.Now(),
	}
	n.ctx = wbem.WithStarted(x.ctx, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.started = true
	})
	r.begin()
	defer n.end()
	err := n.run(c)
	if err != nil && context.Cause(x.ctx) == wbem.ShuttingDown {
		err = wbem.ShuttingDown // who has cancelled it
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = true
	if err != nil {
		n.out.b = n.appendError(n.out.b, err)
	}
}

// end leaves the answer to who carries out the request: progress that is told
// later is not heard.
func (n *nativeCall) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = true
}

func (n *nativeCall) run(c *call) error {
	op, ok := natives[c.method]
	if !ok {
		return cim.Errorf(wbem.NotSupported, "there is no operation %.60q", c.method)
	}
	for _, id := range n.list("Known") {
		n.w.known[id] = true
	}
	namespace := c.namespace // as the field CIMObject says too
	if c.method == nativeConnectName {
		if text, ok := n.text("Namespace"); ok { // may be what no LOCALNAMESPACEPATH can say
			namespace = text
		}
	}
	locale, _ := n.text("Locale")
	strip := n.boolean("StripAmended", false)
	flags, _ := n.uint32("Flags")
	level, _ := n.uint32("Impersonation")
	n.opts = wbem.Options{Flags: wbem.Flags(flags), Impersonation: int(level), Lazy: n.boolean("Lazy", false)}
	if p := n.take("Context", "PARAMVALUE"); p != nil {
		n.opts.Context = &wbem.Context{}
		for _, v := range p.named {
			n.opts.Context.Set(v.Name, v.Value)
		}
	}
	if n.boolean("Progress", false) {
		n.opts.Progress = n.progress
	}
	if n.err != nil {
		return n.err
	}
	var err error
	n.svc, err = n.server.locator.Connect(n.exchange.ctx, namespace, wbem.ConnectOptions{
		Identity: n.who, Locale: locale, StripAmended: strip,
	})
	if err != nil {
		return err
	}
	defer n.svc.Close()
	return op(n)
}

// haste is after which time results are sent even if they are few.
const haste = 20 * time.Millisecond

// emit appends to the answer, and sends what is enough or has waited.
func (n *nativeCall) emit(encode func(b []byte) []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.out.b = encode(n.out.b)
	if now := time.Now(); len(n.out.b) >= chunk || now.Sub(n.sent) > haste {
		n.sent = now
		return n.out.push()
	}
	return n.out.err
}

// value appends a text.
func (n *nativeCall) value(text string) error {
	return n.emit(func(b []byte) []byte {
		b = xml.AppendText(append(b, "<VALUE>"...), text)
		return append(b, "</VALUE>"...)
	})
}

func (n *nativeCall) object(o cim.Object) error {
	return n.emit(func(b []byte) []byte { return n.w.object(b, o) })
}

// progress tells how far an operation is.
func (n *nativeCall) progress(p wbem.Progress) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		return
	}
	b := append(n.out.b, "<"+tagProgress...)
	b = xml.AppendAttr(b, "TOTAL", strconv.Itoa(int(p.Total)))
	b = xml.AppendAttr(b, "DONE", strconv.Itoa(int(p.Done)))
	b = append(b, '>')
	b = xml.AppendText(b, p.Message)
	n.out.b = append(b, "</"+tagProgress+">"...)
	_ = n.out.push() // the operation finds out by itself
}

// appendError appends what a peer may know of a failure.
func (n *nativeCall) appendError(b []byte, err error) []byte {
	e := asError(err)
	if e.Object != nil {
		b, _ = n.w.class(b, e.Object.Class())
	}
	b = append(b, "<"+tagError...)
	b = xml.AppendAttr(b, "STATUS", strconv.FormatUint(uint64(e.Status), 10))
	b = xml.AppendAttr(b, "STARTED", strconv.FormatBool(n.started))
	b = xml.AppendAttr(b, "OPERATION", e.Op)
	b = xml.AppendAttr(b, "PATH", e.Path)
	b = xml.AppendAttr(b, "PROVIDER", e.Provider)
	b = xml.AppendAttr(b, "DETAIL", e.Detail)
	b = append(b, '>')
	if e.Object != nil {
		b = n.w.instance(b, e.Object)
	}
	return append(b, "</"+tagError+">"...)
}
