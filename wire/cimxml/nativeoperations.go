package cimxml

import (
	"encoding/json"

	"openwmi/cim"
	"openwmi/wbem"
)

// natives are the native operations by name. Init fills it, because they refer
// to it in the end.
var natives map[string]func(*nativeCall) error

func init() {
	natives = map[string]func(*nativeCall) error{
		nativeConnectName:  nativeConnect,
		"__OpenNamespace":  nativeOpenNamespace,
		"__GetClass":       nativeGetClass,
		"__GetInstance":    nativeGetInstance,
		"__Classes":        nativeClasses,
		"__Instances":      nativeInstances,
		"__PutClass":       nativePutClass,
		"__PutInstance":    nativePutInstance,
		"__DeleteClass":    nativeDeleteClass,
		"__DeleteInstance": nativeDeleteInstance,
		"__Query":          nativeQuery,
		"__Subscribe":      nativeSubscribe,
		"__Events":         nativeEvents,
		"__Unsubscribe":    nativeUnsubscribe,
		"__ExecMethod":     nativeExecMethod,
		"__Publish":        nativePublish,
		"__Flush":          nativeFlush,
		"__PlanClass":      nativePlanClass,
		"__PlanQuery":      nativePlanQuery,
		"__Subscriptions":  nativeSubscriptions,
		"__Security":       nativeSecurity,
		"__SetSecurity":    nativeSetSecurity,
		"__CallerRights":   nativeCallerRights,
		"__ExplainAccess":  nativeExplainAccess,
	}
}

// nativeConnectName is the operation that may name its namespace in a parameter.
const nativeConnectName = "__Connect"

// nativeConnect says where the session is.
func nativeConnect(n *nativeCall) error {
	if err := n.finish(); err != nil {
		return err
	}
	return n.place(n.svc)
}

func nativeOpenNamespace(n *nativeCall) error {
	relative := n.textArgument("Relative")
	if err := n.finish(); err != nil {
		return err
	}
	below, err := n.svc.OpenNamespace(n.ctx, relative, n.opts)
	if err != nil {
		return err
	}
	defer below.Close()
	return n.place(below)
}

func (n *nativeCall) place(s wbem.Services) error {
	for _, text := range []string{s.Server(), s.Namespace(), s.Locale()} {
		if err := n.value(text); err != nil {
			return err
		}
	}
	return nil
}

// textArgument returns a parameter that must be there.
func (n *nativeCall) textArgument(name string) string {
	text, ok := n.text(name)
	n.required(name, ok)
	return text
}

func (n *nativeCall) pathArgument(name string) cim.Path {
	text := n.textArgument(name)
	p, err := cim.ParsePath(text)
	if err != nil && n.err == nil {
		n.err = err
	}
	return p
}

func (n *nativeCall) instanceArgument(name string, must bool) *cim.Instance {
	p := n.take(name, tagInstance)
	n.required(name, p != nil || !must)
	if p == nil {
		return nil
	}
	return p.inst
}

func nativeGetClass(n *nativeCall) error {
	name := n.textArgument("Name")
	if err := n.finish(); err != nil {
		return err
	}
	c, err := n.svc.GetClass(n.ctx, name, n.opts)
	if err != nil {
		return err
	}
	return n.object(c)
}

func nativeGetInstance(n *nativeCall) error {
	path := n.pathArgument("Path")
	if err := n.finish(); err != nil {
		return err
	}
	inst, err := n.svc.GetInstance(n.ctx, path, n.opts)
	if err != nil {
		return err
	}
	return n.object(inst)
}

func nativeClasses(n *nativeCall) error {
	super := n.textArgument("Class")
	if err := n.finish(); err != nil {
		return err
	}
	for c, err := range n.svc.Classes(n.ctx, super, n.opts) {
		if err != nil {
			return err
		}
		if err := n.object(c); err != nil {
			return err
		}
	}
	return nil
}

func nativeInstances(n *nativeCall) error {
	class := n.textArgument("Class")
	if err := n.finish(); err != nil {
		return err
	}
	for inst, err := range n.svc.Instances(n.ctx, class, n.opts) {
		if err != nil {
			return err
		}
		if err := n.object(inst); err != nil {
			return err
		}
	}
	return nil
}

func (n *nativeCall) classArgument() *cim.ClassDecl {
	p := n.take("Class", "CLASS")
	n.required("Class", p != nil)
	if p == nil {
		return nil
	}
	return p.decl
}

func nativePutClass(n *nativeCall) error {
	decl := n.classArgument()
	if err := n.finish(); err != nil {
		return err
	}
	return n.svc.PutClass(n.ctx, decl, n.opts)
}

