package repository

import "openwmi/cim"

// eventClasses are those of events.md 2, 7 and 8.1 and system-classes.md 5.
func eventClasses() []*systemClass {
	any := func(name string) cim.PropertyDecl { return field(name, cim.TypeObject) }
	return []*systemClass{
		sys(40, "__Event", "__IndicationRelated",
			cim.Qualifiers{{Name: "abstract", Value: cim.BoolValue(true), Flavor: cim.ToInstance | cim.ToSubclass | cim.DisableOverride}},
			field("SECURITY_DESCRIPTOR", bytesType),
			field("TIME_CREATED", cim.TypeUint64)),

		sys(41, "__NamespaceOperationEvent", "__Event", nil, of("__Namespace", any("TargetNamespace"))),
		sys(42, "__NamespaceCreationEvent", "__NamespaceOperationEvent", nil),
		sys(43, "__NamespaceDeletionEvent", "__NamespaceOperationEvent", nil),
		sys(44, "__NamespaceModificationEvent", "__NamespaceOperationEvent", nil, of("__Namespace", any("PreviousNamespace"))),
		sys(45, "__ClassOperationEvent", "__Event", nil, any("TargetClass")),
		sys(46, "__ClassCreationEvent", "__ClassOperationEvent", nil),
		sys(47, "__ClassDeletionEvent", "__ClassOperationEvent", nil),
		sys(48, "__ClassModificationEvent", "__ClassOperationEvent", nil, any("PreviousClass")),
		sys(49, "__InstanceOperationEvent", "__Event", nil, any("TargetInstance")),
		sys(50, "__InstanceCreationEvent", "__InstanceOperationEvent", nil),
		sys(51, "__InstanceDeletionEvent", "__InstanceOperationEvent", nil),
		sys(52, "__InstanceModificationEvent", "__InstanceOperationEvent", nil, any("PreviousInstance")),
		sys(53, "__MethodInvocationEvent", "__InstanceOperationEvent", nil,
			field("Method", cim.TypeString),
			of("__PARAMETERS", any("Parameters")),
			field("PreCall", cim.TypeBoolean)),
		sys(54, "__TimerEvent", "__Event", nil,
			field("TimerId", cim.TypeString),
			field("NumFirings", cim.TypeUint32)),
		sys(55, "__ExtrinsicEvent", "__Event", nil),
		sys(56, "__SystemEvent", "__ExtrinsicEvent", nil),
		sys(57, "__EventDroppedEvent", "__SystemEvent", nil,
			of("__Event", any("Event")),
			of("__EventConsumer", field("IntendedConsumer", cim.TypeReference))),
		sys(58, "__EventQueueOverflowEvent", "__EventDroppedEvent", nil, field("CurrentQueueSize", cim.TypeUint32)),
		sys(59, "__ConsumerFailureEvent", "__EventDroppedEvent", nil,
			field("ErrorCode", cim.TypeUint32),
			field("ErrorDescription", cim.TypeString),
			any("ErrorObject")),
		sys(60, "__AggregateEvent", "__IndicationRelated", nil,
			any("Representative"),
			field("NumberOfEvents", cim.TypeUint32)),

		sys(61, "__EventGenerator", "__IndicationRelated", is("abstract")),
		sys(62, "__TimerInstruction", "__EventGenerator", is("abstract"),
			field("TimerId", cim.TypeString, isKey),
			booleanOr(false, "SkipIfPassed")),
		sys(63, "__AbsoluteTimerInstruction", "__TimerInstruction", nil,
			field("EventDateTime", cim.TypeDatetime, isNotNull)),
		sys(64, "__IntervalTimerInstruction", "__TimerInstruction", nil,
			field("IntervalBetweenEvents", cim.TypeUint32, isNotNull,
				cim.Qualifier{Name: "units", Value: cim.StringValue("milliseconds")})),
		sys(65, "__TimerNextFiring", "__IndicationRelated", nil,
			field("TimerId", cim.TypeString, isKey),
			field("NextEvent64BitTime", cim.TypeSint64),
			field("FiringTime", cim.TypeString)),

		sys(66, "__EventFilter", "__IndicationRelated", nil,
			field("Name", cim.TypeString, isKey),
			field("Query", cim.TypeString),
			field("QueryLanguage", cim.TypeString),
			field("EventNamespace", cim.TypeString),
			field("EventAccess", cim.TypeString),
			creatorSID()),
		sys(67, "__EventConsumer", "__IndicationRelated", is("abstract"),
			creatorSID(),
			field("MachineName", cim.TypeString),
			field("MaximumQueueSize", cim.TypeUint32)),
		sys(68, "__FilterToConsumerBinding", "__IndicationRelated", is("association"),
			of("__EventConsumer", field("Consumer", cim.TypeReference, isKey)),
			of("__EventFilter", field("Filter", cim.TypeReference, isKey)),
			booleanOr(false, "DeliverSynchronously"),
			field("DeliveryQoS", cim.TypeUint32),
			booleanOr(false, "MaintainSecurityContext"),
			booleanOr(false, "SlowDownProviders"),
			creatorSID()),
	}
}

// creatorSID is who put an object; by default S-1-5-18, the system itself.
func creatorSID() cim.PropertyDecl {
	return or(cim.BytesValue([]byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}), field("CreatorSID", bytesType))
}
