package access

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// A Policy decides. It may be used by several goroutines.
type Policy interface {
	// Check returns nil if the caller has all the rights that it needs in the
	// namespace, else an error with the status AccessDenied.
	Check(caller *wbem.Identity, namespace string, need Rights) error
}

// Local is the policy described above.
type Local struct{}

// Check implements Policy.
func (Local) Check(caller *wbem.Identity, namespace string, need Rights) error {
	if caller == nil || caller.Remote {
		return cim.Errorf(cim.AccessDenied, "namespace %s takes no calls from other computers", namespace)
	}
	return nil
}
