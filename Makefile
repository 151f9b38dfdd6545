# make check is what a change must pass.

GO ?= go

.PHONY: check build test race lint bench

check: build lint test race

build:
	CGO_ENABLED=0 $(GO) build ./...

test:
	$(GO) test ./...

race:
	$(GO) test -race -short ./...

lint:
	test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

bench:
	$(GO) run ./cmd/wmi bench
