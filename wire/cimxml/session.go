package cimxml

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"sync/atomic"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wql"
)

// The operations as errors name them.
const (
	opConnect        = "ConnectServer"
	opOpenNamespace  = "OpenNamespace"
	opGet            = "GetObject"
	opClasses        = "CreateClassEnum"
	opInstances      = "CreateInstanceEnum"
	opPutClass       = "PutClass"
	opPutInstance    = "PutInstance"
	opDeleteClass    = "DeleteClass"
	opDeleteInstance = "DeleteInstance"
	opQuery          = "ExecQuery"
	opSubscribe      = "ExecNotificationQuery"
	opExecMethod     = "ExecMethod"
)

// A place is what sessions of both kinds have in common.
type place struct {
	client    *Client
	o         wbem.ConnectOptions
	server    string
	namespace string // with backslashes
	closed    atomic.Bool
}

// Server implements wbem.Services.
func (p *place) Server() string { return p.server }

// Namespace implements wbem.Services.
func (p *place) Namespace() string { return p.namespace }

// Close implements wbem.Services.
func (p *place) Close() error {
	p.closed.Store(true)
	return nil
}

func (p *place) usable() error {
	if p.closed.Load() {
		return cim.Errorf(wbem.InvalidOperation, "the session is closed")
	}
	return nil
}

// A session is a namespace of a server that knows native operations.
type session struct {
	place
	locale string
}

var _ interface {
	wbem.Services
	wbem.Publisher
	wbem.Flusher
	wbem.QualifierStore
	wbem.ClassPlanner
	wbem.QueryPlanner
	wbem.SubscriptionLister
	wbem.SecurityManager
} = (*session)(nil)

// A nativeRequest is a native operation that is asked for.
type nativeRequest struct {
	s        *session
	op, path string // as errors name them
	method   string
	about    string // class whose definition is probably in the answer
	options  wbem.Options
	params   []byte
	inst     *cim.Instance // a parameter, with its name
	instName string
	collects bool // what the answer has is kept as a whole

	reader *objectReader
}

func (s *session) request(op, path, method, about string, o wbem.Options) *nativeRequest {
	return &nativeRequest{s: s, op: op, path: path, method: method, about: about, options: o}
}

func (r *nativeRequest) text(name, text string) *nativeRequest {
	r.params = appendTextParam(r.params, name, text)
	return r
}

func appendTextParam(b []byte, name, text string) []byte {
	b = append(b, "<IPARAMVALUE"...)
	b = xml.AppendAttr(b, "NAME", name)
	b = append(b, "><VALUE>"...)
	b = xml.AppendText(b, text)
	return append(b, "</VALUE></IPARAMVALUE>"...)
}

func (r *nativeRequest) class(decl *cim.ClassDecl) *nativeRequest {
	b := append(r.params, `<IPARAMVALUE NAME="Class">`...)
	b = nativeEncoder().AppendClassDecl(b, decl)
	r.params = append(b, "</IPARAMVALUE>"...)
	return r
}

// encode returns the parameters. full sends the class of an instance even if the
// server should have it, and asks for all classes in the answer.
func (r *nativeRequest) encode(full bool) []byte {
	b := append([]byte(nil), r.params...)
	if r.inst != nil {
		b = append(b, "<IPARAMVALUE"...)
		b = xml.AppendAttr(b, "NAME", r.instName)
		b = append(b, '>')
		w := newObjectWriter(r.s.client.classes, nil)
		if c := r.inst.Class(); !full && r.s.client.classes.has(c) {
			w.known[w.table.id(c)] = true
		}
		b = w.instance(b, r.inst)
		b = append(b, "</IPARAMVALUE>"...)
	}
	if r.about != "" && !full {
		if known := r.s.client.classes.known(r.about); len(known) > 0 {
			b = append(b, `<IPARAMVALUE NAME="Known"><VALUE.ARRAY>`...)
			for _, id := range known {
				b = append(append(append(b, "<VALUE>"...), id...), "</VALUE>"...)
			}
			b = append(b, "</VALUE.ARRAY></IPARAMVALUE>"...)
		}
	}
	o := r.options
	if o.Flags != 0 {
		b = appendTextParam(b, "Flags", strconv.FormatUint(uint64(o.Flags), 10))
	}
	if o.Impersonation > 0 {
		b = appendTextParam(b, "Impersonation", strconv.Itoa(o.Impersonation))
	}
	if o.Lazy {
		b = appendTextParam(b, "Lazy", "TRUE")
	}
	if o.Progress != nil {
		b = appendTextParam(b, "Progress", "TRUE")
	}
	if o.Context.Len() > 0 {
		e := nativeEncoder()
		b = append(b, `<IPARAMVALUE NAME="Context">`...)
		for v := range o.Context.All() {
			b = e.AppendParamValue(b, v.Name, v.Value.Type(), "", v.Value)
		}
		b = append(b, "</IPARAMVALUE>"...)
	}
	if r.s.o.Locale != "" {
		b = appendTextParam(b, "Locale", r.s.o.Locale)
	}
	if r.s.o.StripAmended {
		b = appendTextParam(b, "StripAmended", "TRUE")
	}
	return b
}

