package access

// An ACL is a list of entries, in the order in which they count. [MS-DTYP] 2.4.5
type ACL []ACE

// An ACE allows or denies rights to a principal, or has the use of them
// recorded. [MS-DTYP] 2.4.4
type ACE struct {
	Type  ACEType
	Flags ACEFlags
	Mask  Rights
	SID   SID

	// Object and InheritedObject narrow an entry of one of the object types
	// down to a kind of objects. Nil is all; in other entries they are nil.
	Object, InheritedObject *GUID

	// Data is what follows the SID: the condition of a callback entry, or the
	// attribute of a resource attribute. In other entries it is empty.
	Data string
}

// isPlain reports whether the entry can be evaluated: an allow or a deny without
// conditions.
func (ace *ACE) isPlain() bool { return ace.Type == Allow || ace.Type == Deny }

// An ACEType says what an entry does. [MS-DTYP] 2.4.4.1
type ACEType uint8

const (
	Allow               ACEType = 0
	Deny                ACEType = 1
	Audit               ACEType = 2
	Alarm               ACEType = 3
	AllowObject         ACEType = 5
	DenyObject          ACEType = 6
	AuditObject         ACEType = 7
	AlarmObject         ACEType = 8
	AllowCallback       ACEType = 9
	DenyCallback        ACEType = 10
	AllowCallbackObject ACEType = 11
	DenyCallbackObject  ACEType = 12
	AuditCallback       ACEType = 13
	AuditCallbackObject ACEType = 15
	MandatoryLabel      ACEType = 17
	ResourceAttribute   ACEType = 18
	ScopedPolicy        ACEType = 19
)

// traits are the form of the entries of a type and its name in SDDL.
type traits struct {
	sddl   string // "" if the type has no text that is understood here
	object bool   // has the two GUIDs
	data   bool   // has something behind the SID
}

var aceTypes = map[ACEType]traits{
	Allow:               {sddl: "A"},
	Deny:                {sddl: "D"},
	Audit:               {sddl: "AU"},
	Alarm:               {sddl: "AL"},
	AllowObject:         {sddl: "OA", object: true},
	DenyObject:          {sddl: "OD", object: true},
	AuditObject:         {sddl: "OU", object: true},
	AlarmObject:         {sddl: "OL", object: true},
	AllowCallback:       {data: true},
	DenyCallback:        {data: true},
	AllowCallbackObject: {data: true, object: true},
	DenyCallbackObject:  {data: true, object: true},
	AuditCallback:       {data: true},
	AuditCallbackObject: {data: true, object: true},
	MandatoryLabel:      {sddl: "ML"},
	ResourceAttribute:   {data: true},
	ScopedPolicy:        {sddl: "SP"},
}

// ACEFlags say how an entry is inherited and what is recorded. [MS-DTYP]
// 2.4.4.1; "Namespace ACE Flag Constants"
type ACEFlags uint8

const (
	ObjectInherit      ACEFlags = 0x1 // no effect on namespaces, which have no objects but namespaces
	ContainerInherit   ACEFlags = 0x2 // counts in the namespaces below as well
	NoPropagateInherit ACEFlags = 0x4 // but only in those directly below
	InheritOnly        ACEFlags = 0x8 // does not count in this one
	Inherited          ACEFlags = 0x10
	Critical           ACEFlags = 0x20 // not to be removed
	SuccessfulAccess   ACEFlags = 0x40 // audits only
	FailedAccess       ACEFlags = 0x80 // audits only
)

// A GUID in the form in which it lies in memory: the first three of its parts
// have the least significant byte first.
type GUID [16]byte

// Generic rights, which stand for rights of the object that they are about.
// [MS-DTYP] 2.4.3
const (
	GenericAll     Rights = 0x10000000
	GenericExecute Rights = 0x20000000
	GenericWrite   Rights = 0x40000000
	GenericRead    Rights = 0x80000000
)

// NamespaceRights are all rights that there are in a namespace.
const NamespaceRights = Enable | MethodExecute | FullWrite | PartialWrite | WriteProvider | RemoteEnable |
	Subscribe | Publish | ReadControl | WriteDAC

// generics are the rights in a namespace for which the generic ones stand.
var generics = [...]struct{ generic, rights Rights }{
	{GenericRead, Enable | Subscribe | ReadControl},
	{GenericWrite, FullWrite | PartialWrite | WriteProvider | Publish},
	{GenericExecute, Enable | MethodExecute},
	{GenericAll, NamespaceRights},
}

// Specific returns r with the rights of a namespace in place of the generic
// rights that stand for them.
func (r Rights) Specific() Rights {
	for _, g := range generics {
		if r&g.generic != 0 {
			r = r&^g.generic | g.rights
		}
	}
	return r
}

// MaxACL is the size of the longest binary form of an ACL in bytes, which its
// header has 16 bits for.
const MaxACL = 1<<16 - 4
