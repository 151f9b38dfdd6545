package repository

import (
	"slices"

	"openwmi/cim"
)

// coreClasses are those of system-classes.md 2 and 3.
func coreClasses() []*systemClass {
	return []*systemClass{
		sys(1, "__SystemClass", "", is("abstract")),
		sys(2, "__PARAMETERS", "", is("abstract")),
		sys(3, "__NotifyStatus", "", is("abstract"), field("StatusCode", cim.TypeUint32)),
		sys(4, "__ExtendedStatus", "__NotifyStatus", nil,
			fields(cim.TypeString, "Description", "Operation", "ParameterInfo", "ProviderName")...),
		sys(5, "__IndicationRelated", "__SystemClass", is("abstract")),

		sys(6, "__Namespace", "__SystemClass", nil, field("Name", cim.TypeString, isKey)),
		sys(7, "__thisNAMESPACE", "__SystemClass", is("singleton"), field("SECURITY_DESCRIPTOR", bytesType)),
		systemSecurity(8),
		sys(9, "__SecurityRelatedClass", "", is("abstract")),
		sys(10, "__Trustee", "__SecurityRelatedClass", is("abstract"),
			field("Domain", cim.TypeString),
			field("Name", cim.TypeString),
			field("SID", bytesType),
			field("SidLength", cim.TypeUint32),
			field("SidString", cim.TypeString),
			field("TIME_CREATED", cim.TypeUint64)),
		sys(11, "__ACE", "__SecurityRelatedClass", is("abstract"),
			field("AccessMask", cim.TypeUint32),
			field("AceFlags", cim.TypeUint32),
			field("AceType", cim.TypeUint32),
			field("GuidInheritedObjectType", cim.TypeString),
			field("GuidObjectType", cim.TypeString),
			field("TIME_CREATED", cim.TypeUint64),
			of("__Trustee", field("Trustee", cim.TypeObject))),
		sys(12, "__SecurityDescriptor", "__SecurityRelatedClass", is("abstract"),
			field("ControlFlags", cim.TypeUint32),
			of("__ACE", field("DACL", cim.TypeObject.ArrayOf())),
			of("__ACE", field("SACL", cim.TypeObject.ArrayOf())),
			of("__Trustee", field("Owner", cim.TypeObject)),
			of("__Trustee", field("Group", cim.TypeObject)),
			field("TIME_CREATED", cim.TypeUint64)),
		sys(13, "__NTLMUser9X", "__SecurityRelatedClass", nil,
			field("Authority", cim.TypeString),
			field("Flags", cim.TypeSint32),
			field("Mask", cim.TypeSint32),
			field("Name", cim.TypeString),
			field("Type", cim.TypeSint32)),
	}
}

// systemSecurity is __SystemSecurity. Its methods are static, and the object
// manager implements them.
func systemSecurity(id uint32) *systemClass {
	method := func(name, direction, param string, t cim.Type, class string) cim.MethodDecl {
		return cim.MethodDecl{
			Name:       name,
			Return:     cim.TypeUint32,
			Qualifiers: slices.Concat(is("static"), is("implemented")),
			Parameters: []cim.ParameterDecl{{Name: param, Type: t, Class: class, Qualifiers: is(direction)}},
		}
	}
	c := sys(id, "__SystemSecurity", "", cim.Qualifiers{
		{Name: "singleton", Value: cim.BoolValue(true), Flavor: cim.ToInstance | cim.ToSubclass | cim.DisableOverride},
	})
	c.decl.Methods = []cim.MethodDecl{
		method("GetSD", "out", "SD", bytesType, ""),
		method("SetSD", "in", "SD", bytesType, ""),
		method("GetSecurityDescriptor", "out", "Descriptor", cim.TypeObject, "__SecurityDescriptor"),
		method("SetSecurityDescriptor", "in", "Descriptor", cim.TypeObject, "__SecurityDescriptor"),
		method("GetCallerAccessRights", "out", "rights", cim.TypeSint32, ""),
		method("Get9XUserList", "out", "ul", cim.TypeObject.ArrayOf(), "__NTLMUser9X"),
		method("Set9XUserList", "in", "ul", cim.TypeObject.ArrayOf(), "__NTLMUser9X"),
	}
	return c
}

