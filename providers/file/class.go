package file

import (
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// The classes of objects.
const (
	ClassDataFile  = "CIM_DataFile"
	ClassDirectory = "Win32_Directory"
)

func (p *Provider) dataFiles() *live.Class[object] {
	c := p.objects(ClassDataFile, false)
	c.Fields = append(c.Fields, live.Field[object]{Name: "FileSize", Get: func(o *object) cim.Value { return cim.Uint64Value(o.size) }})
	c.Methods["Copy"] = p.copy
	return c
}

func (p *Provider) directories() *live.Class[object] { return p.objects(ClassDirectory, true) }

// objects is what the two classes have in common.
func (p *Provider) objects(class string, directories bool) *live.Class[object] {
	name := func(o *object) cim.Value { return cim.StringValue(o.name()) }
	when := func(get func(*object) time.Time) func(*object) cim.Value {
		return func(o *object) cim.Value { return live.Time(get(o)) }
	}
	return &live.Class[object]{
		Name: class,
		All:  p.all(directories, objectSearch),
		Fields: []live.Field[object]{
			{Name: "Name", Get: name},
			{Name: "Caption", Get: name},
			{Name: "Description", Get: name},
			{Name: "Path", Get: (*object).path},
			{Name: "FileName", Get: (*object).fileName},
			{Name: "Extension", Get: (*object).extension},
			{Name: "Drive", Get: func(o *object) cim.Value { return live.Text(o.mount.Point) }},
			{Name: "FSName", Get: func(o *object) cim.Value { return live.Text(o.mount.Kind) }},
			{Name: "FileType", Get: func(o *object) cim.Value { return live.Text(o.kind) }},
			{Name: "CreationDate", Get: when(func(o *object) time.Time { return o.created })},
			{Name: "InstallDate", Get: when(func(o *object) time.Time { return o.created })},
			{Name: "LastModified", Get: when(func(o *object) time.Time { return o.modified })},
			{Name: "LastAccessed", Get: when(func(o *object) time.Time { return o.accessed })},
			{Name: "Readable", Get: func(o *object) cim.Value { return cim.BoolValue(o.perm&0o444 != 0) }},
			{Name: "Writeable", Get: func(o *object) cim.Value { return cim.BoolValue(o.perm&0o222 != 0 && !o.mount.ReadOnly) }},
			{Name: "Hidden", Get: func(o *object) cim.Value { return cim.BoolValue(o.base != "" && o.base[0] == '.') }},
			{Name: "Compressed", Get: func(o *object) cim.Value { return o.compressed }},
			{Name: "Encrypted", Get: func(o *object) cim.Value { return o.encrypted }},
			{Name: "AccessMask", Get: func(o *object) cim.Value { return cim.Uint32Value(o.accessMask()) }},
			live.Const[object]("Status", cim.StringValue("OK")),
			live.Const[object]("CreationClassName", cim.StringValue("CIM_LogicalFile")),
			live.Const[object]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			live.Const[object]("FSCreationClassName", cim.StringValue("Win32_FileSystem")),
			{Name: "CSName", Get: func(*object) cim.Value { return p.opts.System.ComputerName() }},
		},
		Methods: map[string]live.Method[object]{
			"Delete":                 p.delete,
			"Rename":                 p.rename,
			"GetEffectivePermission": effectivePermission,
			"Compress":               notNTFS,
			"Uncompress":             notNTFS,
		},
	}
}