// do carries out the operation; object is called for each object and value for
// each text that it returns. Either ends it by returning false.
func (r *nativeRequest) do(ctx context.Context, object func(cim.Object) bool, value func(string) bool) error {
	if err := r.s.usable(); err != nil {
		return wbem.NewError(r.op, r.path, err)
	}
	return r.goOn(ctx, object, value)
}

// goOn is do for what has begun before the session was closed.
func (r *nativeRequest) goOn(ctx context.Context, object func(cim.Object) bool, value func(string) bool) error {
	some := false
	for full := false; ; full = true {
		err := r.try(ctx, full, func(o cim.Object) bool { some = true; return object == nil || object(o) }, value)
		// Either side has forgotten a class; once more with all of them.
		if errors.Is(err, wbem.MarshalVersionMismatch) && !full && !some {
			continue
		}
		return wbem.NewError(r.op, r.path, err)
	}
}

func (r *nativeRequest) try(ctx context.Context, full bool, object func(cim.Object) bool, value func(string) bool) error {
	a, err := r.s.client.post(ctx, r.s.namespace, r.method, r.encode(full))
	if err != nil {
		return err
	}
	defer a.end()
	r.reader = newObjectReader(a.d, r.s.client.classes, true)
	r.reader.max = int(a.limits.collected)
	started := false
	var failed error
	for tag := range a.elements {
		if err := ctx.Err(); err != nil {
			return err
		}
		if tag != tagError && !started {
			started = true
			wbem.Started(ctx)
		}
		if !r.collects {
			a.next()
		}
		more, err := r.element(tag, object, value)
		if err != nil {
			var e *nativeError
			if errors.As(err, &e) {
				if e.started && !started {
					wbem.Started(ctx)
				}
				started = true
				failed = e.err
				continue
			}
			return readError(ctx, err)
		}
		if !more {
			return nil // the rest is of no interest
		}
	}
	switch {
	case failed != nil:
		return failed
	case a.err != nil:
		return readError(ctx, a.err)
	case !started:
		wbem.Started(ctx)
	}
	return nil
}

// element reads an element of the answer.
func (r *nativeRequest) element(tag string, object func(cim.Object) bool, value func(string) bool) (more bool, err error) {
	switch tag {
	case "VALUE":
		text, err := r.reader.d.Text()
		if err != nil {
			return false, err
		}
		return value == nil || value(text), nil
	case tagProgress:
		return true, r.progress()
	case tagError:
		return false, r.reader.error()
	}
	o, err := r.reader.object()
	if o == nil || err != nil {
		return true, err
	}
	return object == nil || object(o), nil
}

func (r *nativeRequest) progress() error {
	number := func(name string) uint16 {
		text, _ := r.reader.d.Attr(name)
		n, _ := strconv.ParseUint(text, 10, 16)
		return uint16(n)
	}
	p := wbem.Progress{Total: number("TOTAL"), Done: number("DONE")}
	var err error
	if p.Message, err = r.reader.d.Text(); err == nil && r.options.Progress != nil {
		r.options.Progress(p)
	}
	return err
}

// A nativeError is the failure that an answer reports.
type nativeError struct {
	err     *wbem.Error
	started bool // the operation had begun
}

func (e *nativeError) Error() string { return e.err.Error() }

