package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classDateTime() *automation.Class {
	return &automation.Class{
		Name: "SWbemDateTime", Type: (*scripting.DateTime)(nil), Default: "Value",
		Members: []automation.Member{
			m("Value", (*scripting.DateTime).Value, (*scripting.DateTime).SetValue),
			m("Year", (*scripting.DateTime).Year, (*scripting.DateTime).SetYear),
			m("YearSpecified", (*scripting.DateTime).YearSpecified, (*scripting.DateTime).SetYearSpecified),
			m("Month", (*scripting.DateTime).Month, (*scripting.DateTime).SetMonth),
			m("MonthSpecified", (*scripting.DateTime).MonthSpecified, (*scripting.DateTime).SetMonthSpecified),
			m("Day", (*scripting.DateTime).Day, (*scripting.DateTime).SetDay),
			m("DaySpecified", (*scripting.DateTime).DaySpecified, (*scripting.DateTime).SetDaySpecified),
			m("Hours", (*scripting.DateTime).Hours, (*scripting.DateTime).SetHours),
			m("HoursSpecified", (*scripting.DateTime).HoursSpecified, (*scripting.DateTime).SetHoursSpecified),
			m("Minutes", (*scripting.DateTime).Minutes, (*scripting.DateTime).SetMinutes),
			m("MinutesSpecified", (*scripting.DateTime).MinutesSpecified, (*scripting.DateTime).SetMinutesSpecified),
			m("Seconds", (*scripting.DateTime).Seconds, (*scripting.DateTime).SetSeconds),
			m("SecondsSpecified", (*scripting.DateTime).SecondsSpecified, (*scripting.DateTime).SetSecondsSpecified),
			m("Microseconds", (*scripting.DateTime).Microseconds, (*scripting.DateTime).SetMicroseconds),
			m("MicrosecondsSpecified", (*scripting.DateTime).MicrosecondsSpecified, (*scripting.DateTime).SetMicrosecondsSpecified),
			m("UTC", (*scripting.DateTime).UTC, (*scripting.DateTime).SetUTC),
			m("UTCSpecified", (*scripting.DateTime).UTCSpecified, (*scripting.DateTime).SetUTCSpecified),
			m("IsInterval", (*scripting.DateTime).IsInterval, (*scripting.DateTime).SetIsInterval),
			m("GetVarDate(isLocal=true)", (*scripting.DateTime).GetVarDate),
			m("SetVarDate(t, isLocal=true)", (*scripting.DateTime).SetVarDate),
			m("GetFileTime(isLocal=true)", (*scripting.DateTime).GetFileTime),
			m("SetFileTime(fileTime, isLocal=true)", (*scripting.DateTime).SetFileTime),
		},
	}
}
