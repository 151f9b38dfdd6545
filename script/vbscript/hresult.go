package vbscript

// hresults are the HRESULTs that VBScript reports as errors of its own when they come
// without a description. [MS-ERREF] 2.1 has their names.
var hresults = map[uint32]int32{
	0x80004001: errNoAction,       // E_NOTIMPL
	0x80004002: 430,               // E_NOINTERFACE
	0x80020001: errNoMember,       // DISP_E_UNKNOWNINTERFACE
	0x80020003: errNoMember,       // DISP_E_MEMBERNOTFOUND
	0x80020004: 448,               // DISP_E_PARAMNOTFOUND
	0x80020005: errTypeMismatch,   // DISP_E_TYPEMISMATCH
	0x80020006: errNoMember,       // DISP_E_UNKNOWNNAME
	0x80020007: 446,               // DISP_E_NONAMEDARGS
	0x80020008: errNoVariant,      // DISP_E_BADVARTYPE
	0x8002000A: errOverflow,       // DISP_E_OVERFLOW
	0x8002000B: errSubscript,      // DISP_E_BADINDEX
	0x8002000C: 447,               // DISP_E_UNKNOWNLCID
	0x8002000D: errFixedArray,     // DISP_E_ARRAYISLOCKED
	0x8002000E: errArguments,      // DISP_E_BADPARAMCOUNT
	0x8002000F: errNotOptional,    // DISP_E_PARAMNOTOPTIONAL
	0x80020011: errNotCollection,  // DISP_E_NOTACOLLECTION
	0x8002802F: 453,               // TYPE_E_DLLFUNCTIONNOTFOUND
	0x80028CA0: errTypeMismatch,   // TYPE_E_TYPEMISMATCH
	0x80028CA1: errSubscript,      // TYPE_E_OUTOFBOUNDS
	0x80028CA2: 57,                // TYPE_E_IOERROR
	0x80028CA3: 322,               // TYPE_E_CANTCREATETMPFILE
	0x80030002: 432,               // STG_E_FILENOTFOUND
	0x80030003: 76,                // STG_E_PATHNOTFOUND
	0x80030004: 67,                // STG_E_TOOMANYOPENFILES
	0x80030005: 70,                // STG_E_ACCESSDENIED
	0x80030008: errMemory,         // STG_E_INSUFFICIENTMEMORY
	0x80030012: 67,                // STG_E_NOMOREFILES
	0x80030013: 70,                // STG_E_DISKISWRITEPROTECTED
	0x8003001D: 57,                // STG_E_WRITEFAULT
	0x8003001E: 57,                // STG_E_READFAULT
	0x80030020: 75,                // STG_E_SHAREVIOLATION
	0x80030021: 70,                // STG_E_LOCKVIOLATION
	0x80030050: 58,                // STG_E_FILEALREADYEXISTS
	0x80030070: 61,                // STG_E_MEDIUMFULL
	0x800300FC: 53,                // STG_E_INVALIDNAME
	0x80030100: 70,                // STG_E_INUSE
	0x80030101: 70,                // STG_E_NOTCURRENT
	0x80030103: 57,                // STG_E_CANTSAVE
	0x80040154: errCreateObject,   // REGDB_E_CLASSNOTREG
	0x800401E3: errCreateObject,   // MK_E_UNAVAILABLE
	0x800401E6: 432,               // MK_E_INVALIDEXTENSION
	0x800401EA: 432,               // MK_E_CANTOPENFILE
	0x800401F3: errCreateObject,   // CO_E_CLASSSTRING
	0x800401F5: errCreateObject,   // CO_E_APPNOTFOUND
	0x800401FE: errCreateObject,   // CO_E_APPDIDNTREG
	0x80070005: 70,                // E_ACCESSDENIED
	0x8007000E: errMemory,         // E_OUTOFMEMORY
	0x80070057: errCallOrArgument, // E_INVALIDARG
	0x800706BA: 462,               // RPC_S_SERVER_UNAVAILABLE
	0x80080005: errCreateObject,   // CO_E_SERVER_EXEC_FAILURE
}

// ownNumber returns the number of VBScript for an HRESULT; n itself when there is none.
func ownNumber(n int32) int32 {
	h := uint32(n)
	if h>>16 == 0x800A { // FACILITY_CONTROL, where those numbers live
		return int32(h & 0xFFFF)
	}
	if own, ok := hresults[h]; ok {
		return own
	}
	return n
}

// adopt makes an error without a description, as a host may return it, one of VBScript's
// own when its number has one.
func (e *Error) adopt() {
	if e.Description != "" {
		return
	}
	if n := ownNumber(e.Number); n > 0 {
		e.Number, e.Description = n, errorText(int(n))
		if e.Source == "" {
			e.Source = runtimeSource
		}
	}
}
