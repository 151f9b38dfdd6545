package wsman

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// batch is how many objects a client asks for at once, and batchSize how many
// bytes of them it takes: what WinRM allows without being told otherwise.
const (
	batch     = 1000
	batchSize = 512000
)

// A session is a namespace of a server that is not one of this project.
type session struct {
	client    *Client
	namespace string
	locale    string
	microsoft bool // resource URIs are those of Microsoft
	closed    atomic.Bool
}

var _ wbem.Services = (*session)(nil)

// connect opens a session. Whether the namespace exists shows with the first
// operation.
func (c *Client) connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	_, namespace, err := cim.ParseNamespace(namespace)
	if err != nil {
		return nil, wbem.NewError("ConnectServer", namespace, cim.Errorf(wbem.InvalidNamespace, "%v", err))
	}
	if namespace == "" {
		namespace = defaultNamespace
	}
	locale, _, _ := strings.Cut(o.Locale, ",")
	if strings.HasPrefix(strings.ToUpper(locale), "MS_") {
		locale = "" // SOAP names languages in another way
	}
	who, err := c.identify(ctx)
	return &session{client: c, namespace: namespace, locale: locale, microsoft: strings.Contains(who, "Microsoft")}, err
}

// Server implements wbem.Services.
func (s *session) Server() string { return s.client.host }

// Namespace implements wbem.Services.
func (s *session) Namespace() string { return s.namespace }

// Locale implements wbem.Services.
func (s *session) Locale() string { return s.locale }

// Close implements wbem.Services.
func (s *session) Close() error {
	s.closed.Store(true)
	return nil
}