// error reads WMI.ERROR. It returns a *nativeError or what is wrong with the
// element.
func (r *objectReader) error() error {
	text := func(name string) string { v, _ := r.d.Attr(name); return v }
	status, err := strconv.ParseUint(text("STATUS"), 10, 32)
	if err != nil || !wbem.Status(status).Failed() {
		return cim.Errorf(wbem.TransportFailure, "the answer has an error without a status")
	}
	e := &nativeError{
		err: &wbem.Error{
			Op: text("OPERATION"), Path: text("PATH"), Status: wbem.Status(status), Provider: text("PROVIDER"), Detail: text("DETAIL"),
		},
		started: text("STARTED") == "true",
	}
	for r.d.Next() {
		o, err := r.object()
		if err != nil {
			return err
		}
		if inst, ok := o.(*cim.Instance); ok {
			e.err.Object = inst
		}
	}
	if err := r.d.Err(); err != nil {
		return err
	}
	return e
}

// maxConnect is how long connecting takes at most for who wants that.
const maxConnect = 2 * time.Minute

// Connect implements wbem.Locator.
func (c *Client) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	if o.User != "" || o.Password != "" || o.Authority != "" || o.Identity != nil {
		return nil, wbem.NewError(opConnect, namespace, cim.Errorf(wbem.InvalidParameter, "the connection has its own credentials"))
	}
	if o.Flags&^wbem.ConnectUseMaxWait != 0 {
		return nil, wbem.NewError(opConnect, namespace, cim.Errorf(wbem.InvalidParameter, "flags 0x%X are not defined", uint32(o.Flags)))
	}
	if o.Flags&wbem.ConnectUseMaxWait != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxConnect)
		defer cancel()
	}
	if c.foreign.known.Load() {
		return c.connectStandard(ctx, namespace, o)
	}
	s := &session{place: place{client: c, o: o, namespace: "root"}}
	svc, err := s.open(ctx, s.request(opConnect, namespace, "__Connect", "", wbem.Options{Context: o.Context}).text("Namespace", namespace))
	if !isForeign(err) {
		return svc, err
	}
	standard, err := c.connectStandard(ctx, namespace, o)
	if err == nil {
		c.foreign.known.Store(true)
	}
	return standard, err
}

// open finds out where the session is.
func (s *session) open(ctx context.Context, r *nativeRequest) (wbem.Services, error) {
	var texts []string
	const server, namespace, locale, size = 0, 1, 2, 3
	err := r.do(ctx, nil, func(text string) bool { texts = append(texts, text); return len(texts) <= size })
	switch {
	case err != nil:
		return nil, err
	case len(texts) != size:
		return nil, wbem.NewError(r.op, r.path, cim.Errorf(wbem.TransportFailure, "the server does not say where it is"))
	}
	s.server, s.namespace, s.locale = texts[server], texts[namespace], texts[locale]
	return s, nil
}

// Locale implements wbem.Services.
func (s *session) Locale() string { return s.locale }

// one carries out an operation that returns one object or none.
func (r *nativeRequest) one(ctx context.Context) (obj cim.Object, err error) {
	err = r.do(ctx, func(o cim.Object) bool { obj = o; return true }, nil)
	return obj, err
}

// none carries out an operation that returns nothing.
func (r *nativeRequest) none(ctx context.Context) error { return r.do(ctx, nil, nil) }

// missing is the failure of an answer that lacks its object.
func (r *nativeRequest) missing() error {
	return wbem.NewError(r.op, r.path, cim.Errorf(wbem.TransportFailure, "the answer has no object"))
}

// GetClass implements wbem.Services.
func (s *session) GetClass(ctx context.Context, name string, o wbem.Options) (*cim.Class, error) {
	r := s.request(opGet, name, "__GetClass", name, o).text("Name", name)
	obj, err := r.one(ctx)
	if err != nil {
		return nil, err
	}
	c, ok := obj.(*cim.Class)
	if !ok {
		return nil, r.missing()
	}
	return c, nil
}

// GetInstance implements wbem.Services.
func (s *session) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	r := s.request(opGet, path.String(), "__GetInstance", path.Class, o).text("Path", path.String())
	obj, err := r.one(ctx)
	if err != nil {
		return nil, err
	}
	inst, ok := obj.(*cim.Instance)
	if !ok {
		return nil, r.missing()
	}
	return inst, nil
}