// registrationClasses are those of system-classes.md 4. The key of a
// registration is the provider; see entry.domain for what is special about it.
func registrationClasses() []*systemClass {
	return []*systemClass{
		sys(20, "__Provider", "__SystemClass", is("abstract"), field("Name", cim.TypeString, isKey)),
		sys(21, "__Win32Provider", "__Provider", nil,
			field("CLSID", cim.TypeString),
			field("ClientLoadableCLSID", cim.TypeString),
			field("DefaultMachineName", cim.TypeString),
			field("HostingModel", cim.TypeString),
			or(cim.Sint32Value(0), field("ImpersonationLevel", cim.TypeSint32)),
			or(cim.Sint32Value(0), field("InitializationReentrancy", cim.TypeSint32)),
			field("InitializationTimeoutInterval", cim.TypeDatetime, isInterval),
			field("OperationTimeoutInterval", cim.TypeDatetime, isInterval),
			field("InitializeAsAdminFirst", cim.TypeBoolean),
			booleanOr(false, "PerLocaleInitialization"),
			booleanOr(false, "PerUserInitialization"),
			booleanOr(true, "Pure"),
			field("SecurityDescriptor", cim.TypeString),
			field("Enabled", cim.TypeBoolean),
			field("UnloadTimeout", cim.TypeDatetime, isInterval),
			field("Version", cim.TypeUint32),
			field("Concurrency", cim.TypeSint32),
			field("SupportsExplicitShutdown", cim.TypeBoolean),
			field("SupportsExtendedStatus", cim.TypeBoolean),
			field("SupportsQuotas", cim.TypeBoolean),
			field("SupportsSendStatus", cim.TypeBoolean),
			field("SupportsShutdown", cim.TypeBoolean),
			field("SupportsThrottling", cim.TypeBoolean)),
		sys(22, "__ProviderRegistration", "__SystemClass", is("abstract"),
			of("__Provider", field("provider", cim.TypeReference, isKey))),
		sys(23, "__ObjectProviderRegistration", "__ProviderRegistration", is("abstract"),
			or(cim.Sint32Value(0), field("InteractionType", cim.TypeSint32)),
			booleanOr(false, "SupportsPut"),
			booleanOr(false, "SupportsGet"),
			booleanOr(false, "SupportsDelete"),
			booleanOr(false, "SupportsEnumeration"),
			field("QuerySupportLevels", stringsType),
			field("SupportsBatching", cim.TypeBoolean),
			field("SupportsTransactions", cim.TypeBoolean)),
		sys(24, "__ClassProviderRegistration", "__ObjectProviderRegistration", nil,
			field("ResultSetQueries", stringsType),
			field("ReferencedSetQueries", stringsType),
			field("UnsupportedQueries", stringsType),
			field("CacheRefreshInterval", cim.TypeDatetime, isInterval),
			field("PerUserSchema", cim.TypeBoolean),
			field("ReSynchroniseOnNamespaceOpen", cim.TypeBoolean),
			field("Version", cim.TypeUint32)),
		sys(25, "__InstanceProviderRegistration", "__ObjectProviderRegistration", nil,
			booleanOr(true, "SupportsEnumeration")),
		sys(26, "__MethodProviderRegistration", "__ProviderRegistration", nil),
		sys(27, "__PropertyProviderRegistration", "__ProviderRegistration", nil,
			booleanOr(false, "SupportsGet"),
			booleanOr(false, "SupportsPut")),
		sys(28, "__EventProviderRegistration", "__ProviderRegistration", nil,
			field("EventQueryList", stringsType)),
		sys(29, "__EventConsumerProviderRegistration", "__ProviderRegistration", nil,
			field("ConsumerClassNames", stringsType)),
	}
}

// rootClasses are those of system-classes.md 6.
func rootClasses() []*systemClass {
	cacheControl := func(id uint32, name string) *systemClass {
		return sys(id, name, "__CacheControl", is("singleton"), field("ClearAfter", cim.TypeDatetime, isInterval))
	}
	identification := sys(88, "__CIMOMIdentification", "__SystemClass", is("singleton"), fields(cim.TypeString,
		"SetupDateTime", "VersionCurrentlyRunning", "VersionUsedToCreateDB", "WorkingDirectory")...)
	rows := []*systemClass{
		sys(80, "__CacheControl", "__SystemClass", is("abstract")),
		cacheControl(81, "__ObjectProviderCacheControl"),
		cacheControl(82, "__PropertyProviderCacheControl"),
		cacheControl(83, "__EventProviderCacheControl"),
		cacheControl(84, "__EventConsumerProviderCacheControl"),
		cacheControl(85, "__EventSinkCacheControl"),
		sys(86, "__ArbitratorConfiguration", "__SystemClass", is("singleton"), fields(cim.TypeUint32,
			"OutstandingTasksTotal", "OutstandingTasksPerUser",
			"TaskThreadsTotal", "TaskThreadsPerUser",
			"QuotaRetryCount", "QuotaRetryWaitInterval", "TotalUsers",
			"TotalCacheMemoryPerTask", "TotalCacheMemoryPerUser", "TotalCacheMemory",
			"TotalCacheDiskPerTask", "TotalCacheDiskPerUser", "TotalCacheDisk",
			"TemporarySubscriptionsTotal", "TemporarySubscriptionsPerUser",
			"PermanentSubscriptionsTotal", "PermanentSubscriptionsPerUser",
			"PollingInstructionsTotal", "PollingInstructionsPerUser",
			"PollingMemoryTotal", "PollingMemoryPerUser")...),
		sys(87, "__ProviderHostQuotaConfiguration", "__SystemClass", is("singleton"),
			field("ThreadsPerHost", cim.TypeUint32),
			field("HandlesPerHost", cim.TypeUint32),
			field("ProcessLimitAllHosts", cim.TypeUint32),
			field("MemoryPerHost", cim.TypeUint64),
			field("MemoryAllHosts", cim.TypeUint64)),
	}
	for _, row := range rows {
		row.where = inRoot
	}
	identification.where = inRootAndDefault
	return append(rows, identification)
}
