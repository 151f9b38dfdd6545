package cimxml

// operations are the intrinsic operations. DSP0200 5.3
var operations map[string]func(*operation) error

func init() {
	operations = map[string]func(*operation) error{
		"GetClass":               getClass,
		"EnumerateClasses":       enumerateClasses,
		"EnumerateClassNames":    enumerateClassNames,
		"CreateClass":            createClass,
		"ModifyClass":            modifyClass,
		"DeleteClass":            deleteClass,
		"GetInstance":            getInstance,
		"EnumerateInstances":     enumerateInstances,
		"EnumerateInstanceNames": enumerateInstanceNames,
		"CreateInstance":         createInstance,
		"ModifyInstance":         modifyInstance,
		"DeleteInstance":         deleteInstance,
		"GetProperty":            getProperty,
		"SetProperty":            setProperty,
		"GetQualifier":           getQualifier,
		"SetQualifier":           setQualifier,
		"DeleteQualifier":        deleteQualifier,
		"EnumerateQualifiers":    enumerateQualifiers,
		"ExecQuery":              execQuery,
		"Associators":            traverseAs("ASSOCIATORS", "ObjectName", false),
		"AssociatorNames":        traverseAs("ASSOCIATORS", "ObjectName", true),
		"References":             traverseAs("REFERENCES", "ObjectName", false),
		"ReferenceNames":         traverseAs("REFERENCES", "ObjectName", true),
	}
	for name, op := range pulled {
		operations[name] = op
	}
}