// OpenNamespace implements wbem.Services.
func (s *session) OpenNamespace(ctx context.Context, relative string, _ wbem.Options) (wbem.Services, error) {
	return s.client.connect(ctx, s.namespace+`\`+relative, wbem.ConnectOptions{Locale: s.locale})
}

// message returns a request about a class, "*" for all, or the instance at a path.
func (s *session) message(action, class string, keys []cim.Key) (*message, error) {
	if s.closed.Load() {
		return nil, cim.Errorf(wbem.InvalidOperation, "the session is closed")
	}
	if class != "*" && !isName(class) {
		return nil, cim.Errorf(wbem.InvalidParameter, "%.60q is no name of a class", class)
	}
	m := &message{action: action, of: s.resource(class), path: cim.Path{Keys: keys}, locale: s.locale}
	m.head = "<w:MaxEnvelopeSize>" + strconv.Itoa(batchSize) + "</w:MaxEnvelopeSize>"
	m.uri = m.of.of(class)
	if !s.microsoft {
		m.path.Namespace = s.namespace
		if class == "*" {
			m.uri = baseAll + class
		}
	}
	return m, nil
}

// call asks for an action about an instance or a class.
func (s *session) call(ctx context.Context, action, class string, keys []cim.Key, body []byte, o wbem.Options) (*xmltree.Node, error) {
	m, err := s.message(action, class, keys)
	if err != nil {
		return nil, err
	}
	m.body, m.put = body, o.Context
	return s.client.call(ctx, m)
}

var errNoClasses = cim.Errorf(wbem.NotSupported, "WS-Management cannot say what a class is")

// GetClass implements wbem.Services: it is NotSupported.
func (s *session) GetClass(_ context.Context, name string, _ wbem.Options) (*cim.Class, error) {
	return nil, wbem.NewError("GetObject", name, errNoClasses)
}

// Classes implements wbem.Services: it is NotSupported.
func (s *session) Classes(_ context.Context, super string, _ wbem.Options) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		yield(nil, wbem.NewError("CreateClassEnum", super, errNoClasses))
	}
}

// PutClass implements wbem.Services: it is NotSupported.
func (s *session) PutClass(_ context.Context, decl *cim.ClassDecl, _ wbem.Options) error {
	return wbem.NewError("PutClass", decl.Name, errNoClasses)
}

// DeleteClass implements wbem.Services: it is NotSupported.
func (s *session) DeleteClass(_ context.Context, name string, _ wbem.Options) error {
	return wbem.NewError("DeleteClass", name, errNoClasses)
}

// GetInstance implements wbem.Services.
func (s *session) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	body, err := s.call(ctx, actionGet, path.Class, path.Keys, nil, o)
	if err != nil {
		return nil, wbem.NewError("GetObject", path.String(), err)
	}
	inst, err := s.instance(first(body), path.Keys)
	return inst, wbem.NewError("GetObject", path.String(), err)
}

func first(n *xmltree.Node) *xmltree.Node {
	if n == nil || len(n.Children) == 0 {
		return nil
	}
	return n.Children[0]
}

// PutInstance implements wbem.Services. Without CreateOnly or UpdateOnly the
// instance is changed, or created if there is none.
func (s *session) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	path, ok := cim.RelPath(inst)
	body := appendInstance(nil, s.resource(inst.ClassName()), inst, nil, nil)
	fail := func(err error) (cim.Path, error) {
		return cim.Path{}, wbem.NewError("PutInstance", path.String(), err)
	}
	if !ok && o.Flags&wbem.UpdateOnly != 0 {
		return fail(cim.Errorf(wbem.InvalidObject, "nothing says what the keys of the instance are"))
	}
	if o.Flags&wbem.CreateOnly == 0 && ok {
		_, err := s.call(ctx, actionPut, path.Class, path.Keys, body, o)
		if err == nil {
			path.Server, path.Namespace = s.Server(), s.namespace
			return path, nil
		}
		if o.Flags&wbem.UpdateOnly != 0 || wbem.StatusOf(err) != wbem.NotFound {
			return fail(err)
		}
	}
	answer, err := s.call(ctx, actionCreate, inst.ClassName(), nil, body, o)
	if err != nil {
		return fail(err)
	}
	created := answer.Child(nsTransfer, "ResourceCreated")
	if created == nil {
		return fail(cim.Errorf(wbem.TransportFailure, "the answer is none to a Create"))
	}
	made, err := readEPR(created)
	if err != nil {
		return fail(err)
	}
	made.Server, made.Namespace = s.Server(), s.namespace
	return made, nil
}

// resource returns the resource that a class is.
func (s *session) resource(class string) resource {
	r := resource{base: baseDMTF, class: class, home: s.namespace}
	if s.microsoft {
		r.base, r.namespace = baseOf(s.namespace), s.namespace
	}
	return r
}

// DeleteInstance implements wbem.Services.
func (s *session) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	_, err := s.call(ctx, actionDelete, path.Class, path.Keys, nil, o)
	return wbem.NewError("DeleteInstance", path.String(), err)
}

// ExecMethod implements wbem.Services.
func (s *session) ExecMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	fail := func(err error) (*cim.Instance, error) { return nil, wbem.NewError("ExecMethod", path.String(), err) }
	m, err := s.message("", path.Class, path.Keys)
	if err != nil {
		return fail(err)
	}
	if !isName(method) {
		return fail(cim.Errorf(wbem.InvalidParameter, "%.60q is no name of a method", method))
	}
	m.action, m.put = m.uri+"/"+method, o.Context
	b := append(m.body, "<p:"+method+"_INPUT"...)
	b = append(appendBinding(b, outer, m.uri), '>')
	if in != nil {
		r := m.of
		for k, p := range in.Class().Properties() {
			if v := in.At(k); !v.IsNull() {
				b = appendProperty(b, r, outer, p.Name(), v)
			}
		}
	}
	m.body = append(b, "</p:"+method+"_INPUT>"...)
	body, err := s.client.call(ctx, m)
	if err != nil {
		return fail(err)
	}
	out := first(body)
	if out == nil {
		return nil, nil
	}
	inst, err := makeUp("__PARAMETERS", out.Children, nil)
	if err != nil {
		return fail(err)
	}
	return inst, nil
}

// Instances implements wbem.Services.
func (s *session) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	mode := ""
	if o.Flags&wbem.Shallow != 0 {
		mode = `<b:PolymorphismMode xmlns:b="` + nsBinding + `">None</b:PolymorphismMode>`
	}
	return func(yield func(*cim.Instance, error) bool) {
		body := mode + "<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>"
		for o, err := range s.enumerate(ctx, class, body, o) {
			inst, _ := o.(*cim.Instance)
			if !yield(inst, wbem.NewError("CreateInstanceEnum", class, err)) || err != nil {
				return
			}
		}
	}
}

// Query implements wbem.Services. Queries for classes are NotSupported.
func (s *session) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		if !strings.EqualFold(language, "WQL") {
			yield(nil, wbem.NewError("ExecQuery", query, cim.Errorf(wbem.InvalidQueryType, "language %.40q is not supported", language)))
			return
		}
		for object, err := range s.enumerate(ctx, "*", s.filter(query), o) {
			if !yield(object, wbem.NewError("ExecQuery", query, err)) || err != nil {
				return
			}
		}
	}
}