// sequence yields the objects of an operation, which is made anew for each loop.
func sequence[T cim.Object](ctx context.Context, make func() *nativeRequest) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := false
		r := make()
		err := r.do(ctx, func(o cim.Object) bool {
			t, ok := o.(T)
			if !ok {
				return true
			}
			left = !yield(t, nil)
			return !left
		}, nil)
		if err != nil && !left {
			var none T
			yield(none, err)
		}
	}
}

// Classes implements wbem.Services.
func (s *session) Classes(ctx context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error] {
	return sequence[*cim.Class](ctx, func() *nativeRequest {
		return s.request(opClasses, super, "__Classes", super, o).text("Class", super)
	})
}

// Instances implements wbem.Services.
func (s *session) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return sequence[*cim.Instance](ctx, func() *nativeRequest {
		return s.request(opInstances, class, "__Instances", class, o).text("Class", class)
	})
}

// Query implements wbem.Services.
func (s *session) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	found := sequence[cim.Object](ctx, func() *nativeRequest {
		return s.request(opQuery, query, "__Query", classOf(query), o).text("Language", language).text("Query", query)
	})
	return func(yield func(cim.Object, error) bool) {
		for obj, err := range found {
			if !yield(obj, placed(err, query)) {
				return
			}
		}
	}
}

// placed adds to the failure of a query where in its text the mistake is, if that
// shows in the text alone.
func placed(err error, query string) error {
	var e *wbem.Error
	if !errors.Is(err, wbem.InvalidQuery) || !errors.As(err, &e) || e.Err != nil {
		return err
	}
	again := *e
	if _, again.Err = wql.Parse(query); again.Err == nil {
		return err
	}
	return &again
}

// classOf returns the class that a query asks for, "" if that is not easily
// said.
func classOf(query string) string {
	if q, err := wql.Parse(query); err == nil {
		if s, ok := q.(*wql.Select); ok {
			return s.Class.Name
		}
	}
	return ""
}

var errNoObject = cim.Errorf(wbem.InvalidParameter, "there is no object")

// PutClass implements wbem.Services.
func (s *session) PutClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) error {
	if decl == nil {
		return wbem.NewError(opPutClass, "", errNoObject)
	}
	return s.request(opPutClass, decl.Name, "__PutClass", "", o).class(decl).none(ctx)
}

// PutInstance implements wbem.Services.
func (s *session) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	if inst == nil {
		return cim.Path{}, wbem.NewError(opPutInstance, "", errNoObject)
	}
	r := s.request(opPutInstance, nameOf(inst), "__PutInstance", "", o)
	r.inst, r.instName = inst, "Instance"
	var path cim.Path
	var wrong error
	err := r.do(ctx, nil, func(text string) bool {
		path, wrong = cim.ParsePath(text)
		return true
	})
	if err == nil {
		err = wbem.NewError(r.op, r.path, wrong)
	}
	return path, err
}

// nameOf names an instance in errors, by its class if it has no path.
func nameOf(inst *cim.Instance) string {
	if p, ok := cim.RelPath(inst); ok {
		return p.RelPath()
	}
	return inst.ClassName()
}

// DeleteClass implements wbem.Services.
func (s *session) DeleteClass(ctx context.Context, name string, o wbem.Options) error {
	return s.request(opDeleteClass, name, "__DeleteClass", "", o).text("Name", name).none(ctx)
}

// DeleteInstance implements wbem.Services.
func (s *session) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	return s.request(opDeleteInstance, path.String(), "__DeleteInstance", "", o).text("Path", path.String()).none(ctx)
}

// ExecMethod implements wbem.Services.
func (s *session) ExecMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	r := s.request(opExecMethod, path.String(), "__ExecMethod", "", o).text("Path", path.String()).text("Method", method)
	r.inst, r.instName = in, "In"
	obj, err := r.one(ctx)
	inst, _ := obj.(*cim.Instance)
	return inst, err
}

