package cimom

import (
	"context"
	"errors"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/wbem"
)

const systemSecurity = "__SystemSecurity"

// What GetSecurityDescriptor and SetSecurityDescriptor return.
const (
	returnSuccess          = 0
	returnAccessDenied     = 2
	returnPrivilegeMissing = 9
	returnInvalidParameter = 21
)

var errPrivilege = errors.New("what is recorded is for administrators")

// methodRight is the right to run a method besides Enable: everyone may ask what
// they may do (async-and-security.md 8.2).
func methodRight(path cim.Path, method string) access.Rights {
	if cim.EqualNames(path.Class, systemSecurity) && cim.EqualNames(method, "GetCallerAccessRights") {
		return 0
	}
	return access.MethodExecute
}

// methodKind is what the call of a method is recorded as.
func methodKind(path cim.Path, method string) audit.Kind {
	if cim.EqualNames(path.Class, systemSecurity) && (cim.EqualNames(method, "SetSD") || cim.EqualNames(method, "SetSecurityDescriptor")) {
		return audit.Security
	}
	return audit.Method
}

// securityMethod runs a method of __SystemSecurity, whose parameters have been
// checked. async-and-security.md 8.6
func (s *session) securityMethod(ctx context.Context, m *cim.Method, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
	out := cim.NewInstance(m.Signature(true))
	result := 0
	var err error
	switch m.Name() {
	case "GetSD":
		err = s.getSD(out)
	case "SetSD":
		v, _ := in.Get("SD")
		err = s.setDescriptor(ctx, o, func(*access.Descriptor) (*access.Descriptor, error) {
			return access.DecodeDescriptor(v.Bytes())
		})
	case "GetSecurityDescriptor":
		result, err = resultOf(s.getDescriptor(out))
	case "SetSecurityDescriptor":
		v, _ := in.Get("Descriptor")
		given, _ := v.Object().(*cim.Instance)
		result, err = resultOf(s.setDescriptor(ctx, o, func(old *access.Descriptor) (*access.Descriptor, error) {
			return s.changed(old, given)
		}))
	case "GetCallerAccessRights":
		err = out.Set("rights", cim.Sint32Value(int32(s.ns.Guard().Granted(s.who))))
	default:
		return nil, cim.Errorf(wbem.MethodDisabled, "method %s is of computers that are no more", m.Name())
	}
	if err == nil {
		err = out.Set("ReturnValue", cim.Uint32Value(uint32(result)))
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// resultOf returns what a method returns for an error, or the error if it has
// nothing to do with what was asked.
func resultOf(err error) (int, error) {
	switch {
	case err == nil:
		return returnSuccess, nil
	case errors.Is(err, errPrivilege):
		return returnPrivilegeMissing, nil
	}
	switch cim.StatusOf(err) {
	case wbem.AccessDenied:
		return returnAccessDenied, nil
	case wbem.InvalidParameter, wbem.InvalidObject:
		return returnInvalidParameter, nil
	}
	return 0, err
}

func (s *session) getSD(out *cim.Instance) error {
	d, err := s.descriptor()
	if err != nil {
		return err
	}
	b, err := d.Bytes()
	if err != nil {
		return err
	}
	return out.Set("SD", cim.BytesValue(b))
}

func (s *session) getDescriptor(out *cim.Instance) error {
	d, err := s.descriptor()
	if err != nil {
		return err
	}
	b := descriptorBuilder{s: s}
	inst := b.descriptor(d)
	if b.err != nil {
		return b.err
	}
	return out.Set("Descriptor", cim.ObjectValue(inst))
}

// changed returns a descriptor with the parts that an instance of
// __SecurityDescriptor says are given, and the rest as it was.
func (s *session) changed(old *access.Descriptor, inst *cim.Instance) (*access.Descriptor, error) {
	if inst == nil {
		return nil, cim.Errorf(wbem.InvalidParameter, "there is no descriptor")
	}
	flags := access.Control(number(inst, "ControlFlags"))
	d := *old
	d.Control = flags
	var err error
	if flags&access.DACLPresent != 0 {
		if d.DACL, err = s.acl(inst, "DACL"); err != nil {
			return nil, err
		}
	}
	if flags&access.SACLPresent != 0 {
		if !s.isAdministrator() {
			return nil, errPrivilege
		}
		if d.SACL, err = s.acl(inst, "SACL"); err != nil {
			return nil, err
		}
	}
	for name, to := range map[string]*access.SID{"Owner": &d.Owner, "Group": &d.Group} {
		v, _ := inst.Get(name)
		if v.IsNull() {
			continue
		}
		if *to, err = s.trustee(v); err != nil {
			return nil, err
		}
	}
	return &d, nil
}

// acl returns a list of entries, nil if it is NULL.
func (s *session) acl(inst *cim.Instance, name string) (access.ACL, error) {
	v, _ := inst.Get(name)
	if v.IsNull() {
		return nil, nil
	}
	list := access.ACL{}
	for k := range v.Len() {
		entry, ok := v.Index(k).Object().(*cim.Instance)
		if !ok {
			return nil, cim.Errorf(wbem.InvalidParameter, "entry %d of %s is no instance", k+1, name)
		}
		kind, flags := number(entry, "AceType"), number(entry, "AceFlags")
		if kind > 0xFF || flags > 0xFF {
			return nil, cim.Errorf(wbem.InvalidParameter, "entry %d of %s has type %d and flags 0x%X", k+1, name, kind, flags)
		}
		ace := access.ACE{Type: access.ACEType(kind), Flags: access.ACEFlags(flags), Mask: access.Rights(number(entry, "AccessMask"))}
		who, _ := entry.Get("Trustee")
		var err error
		if ace.SID, err = s.trustee(who); err != nil {
			return nil, err
		}
		list = append(list, ace)
	}
	return list, nil
}

// trustee returns whom an instance of __Trustee means: by its SID, by that as
// text, or by its name.
func (s *session) trustee(v cim.Value) (access.SID, error) {
	inst, ok := v.Object().(*cim.Instance)
	if !ok {
		return access.SID{}, cim.Errorf(wbem.InvalidParameter, "a trustee is missing")
	}
	sid, _ := inst.Get("SID")
	domain, name := text(inst, "Domain"), text(inst, "Name")
	switch {
	case sid.Len() > 0:
		id, n, err := access.DecodeSID(sid.Bytes())
		if err == nil && n != sid.Len() {
			err = cim.Errorf(wbem.InvalidParameter, "the SID of a trustee has %d bytes too many", sid.Len()-n)
		}
		return id, err
	case text(inst, "SIDString") != "":
		return access.ParseSID(text(inst, "SIDString"))
	case name == "":
		return access.SID{}, cim.Errorf(wbem.InvalidParameter, "a trustee has neither a SID nor a name")
	case domain != "":
		name = domain + `\` + name
	}
	return s.m.accounts.SID(name)
}

// number returns a property that is an unsigned number, 0 if it is NULL.
func number(inst *cim.Instance, name string) uint64 {
	v, _ := inst.Get(name)
	return v.Uint()
}

// A descriptorBuilder makes instances of the classes of descriptors, or of
// those derived from them that the namespace has.
type descriptorBuilder struct {
	s   *session
	err error // the first
}

func (b *descriptorBuilder) spawn(name string) *cim.Instance {
	c, err := b.s.ns.Class("Win32_" + name)
	if err != nil || !c.IsA("__"+name) {
		c, err = b.s.ns.Class("__" + name)
	}
	if err != nil {
		b.fail(err)
		return nil
	}
	return cim.NewInstance(c)
}

func (b *descriptorBuilder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *descriptorBuilder) set(inst *cim.Instance, name string, v cim.Value) {
	if inst == nil {
		return
	}
	if err := inst.Set(name, v); err != nil {
		b.fail(err)
	}
}

func (b *descriptorBuilder) descriptor(d *access.Descriptor) *cim.Instance {
	inst := b.spawn("SecurityDescriptor")
	flags := d.Control | access.DACLPresent
	if d.SACL != nil {
		flags |= access.SACLPresent
		b.set(inst, "SACL", b.acl(d.SACL))
	}
	b.set(inst, "ControlFlags", cim.Uint32Value(uint32(flags)))
	if d.DACL != nil {
		b.set(inst, "DACL", b.acl(d.DACL))
	}
	b.set(inst, "Owner", b.trustee(d.Owner))
	b.set(inst, "Group", b.trustee(d.Group))
	return inst
}

func (b *descriptorBuilder) acl(l access.ACL) cim.Value {
	entries := make([]cim.Object, 0, len(l))
	for _, ace := range l {
		inst := b.spawn("ACE")
		if inst == nil {
			break
		}
		b.set(inst, "AceType", cim.Uint32Value(uint32(ace.Type)))
		b.set(inst, "AceFlags", cim.Uint32Value(uint32(ace.Flags)))
		b.set(inst, "AccessMask", cim.Uint32Value(uint32(ace.Mask)))
		b.set(inst, "Trustee", b.trustee(ace.SID))
		entries = append(entries, inst)
	}
	return cim.ObjectsValue(entries)
}

func (b *descriptorBuilder) trustee(sid access.SID) cim.Value {
	inst := b.spawn("Trustee")
	if inst == nil {
		return cim.Value{}
	}
	b.set(inst, "Name", cim.StringValue(b.s.m.accounts.Name(sid)))
	b.set(inst, "SID", cim.BytesValue(sid.Bytes()))
	b.set(inst, "SidLength", cim.Uint32Value(uint32(len(sid.Bytes()))))
	b.set(inst, "SIDString", cim.StringValue(sid.String()))
	return cim.ObjectValue(inst)
}
