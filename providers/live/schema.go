package live

import _ "embed"

// MOF declares, in root\cimv2, the classes above those of several providers. It
// can be compiled any number of times, and comes before theirs.
//
//go:embed cim.mof
var MOF []byte