// OpenNamespace implements wbem.Services.
func (s *session) OpenNamespace(ctx context.Context, relative string, o wbem.Options) (wbem.Services, error) {
	if err := s.usable(); err != nil {
		return nil, wbem.NewError(opOpenNamespace, relative, err)
	}
	below := &session{place: place{client: s.client, o: s.o, namespace: s.namespace}}
	return below.open(ctx, s.request(opOpenNamespace, relative, "__OpenNamespace", "", o).text("Relative", relative))
}

// Publish implements wbem.Publisher.
func (s *session) Publish(ctx context.Context, event *cim.Instance, o wbem.Options) error {
	if event == nil {
		return wbem.NewError("Publish", "", errNoObject)
	}
	r := s.request("Publish", nameOf(event), "__Publish", "", o)
	r.inst, r.instName = event, "Event"
	return r.none(ctx)
}

// Flush implements wbem.Flusher.
func (s *session) Flush(ctx context.Context) error {
	return s.request("Flush", "", "__Flush", "", wbem.Options{}).none(ctx)
}

// json carries out an operation whose results are values in JSON.
func jsonValues[T any](ctx context.Context, r *nativeRequest, yield func(T) bool) error {
	var wrong error
	err := r.do(ctx, nil, func(text string) bool {
		var v T
		if wrong = json.Unmarshal([]byte(text), &v); wrong != nil {
			wrong = wbem.NewError(r.op, r.path, cim.Errorf(wbem.TransportFailure, "%v", wrong))
			return false
		}
		return yield(v)
	})
	if err == nil {
		err = wrong
	}
	return err
}

func jsonValue[T any](ctx context.Context, r *nativeRequest) (v T, err error) {
	err = jsonValues(ctx, r, func(got T) bool { v = got; return true })
	return v, err
}

// PlanClass implements wbem.ClassPlanner.
func (s *session) PlanClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) (*wbem.ClassPlan, error) {
	return jsonValue[*wbem.ClassPlan](ctx, s.request(opPutClass, decl.Name, "__PlanClass", "", o).class(decl))
}

// PlanQuery implements wbem.QueryPlanner.
func (s *session) PlanQuery(ctx context.Context, language, query string, o wbem.Options, analyze bool) (*wbem.QueryStep, error) {
	r := s.request(opQuery, query, "__PlanQuery", "", o).text("Language", language).text("Query", query)
	step, err := jsonValue[*wbem.QueryStep](ctx, r.text("Analyze", strconv.FormatBool(analyze)))
	return step, placed(err, query)
}

// PermanentSubscriptions implements wbem.SubscriptionLister.
func (s *session) PermanentSubscriptions(ctx context.Context) iter.Seq2[*wbem.PermanentSubscription, error] {
	return func(yield func(*wbem.PermanentSubscription, error) bool) {
		left := false
		r := s.request("ListSubscriptions", "", "__Subscriptions", "", wbem.Options{})
		err := jsonValues(ctx, r, func(p *wbem.PermanentSubscription) bool { left = !yield(p, nil); return !left })
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// Security implements wbem.SecurityManager.
func (s *session) Security(ctx context.Context) (*wbem.NamespaceSecurity, error) {
	return jsonValue[*wbem.NamespaceSecurity](ctx, s.request("GetSecurityDescriptor", s.namespace, "__Security", "", wbem.Options{}))
}

// SetSecurity implements wbem.SecurityManager.
func (s *session) SetSecurity(ctx context.Context, sddl string) error {
	return s.request("SetSecurityDescriptor", s.namespace, "__SetSecurity", "", wbem.Options{}).text("SDDL", sddl).none(ctx)
}

// CallerRights implements wbem.SecurityManager.
func (s *session) CallerRights(ctx context.Context) (uint32, error) {
	return jsonValue[uint32](ctx, s.request("GetCallerAccessRights", s.namespace, "__CallerRights", "", wbem.Options{}))
}

// ExplainAccess implements wbem.SecurityManager.
func (s *session) ExplainAccess(ctx context.Context, who *wbem.Identity) (*wbem.AccessExplanation, error) {
	text, err := json.Marshal(who)
	if err != nil {
		return nil, wbem.NewError("ExplainAccess", s.namespace, err)
	}
	return jsonValue[*wbem.AccessExplanation](ctx, s.request("ExplainAccess", s.namespace, "__ExplainAccess", "", wbem.Options{}).text("Who", string(text)))
}
