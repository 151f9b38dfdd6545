package cimxml

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// MaxIndication is how many bytes the message with an indication has at most.
const MaxIndication = 16 << 20

// ListenerOptions of a Listener.
type ListenerOptions struct {
	// Indication gets each indication, which belongs to it: an instance of a
	// class that is made up from what the message says. When it returns nil
	// the server may forget the indication; with an error the server is told
	// that it failed, and what servers do then differs. It is called by
	// several goroutines. It must be set.
	Indication func(ctx context.Context, indication *cim.Instance) error

	// MaxRequest is how many bytes a message has at most. Zero is
	// MaxIndication.
	MaxRequest int64

	// Logger receives what is worth knowing; nil discards it.
	Logger *slog.Logger
}

// A Listener takes the indications that servers export. It is an http.Handler for
// the URL that a CIM_ListenerDestinationCIMXML has as its Destination. Who may
// send it something is for the http.Server around it to say. DSP0200 5.5
type Listener struct {
	opts ListenerOptions
	log  *slog.Logger
}

// NewListener returns a listener.
func NewListener(o ListenerOptions) *Listener {
	if o.MaxRequest == 0 {
		o.MaxRequest = MaxIndication
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Listener{o, o.Logger}
}

// An export is a message with an indication.
type export struct {
	id, method string
	indication *cim.Instance
}

// ServeHTTP implements http.Handler.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix, err := exportHeader(r)
	respond(w, prefix, "CIMExport")
	var e *export
	if err == nil {
		e, err = readExport(http.MaxBytesReader(w, r.Body, l.opts.MaxRequest), unescape(r.Header.Get(prefix+"CIMExportMethod")))
	}
	if err != nil {
		w.Header().Del(prefix + "CIMExport")
		l.refuse(w, r, err)
		return
	}
	switch {
	case !cim.EqualNames(e.method, "ExportIndication"):
		err = coded(NotSupported, "there is no operation %.60q", e.method)
	case e.indication == nil:
		err = coded(InvalidParameter, "parameter NewIndication is missing")
	default:
		err = l.opts.Indication(r.Context(), e.indication)
	}
	b := []byte(answerHead)
	b = xml.AppendAttr(b, "ID", e.id)
	b = append(b, ` PROTOCOLVERSION="1.0"><SIMPLEEXPRSP><EXPMETHODRESPONSE`...)
	b = xml.AppendAttr(b, "NAME", e.method)
	b = append(b, '>')
	if err != nil {
		l.log.Debug("indication failed", "peer", r.RemoteAddr, "err", err)
		b = appendError(b, err)
	}
	b = append(b, "</EXPMETHODRESPONSE></SIMPLEEXPRSP>"+answerTail...)
	if _, err := w.Write(b); err != nil {
		l.log.Debug("cannot answer", "peer", r.RemoteAddr, "err", err)
	}
}

// exportHeader reads the fields of a request, and returns what those of an M-POST
// begin with.
func exportHeader(r *http.Request) (prefix string, err error) {
	if prefix, err = readPrefix(r); err != nil {
		return prefix, err
	}
	if op := r.Header.Get(prefix + "CIMExport"); op != "" && !strings.EqualFold(op, "MethodRequest") {
		return prefix, &messageError{"unsupported-operation", cim.Errorf(wbem.NotSupported, "CIMExport %.40q is not MethodRequest", op)}
	}
	return prefix, nil
}

// refuse answers what is no export.
func (l *Listener) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadRequest
	var bad *messageError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &bad):
		w.Header().Set("CIMError", bad.reason)
		if strings.HasPrefix(bad.reason, "unsupported-") || bad.reason == multiple {
			status = http.StatusNotImplemented
		}
	case errors.As(err, &large):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, errMethod):
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", "POST, M-POST")
	case errors.Is(err, errMediaType):
		status = http.StatusUnsupportedMediaType
	}
	l.log.Debug("no export", "peer", r.RemoteAddr, "status", status, "err", err)
	http.Error(w, http.StatusText(status)+": "+err.Error(), status)
}

// multiple is what a message with several exports is answered with. DSP0200 7.3
const multiple = "multiple-requests-unsupported"
