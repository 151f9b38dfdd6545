package wmi

import "openwmi/script/automation"

// classes returns the tables of all classes. The signatures are those of the reference
// pages, with the defaults of scripts; the package comment of scripting has the same.
func classes() []*automation.Class {
	return []*automation.Class{
		classLocator(), classServices(), classEventSource(), classSink(),
		classObject(), classLastError(), classObjectSet(), classMethod(), classMethodSet(),
		classPropertySet(), classProperty(), classQualifierSet(), classQualifier(),
		classObjectPath(), classNamedValueSet(), classNamedValue(), classDateTime(),
		classSecurity(), classPrivilegeSet(), classPrivilege(),
		classRefresher(), classRefreshableItem(),
	}
}

// m is a row of a table: a member that is read or called, and what sets it.
func m(signature string, get any, put ...any) automation.Member {
	row := automation.Member{Signature: signature, Get: get}
	if len(put) > 0 {
		row.Put = put[0]
	}
	return row
}
