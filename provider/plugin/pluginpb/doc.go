// Package pluginpb is the protocol between the host of provider/plugin and the
// programs that it starts, as generated from provider.proto. Other languages
// generate theirs from the same file.
package pluginpb

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative provider.proto
