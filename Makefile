# Parley. `make help` lists the targets.
SHELL := /bin/bash
COMMA := ,
# Newer distributions have another version of WebRTC's sound processing, with another interface; speexdsp stands in there.
SPEEX := $(if $(wildcard /usr/include/webrtc_audio_processing/webrtc),,$(COMMA)speexdsp)
export GOFLAGS := -buildvcs=false -tags=nolibopusfile$(SPEEX) $(GOFLAGS)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X parley/assets.Version=$(VERSION)
PKG ?= ./...
FUZZTIME ?= 20s

.DEFAULT_GOAL := help
.PHONY: help run run-server build test e2e bench bench-sfu profile fuzz golden lint fmt clean deps-build deps-run deps-test

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile

deps-build:
	@.ci/install build
deps-run:
	@.ci/install run
deps-test:
	@.ci/install test

run: deps-run build ## build all, start a server and two app windows in one call
	@.ci/demo

run-server: deps-build build/parley-server ## build and start the server on its defaults
	build/parley-server serve

build: deps-build build/parley build/parley-server ## build build/parley and build/parley-server

.PHONY: build/parley build/parley-server build/parley-bench
build/parley:
	@echo "Building build/parley (the first time takes some minutes)."
	@go build -ldflags '$(LDFLAGS)' -o $@ ./app
build/parley-server:
	@echo "Building build/parley-server."
	@go build -ldflags '$(LDFLAGS)' -o $@ ./server

build/parley-bench:
	@go build -ldflags '$(LDFLAGS)' -o $@ ./server/bench

test: deps-test build ## install what the tests need and run all of them, end-to-end ones included
	go vet ./...
	go test -race -timeout 30m $$(go list $(PKG) | grep -v /app/e2e)
	go test -count 1 ./server/servertest # again without the race detector, which has no breath for five hundred people
	PARLEY_APP=$(CURDIR)/build/parley go test -race -timeout 20m -count 1 ./app/e2e/...

e2e: deps-test build ## only the end-to-end tests, with real windows
	PARLEY_APP=$(CURDIR)/build/parley go test -race -timeout 20m -count 1 -v ./app/e2e/...

bench: deps-test ## benchmarks: forwarding, webhooks, convert and scale, codecs, mixing
	go test -run '^$$' -bench . -benchmem ./server/sfu/... ./server/transport/... ./server/webhook/... ./media/...

bench-sfu: deps-build build/parley-server build/parley-bench ## what forwarding and joining cost the server, with ratios to a bare relay (Linux, 7 minutes, two quiet cores)
	build/parley-bench forward
	build/parley-bench joins

profile: deps-test build/parley-bench ## where the time of server and client goes; files in build/ for go tool pprof
	build/parley-bench profile --measure 20s --out build/server video-10x10 audio-30x30
	go tool pprof -top -nodecount 25 build/server.cpu
	go test -count 1 -run TestTwoDesksInACall -cpuprofile build/client.cpu -o build/client.test ./app/controller
	go tool pprof -top -nodecount 25 build/client.cpu

fuzz: deps-test ## every fuzz target for FUZZTIME (20s) each
	@.ci/fuzz $(FUZZTIME)

golden: deps-test ## draw the golden images of the screens anew; look at the difference before you commit it
	PARLEY_GOLDEN=accept go test -count 1 ./ui/...

lint: deps-build ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "run make fmt"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

fmt: ## format the Go files
	gofmt -w .

clean: ## remove what was built
	rm -rf build