func nativePutInstance(n *nativeCall) error {
	inst := n.instanceArgument("Instance", true)
	if err := n.finish(); err != nil {
		return err
	}
	path, err := n.svc.PutInstance(n.ctx, inst, n.opts)
	if err != nil {
		return err
	}
	return n.value(path.String())
}

func nativeDeleteClass(n *nativeCall) error {
	name := n.textArgument("Name")
	if err := n.finish(); err != nil {
		return err
	}
	return n.svc.DeleteClass(n.ctx, name, n.opts)
}

func nativeDeleteInstance(n *nativeCall) error {
	path := n.pathArgument("Path")
	if err := n.finish(); err != nil {
		return err
	}
	return n.svc.DeleteInstance(n.ctx, path, n.opts)
}

func nativeQuery(n *nativeCall) error {
	language, query := n.textArgument("Language"), n.textArgument("Query")
	if err := n.finish(); err != nil {
		return err
	}
	for obj, err := range n.svc.Query(n.ctx, language, query, n.opts) {
		if err != nil {
			return err
		}
		if err := n.object(obj); err != nil {
			return err
		}
	}
	return nil
}

func nativeExecMethod(n *nativeCall) error {
	path, method := n.pathArgument("Path"), n.textArgument("Method")
	in := n.instanceArgument("In", false)
	if err := n.finish(); err != nil {
		return err
	}
	out, err := n.svc.ExecMethod(n.ctx, path, method, in, n.opts)
	if err != nil || out == nil {
		return err
	}
	return n.object(out)
}

// optional returns the session as something that not every one is.
func optional[T any](n *nativeCall) (T, error) {
	t, ok := n.svc.(T)
	if !ok {
		return t, wbem.NotSupported
	}
	return t, n.finish()
}

func nativePublish(n *nativeCall) error {
	event := n.instanceArgument("Event", true)
	p, err := optional[wbem.Publisher](n)
	if err != nil {
		return err
	}
	return p.Publish(n.ctx, event, n.opts)
}

func nativeFlush(n *nativeCall) error {
	f, err := optional[wbem.Flusher](n)
	if err != nil {
		return err
	}
	return f.Flush(n.ctx)
}

// json appends a value that is no object of CIM.
func (n *nativeCall) json(v any, err error) error {
	if err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return n.value(string(text))
}

func nativePlanClass(n *nativeCall) error {
	decl := n.classArgument()
	p, err := optional[wbem.ClassPlanner](n)
	if err != nil {
		return err
	}
	plan, err := p.PlanClass(n.ctx, decl, n.opts)
	return n.json(plan, err)
}

func nativePlanQuery(n *nativeCall) error {
	language, query := n.textArgument("Language"), n.textArgument("Query")
	analyze := n.boolean("Analyze", false)
	p, err := optional[wbem.QueryPlanner](n)
	if err != nil {
		return err
	}
	step, err := p.PlanQuery(n.ctx, language, query, n.opts, analyze)
	return n.json(step, err)
}

func nativeSubscriptions(n *nativeCall) error {
	l, err := optional[wbem.SubscriptionLister](n)
	if err != nil {
		return err
	}
	for s, err := range l.PermanentSubscriptions(n.ctx) {
		if err := n.json(s, err); err != nil {
			return err
		}
	}
	return nil
}

func nativeSecurity(n *nativeCall) error {
	m, err := optional[wbem.SecurityManager](n)
	if err != nil {
		return err
	}
	s, err := m.Security(n.ctx)
	return n.json(s, err)
}

func nativeSetSecurity(n *nativeCall) error {
	sddl := n.textArgument("SDDL")
	m, err := optional[wbem.SecurityManager](n)
	if err != nil {
		return err
	}
	return m.SetSecurity(n.ctx, sddl)
}

func nativeCallerRights(n *nativeCall) error {
	m, err := optional[wbem.SecurityManager](n)
	if err != nil {
		return err
	}
	rights, err := m.CallerRights(n.ctx)
	return n.json(rights, err)
}

func nativeExplainAccess(n *nativeCall) error {
	text := n.textArgument("Who")
	m, err := optional[wbem.SecurityManager](n)
	if err != nil {
		return err
	}
	var who *wbem.Identity
	if err := json.Unmarshal([]byte(text), &who); err != nil {
		return cim.Errorf(wbem.InvalidParameter, "Who is no identity: %v", err)
	}
	x, err := m.ExplainAccess(n.ctx, who)
	return n.json(x, err)
}
