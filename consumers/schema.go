package consumers

import _ "embed"

// MOF declares the classes of the standard event consumers in root\subscription
// and registers, under the names of the classes, who implements them. It can be
// compiled any number of times.
//
//go:embed subscription.mof
var MOF []byte
