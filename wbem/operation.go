package wbem

import (
	"context"

	"openwmi/cim"
)

// The operations as errors name them: the methods of IWbemServices without
// Async (put.md, Decision P-32; async-and-security.md, Decision A-8).
const (
	opGet            = "GetObject"
	opClasses        = "CreateClassEnum"
	opInstances      = "CreateInstanceEnum"
	opPutClass       = "PutClass"
	opPutInstance    = "PutInstance"
	opDeleteClass    = "DeleteClass"
	opDeleteInstance = "DeleteInstance"
	opOpenNamespace  = "OpenNamespace"
	opQuery          = "ExecQuery"
	opSubscribe      = "ExecNotificationQuery"
	opExecMethod     = "ExecMethod"
)

var errNoObject = cim.Errorf(InvalidParameter, "there is no object")

// Delete deletes the class or instance at a path. The error is
// InvalidObjectPath for a path that is malformed or names a namespace, NotFound
// for one that leads out of the namespace of the session, else that of
// DeleteClass or DeleteInstance.
func Delete(ctx context.Context, s Services, path string, o Options) error {
	p, err := cim.ParsePath(path)
	switch {
	case err != nil:
	case p.Class == "":
		err = cim.Errorf(InvalidObjectPath, "it names a namespace")
	case p.IsInstance():
		err = s.DeleteInstance(ctx, p, o)
	default:
		if err = CheckPlace(s, p); err == nil {
			err = s.DeleteClass(ctx, p.Class, o)
		}
	}
	return NewError(deleteOp(path), path, err)
}

func deleteOp(path string) string {
	if p, err := cim.ParsePath(path); err == nil && !p.IsInstance() {
		return opDeleteClass
	}
	return opDeleteInstance
}

// classPath returns the full path of a class in the namespace of a session,
// which PutClass does not return (put.md, Decision P-29).
func classPath(s Services, name string) cim.Path {
	return complete(s, cim.Path{Class: name})
}

// complete adds the server and namespace of the session to a path without.
func complete(s Services, p cim.Path) cim.Path {
	if p.Namespace == "" {
		p.Namespace = s.Namespace()
	}
	if p.Server == "" {
		p.Server = s.Server()
	}
	return p
}

// relPath names an instance in errors, by its class if it has no path yet.
func relPath(inst *cim.Instance) string {
	if p, ok := cim.RelPath(inst); ok {
		return p.RelPath()
	}
	return inst.ClassName()
}
