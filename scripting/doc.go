// Package scripting is the Scripting API of WMI for Go: locators, services,
// objects, sinks and what else the type library has, over any wbem.Locator. So
// the same program runs on the embedded object manager and on every protocol.
//
//	locator := scripting.NewLocator(manager)
//	services, err := locator.ConnectServer("", `root\cimv2`, "", "", "", "", 0, nil)
//	...
//	object, err := services.Get(`Class.Key="value"`, 0, nil)
//	...
//	err = object.Set("Name", "new")
//	...
//	err = services.PutAsync(sink, object, scripting.ChangeFlagUpdateOnly, nil, nil)
//
// # Names
//
// The names are the documented ones by one rule: without SWbem, wbem and the
// underscore at the end. A property that can be read is a method of its name,
// one that can be written has another method with Set before the name, and an
// enumerator is All. A constant keeps the name of its enumeration: wbemErrNotFound
// is ErrNotFound, wbemFlagForwardOnly FlagForwardOnly, wbemCimtypeUint8
// CimtypeUint8.
//
// A method has the documented parameters in their order, all of them: what a
// script may leave out, a Go program passes as the zero value. Where that is not
// the default of scripts, which the table below shows, it means the other choice:
// InstancesOf with flags 0 is synchronous, and with FlagReturnImmediately, which
// a script gets without asking, it is not.
//
// # Errors
//
// Every error is an *Error, and errors.Is(err, ErrNotFound) works on it. Two
// statuses are errors though the work was done, because scripts get them as
// errors: ErrResetToDefault of Remove, ErrTimedout of NextEvent. The error
// objects of calls are there twice: as LastError of the *Error, and pending in
// the session until Services.LastError takes the last one.
//
// # Concurrency
//
// Locator, Services, Sink, ObjectSet, EventSource and Refresher may be used by
// several goroutines at once. Every other object, and the views that come from
// it, such as its properties, belong to one goroutine at a time. A loop over a
// set sees what was there when it began.
//
// # Members
//
// Every documented member, with its parameters and their defaults in scripts,
// and where it is here.
//
//	GetObject(moniker)  Locator.GetObject
//
//	SWbemLocator  NewLocator
//	SWbemLocator.ConnectServer(server=".", namespace="", user="", password="", locale="", authority="", flags=0, values=nil)  Locator.ConnectServer
//	SWbemLocator.Security_  Locator.Security
//
//	SWbemServices.Get(path="", flags=0, values=nil)  Services.Get
//	SWbemServices.GetAsync(sink, path="", flags=0, values=nil, asyncContext=nil)  Services.GetAsync
//	SWbemServices.Delete(path, flags=0, values=nil)  Services.Delete
//	SWbemServices.DeleteAsync(sink, path, flags=0, values=nil, asyncContext=nil)  Services.DeleteAsync
//	SWbemServices.InstancesOf(class, flags=0x10, values=nil)  Services.InstancesOf
//	SWbemServices.InstancesOfAsync(sink, class, flags=0, values=nil, asyncContext=nil)  Services.InstancesOfAsync
//	SWbemServices.SubclassesOf(superclass="", flags=0x10, values=nil)  Services.SubclassesOf
//	SWbemServices.SubclassesOfAsync(sink, superclass="", flags=0, values=nil, asyncContext=nil)  Services.SubclassesOfAsync
//	SWbemServices.ExecQuery(query, language="WQL", flags=0x10, values=nil)  Services.ExecQuery
//	SWbemServices.ExecQueryAsync(sink, query, language="WQL", flags=0, values=nil, asyncContext=nil)  Services.ExecQueryAsync
//	SWbemServices.AssociatorsOf(path, assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0x10, values=nil)  Services.AssociatorsOf
//	SWbemServices.AssociatorsOfAsync(sink, path, assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0, values=nil, asyncContext=nil)  Services.AssociatorsOfAsync
//	SWbemServices.ReferencesTo(path, resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0x10, values=nil)  Services.ReferencesTo
//	SWbemServices.ReferencesToAsync(sink, path, resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0, values=nil, asyncContext=nil)  Services.ReferencesToAsync
//	SWbemServices.ExecNotificationQuery(query, language="WQL", flags=0x30, values=nil)  Services.ExecNotificationQuery
//	SWbemServices.ExecNotificationQueryAsync(sink, query, language="WQL", flags=0, values=nil, asyncContext=nil)  Services.ExecNotificationQueryAsync
//	SWbemServices.ExecMethod(path, methodName, inParameters=nil, flags=0, values=nil)  Services.ExecMethod
//	SWbemServices.ExecMethodAsync(sink, path, methodName, inParameters=nil, flags=0, values=nil, asyncContext=nil)  Services.ExecMethodAsync
//	SWbemServices.Security_  Services.Security
//	SWbemServicesEx.Put(object, flags=0, values=nil)  Services.Put
//	SWbemServicesEx.PutAsync(sink, object, flags=0, values=nil, asyncContext=nil)  Services.PutAsync
//
//	SWbemObject.Put_(flags=0, values=nil)  Object.Put
//	SWbemObject.PutAsync_(sink, flags=0, values=nil, asyncContext=nil)  Object.PutAsync
//	SWbemObject.Delete_(flags=0, values=nil)  Object.Delete
//	SWbemObject.DeleteAsync_(sink, flags=0, values=nil, asyncContext=nil)  Object.DeleteAsync
//	SWbemObject.Instances_(flags=0x10, values=nil)  Object.Instances
//	SWbemObject.InstancesAsync_(sink, flags=0, values=nil, asyncContext=nil)  Object.InstancesAsync
//	SWbemObject.Subclasses_(flags=0x10, values=nil)  Object.Subclasses
//	SWbemObject.SubclassesAsync_(sink, flags=0, values=nil, asyncContext=nil)  Object.SubclassesAsync
//	SWbemObject.Associators_(assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0x10, values=nil)  Object.Associators
//	SWbemObject.AssociatorsAsync_(sink, assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0, values=nil, asyncContext=nil)  Object.AssociatorsAsync
//	SWbemObject.References_(resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0x10, values=nil)  Object.References
//	SWbemObject.ReferencesAsync_(sink, resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0, values=nil, asyncContext=nil)  Object.ReferencesAsync
//	SWbemObject.ExecMethod_(methodName, inParameters=nil, flags=0, values=nil)  Object.ExecMethod
//	SWbemObject.ExecMethodAsync_(sink, methodName, inParameters=nil, flags=0, values=nil, asyncContext=nil)  Object.ExecMethodAsync
//	SWbemObject.Clone_()  Object.Clone
//	SWbemObject.GetObjectText_(flags=0)  Object.GetObjectText
//	SWbemObject.SpawnDerivedClass_(flags=0)  Object.SpawnDerivedClass
//	SWbemObject.SpawnInstance_(flags=0)  Object.SpawnInstance
//	SWbemObject.CompareTo_(other, flags=0)  Object.CompareTo
//	SWbemObject.Qualifiers_  Object.Qualifiers
//	SWbemObject.Properties_  Object.Properties
//	SWbemObject.Methods_  Object.Methods
//	SWbemObject.Derivation_  Object.Derivation
//	SWbemObject.Path_  Object.Path
//	SWbemObject.Security_  Object.Security
//	SWbemObject.(property)  Object.Get, Object.Set
//	SWbemObject.(method)  Object.Call
//	SWbemObjectEx.Refresh_(flags=0, values=nil)  Object.Refresh
//	SWbemObjectEx.SystemProperties_  Object.SystemProperties
//	SWbemObjectEx.GetText_(format, flags=0, values=nil)  Object.GetText
//	SWbemObjectEx.SetFromText_(text, format, flags=0, values=nil)  Object.SetFromText
//
//	SWbemLastError  Services.LastError, Error.LastError
//	SWbemLastError.Path_  Object.Path
//	SWbemLastError.Properties_  Object.Properties
//	SWbemLastError.Clone_()  Object.Clone
//	SWbemLastError.CompareTo_(other, flags=0)  Object.CompareTo
//	SWbemLastError.GetObjectText_(flags=0)  Object.GetObjectText
//
//	SWbemObjectSet._NewEnum  ObjectSet.All
//	SWbemObjectSet.Item(path, flags=0)  ObjectSet.Item
//	SWbemObjectSet.Count  ObjectSet.Count
//	SWbemObjectSet.ItemIndex(index)  ObjectSet.ItemIndex
//	SWbemObjectSet.Security_  ObjectSet.Security
//
//	SWbemObjectPath  NewObjectPath
//	SWbemObjectPath.Path  ObjectPath.Path, ObjectPath.SetPath
//	SWbemObjectPath.RelPath  ObjectPath.RelPath, ObjectPath.SetRelPath
//	SWbemObjectPath.Server  ObjectPath.Server, ObjectPath.SetServer
//	SWbemObjectPath.Namespace  ObjectPath.Namespace, ObjectPath.SetNamespace
//	SWbemObjectPath.ParentNamespace  ObjectPath.ParentNamespace
//	SWbemObjectPath.DisplayName  ObjectPath.DisplayName, ObjectPath.SetDisplayName
//	SWbemObjectPath.Class  ObjectPath.Class, ObjectPath.SetClass
//	SWbemObjectPath.IsClass  ObjectPath.IsClass
//	SWbemObjectPath.SetAsClass()  ObjectPath.SetAsClass
//	SWbemObjectPath.IsSingleton  ObjectPath.IsSingleton
//	SWbemObjectPath.SetAsSingleton()  ObjectPath.SetAsSingleton
//	SWbemObjectPath.Keys  ObjectPath.Keys, ObjectPath.SetKeys
//	SWbemObjectPath.Security_  ObjectPath.Security
//	SWbemObjectPath.Locale  ObjectPath.Locale, ObjectPath.SetLocale
//	SWbemObjectPath.Authority  ObjectPath.Authority, ObjectPath.SetAuthority
//
//	SWbemNamedValueSet  NewNamedValueSet
//	SWbemNamedValueSet._NewEnum  NamedValueSet.All
//	SWbemNamedValueSet.Item(name, flags=0)  NamedValueSet.Item
//	SWbemNamedValueSet.Count  NamedValueSet.Count
//	SWbemNamedValueSet.Add(name, value, flags=0)  NamedValueSet.Add
//	SWbemNamedValueSet.Remove(name, flags=0)  NamedValueSet.Remove
//	SWbemNamedValueSet.Clone()  NamedValueSet.Clone
//	SWbemNamedValueSet.DeleteAll()  NamedValueSet.DeleteAll
//	SWbemNamedValue.Value  NamedValue.Value, NamedValue.SetValue
//	SWbemNamedValue.Name  NamedValue.Name
//
//	SWbemSink  Sink
//	SWbemSink.Cancel()  Sink.Cancel
//	SWbemSink.OnObjectReady  Sink.OnObjectReady
//	SWbemSink.OnCompleted  Sink.OnCompleted
//	SWbemSink.OnProgress  Sink.OnProgress
//	SWbemSink.OnObjectPut  Sink.OnObjectPut
//
//	SWbemEventSource.NextEvent(timeout=-1)  EventSource.NextEvent
//	SWbemEventSource.Security_  EventSource.Security
//
//	SWbemRefresher  NewRefresher
//	SWbemRefresher._NewEnum  Refresher.All
//	SWbemRefresher.Item(index)  Refresher.Item
//	SWbemRefresher.Count  Refresher.Count
//	SWbemRefresher.Add(services, instancePath, flags=0, values=nil)  Refresher.Add
//	SWbemRefresher.AddEnum(services, class, flags=0, values=nil)  Refresher.AddEnum
//	SWbemRefresher.Remove(index, flags=0)  Refresher.Remove
//	SWbemRefresher.Refresh(flags=0)  Refresher.Refresh
//	SWbemRefresher.AutoReconnect  Refresher.AutoReconnect, Refresher.SetAutoReconnect
//	SWbemRefresher.DeleteAll()  Refresher.DeleteAll
//	SWbemRefreshableItem.Index  RefreshableItem.Index
//	SWbemRefreshableItem.Refresher  RefreshableItem.Refresher
//	SWbemRefreshableItem.IsSet  RefreshableItem.IsSet
//	SWbemRefreshableItem.Object  RefreshableItem.Object
//	SWbemRefreshableItem.ObjectSet  RefreshableItem.ObjectSet
//	SWbemRefreshableItem.Remove(flags=0)  RefreshableItem.Remove
//
//	SWbemDateTime  NewDateTime
//	SWbemDateTime.Value  DateTime.Value, DateTime.SetValue
//	SWbemDateTime.Year  DateTime.Year, DateTime.SetYear
//	SWbemDateTime.YearSpecified  DateTime.YearSpecified, DateTime.SetYearSpecified
//	SWbemDateTime.Month  DateTime.Month, DateTime.SetMonth
//	SWbemDateTime.MonthSpecified  DateTime.MonthSpecified, DateTime.SetMonthSpecified
//	SWbemDateTime.Day  DateTime.Day, DateTime.SetDay
//	SWbemDateTime.DaySpecified  DateTime.DaySpecified, DateTime.SetDaySpecified
//	SWbemDateTime.Hours  DateTime.Hours, DateTime.SetHours
//	SWbemDateTime.HoursSpecified  DateTime.HoursSpecified, DateTime.SetHoursSpecified
//	SWbemDateTime.Minutes  DateTime.Minutes, DateTime.SetMinutes
//	SWbemDateTime.MinutesSpecified  DateTime.MinutesSpecified, DateTime.SetMinutesSpecified
//	SWbemDateTime.Seconds  DateTime.Seconds, DateTime.SetSeconds
//	SWbemDateTime.SecondsSpecified  DateTime.SecondsSpecified, DateTime.SetSecondsSpecified
//	SWbemDateTime.Microseconds  DateTime.Microseconds, DateTime.SetMicroseconds
//	SWbemDateTime.MicrosecondsSpecified  DateTime.MicrosecondsSpecified, DateTime.SetMicrosecondsSpecified
//	SWbemDateTime.UTC  DateTime.UTC, DateTime.SetUTC
//	SWbemDateTime.UTCSpecified  DateTime.UTCSpecified, DateTime.SetUTCSpecified
//	SWbemDateTime.IsInterval  DateTime.IsInterval, DateTime.SetIsInterval
//	SWbemDateTime.GetVarDate(isLocal=true)  DateTime.GetVarDate
//	SWbemDateTime.SetVarDate(t, isLocal=true)  DateTime.SetVarDate
//	SWbemDateTime.GetFileTime(isLocal=true)  DateTime.GetFileTime
//	SWbemDateTime.SetFileTime(fileTime, isLocal=true)  DateTime.SetFileTime
//
//	SWbemSecurity.ImpersonationLevel  Security.ImpersonationLevel, Security.SetImpersonationLevel
//	SWbemSecurity.AuthenticationLevel  Security.AuthenticationLevel, Security.SetAuthenticationLevel
//	SWbemSecurity.Privileges  Security.Privileges
//	SWbemPrivilegeSet._NewEnum  PrivilegeSet.All
//	SWbemPrivilegeSet.Item(id)  PrivilegeSet.Item
//	SWbemPrivilegeSet.Count  PrivilegeSet.Count
//	SWbemPrivilegeSet.Add(id, enabled=true)  PrivilegeSet.Add
//	SWbemPrivilegeSet.AddAsString(name, enabled=true)  PrivilegeSet.AddAsString
//	SWbemPrivilegeSet.Remove(id)  PrivilegeSet.Remove
//	SWbemPrivilegeSet.DeleteAll()  PrivilegeSet.DeleteAll
//	SWbemPrivilege.IsEnabled  Privilege.IsEnabled, Privilege.SetIsEnabled
//	SWbemPrivilege.Name  Privilege.Name
//	SWbemPrivilege.DisplayName  Privilege.DisplayName
//	SWbemPrivilege.Identifier  Privilege.Identifier
//
//	SWbemPropertySet._NewEnum  PropertySet.All
//	SWbemPropertySet.Item(name, flags=0)  PropertySet.Item
//	SWbemPropertySet.Count  PropertySet.Count
//	SWbemPropertySet.Add(name, t, isArray=false, flags=0)  PropertySet.Add
//	SWbemPropertySet.Remove(name, flags=0)  PropertySet.Remove
//	SWbemProperty.Value  Property.Value, Property.SetValue
//	SWbemProperty.Name  Property.Name
//	SWbemProperty.IsLocal  Property.IsLocal
//	SWbemProperty.Origin  Property.Origin
//	SWbemProperty.CIMType  Property.CIMType
//	SWbemProperty.Qualifiers_  Property.Qualifiers
//	SWbemProperty.IsArray  Property.IsArray
//
//	SWbemQualifierSet._NewEnum  QualifierSet.All
//	SWbemQualifierSet.Item(name, flags=0)  QualifierSet.Item
//	SWbemQualifierSet.Count  QualifierSet.Count
//	SWbemQualifierSet.Add(name, value, propagatesToSubclasses=true, propagatesToInstances=true, overridable=true, flags=0)  QualifierSet.Add
//	SWbemQualifierSet.Remove(name, flags=0)  QualifierSet.Remove
//	SWbemQualifier.Value  Qualifier.Value, Qualifier.SetValue
//	SWbemQualifier.Name  Qualifier.Name
//	SWbemQualifier.IsLocal  Qualifier.IsLocal
//	SWbemQualifier.PropagatesToSubclass  Qualifier.PropagatesToSubclass, Qualifier.SetPropagatesToSubclass
//	SWbemQualifier.PropagatesToInstance  Qualifier.PropagatesToInstance, Qualifier.SetPropagatesToInstance
//	SWbemQualifier.IsOverridable  Qualifier.IsOverridable, Qualifier.SetIsOverridable
//	SWbemQualifier.IsAmended  Qualifier.IsAmended
//
//	SWbemMethodSet._NewEnum  MethodSet.All
//	SWbemMethodSet.Item(name, flags=0)  MethodSet.Item
//	SWbemMethodSet.Count  MethodSet.Count
//	SWbemMethod.Name  Method.Name
//	SWbemMethod.Origin  Method.Origin
//	SWbemMethod.InParameters  Method.InParameters
//	SWbemMethod.OutParameters  Method.OutParameters
//	SWbemMethod.Qualifiers_  Method.Qualifiers
//
// The members of SWbemObject that SWbemLastError does not use are
// ErrNotSupported where they need a namespace.
package scripting
