# What people and the gate do with kvit. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
SEEDS ?= 20000

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## The daemon, as it is installed: target/release/kvit
	$(CARGO) build --locked --release -p kvit --bin kvit

.PHONY: test
test: ## All tests: unit, table, property, store, and those against a real broker
	deploy/with-broker.sh tests/run.sh

.PHONY: sim
sim: ## The simulation with SEEDS seeds, as many as you have patience for
	KVIT_SEEDS=$(SEEDS) $(CARGO) test --locked -p kvit-tests --test sim every_seed -- --nocapture

.PHONY: properties
properties: ## The property tests ROUNDS times (100), each round with a seed of its own
	for round in $$(seq $(or $(ROUNDS),100)); do \
	    export PROPTEST_RNG_SEED=$$RANDOM$$RANDOM; echo "round $$round: PROPTEST_RNG_SEED=$$PROPTEST_RNG_SEED"; \
	    $(CARGO) test --locked --quiet --workspace --lib -- $$(tests/count.sh --properties); \
	done

# Which decoder, and how many inputs; `make fuzz TARGET=` lists the decoders.
TARGET ?=
RUNS ?= 1000000

.PHONY: fuzz
fuzz: ## Hostile input for one decoder, guided by coverage: TARGET=json RUNS=10000000
	tests/fuzz/run.sh "$(TARGET)" $(RUNS)

.PHONY: fmt
fmt: ## Format the code
	$(CARGO) fmt --all

.PHONY: lint
lint: ## Format and lints, as the gate looks at them, and that the guided fuzzing could be built
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) tree --locked --quiet --depth 0 --manifest-path tests/fuzz/guided/Cargo.toml

.PHONY: doc
doc: ## The documentation of the code, private items too: target/doc/kvit/index.html
	RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' $(CARGO) doc --locked --workspace --no-deps --document-private-items

.PHONY: gate
gate: ## Everything that must hold before a change goes in
	.ci/run

.PHONY: contracts
contracts: ## The schemas and examples in the eyes of other people's validators
	tests/foreign.sh

.PHONY: integrators
integrators: ## The integrators' pages, their programs run against a daemon; PROFILE as for the demo
	$(BUILD_DEMO)
	env -u KVIT_AMQP_URL deploy/with-broker.sh tests/integrators.sh $(KVIT)

# -- Faults ----------------------------------------------------------------------------------------
# The gate has a few rounds and seconds of these. The whole workspace is named so that its crates
# get the features they were tested with.

FAULTS = deploy/with-broker.sh $(CARGO) test --locked --workspace --test it -- --nocapture

.PHONY: kills
kills: ## kill -9 under load, ROUNDS times (50), and nothing is lost
	KVIT_KILLS=$(or $(ROUNDS),50) $(FAULTS) faults::kills::

.PHONY: power-cut
power-cut: ## The store's disk loses its power ROUNDS times (50); root only, else it says so
	ROUNDS=$(or $(ROUNDS),50) deploy/with-broker.sh tests/power-cut.sh

.PHONY: long
long: ## MINUTES (60) of constant load (RATE, 10 orders/s) and faults: flat memory, nothing lost
	KVIT_LONG_RATE=$(or $(RATE),10) KVIT_LONG_SECONDS=$$(($(or $(MINUTES),60) * 60)) $(FAULTS) faults::long::

.PHONY: big-file
big-file: ## A statement of MB (1000) megabytes, three kills on the way: each row once
	KVIT_FILE_MB=$(or $(MB),1000) $(FAULTS) faults::file::

# -- Demonstration ---------------------------------------------------------------------------------
# ORDERS and SEED choose the play; PROFILE=test shares what the tests were built with.

ORDERS ?= 2000
SEED ?= 1
PROFILE ?= release
KVIT = $(if $(filter release,$(PROFILE)),target/release/kvit,target/debug/kvit)
PLAY = --orders $(ORDERS) --seed $(SEED)

# The whole workspace is named for PROFILE=test, so that its crates get the features they were
# tested with, and are not built anew.
BUILD_DEMO = $(CARGO) build --locked --profile $(PROFILE) $(if $(filter release,$(PROFILE)),-p kvit,--workspace) --bin kvit

.PHONY: demo
demo: ## Portals, banks and agencies against a real daemon, verified from outside
	$(BUILD_DEMO)
	deploy/with-broker.sh $(KVIT) demo $(PLAY)

.PHONY: demo-kill
demo-kill: ## The same play with and without ten kills of the daemon must end the same
	$(BUILD_DEMO)
	deploy/with-broker.sh deploy/demo-kill.sh $(KVIT) $(PLAY)

# -- Bench -----------------------------------------------------------------------------------------
# STORED, such as 1000000,3000000, adds rounds with so many cases stored; each million takes some
# ten minutes to store.

ROUNDS ?= 7
STORED ?=

.PHONY: bench
bench: ## Kvit beside the bare loop of the same broker: rate, latency, CPU, memory, bytes a case
	$(CARGO) build --locked --release -p kvit -p kvit-bench --bins
	deploy/with-broker.sh target/release/bench target/release/kvit --orders $(ORDERS) --rounds $(ROUNDS) $(if $(STORED),--stored $(STORED))

.PHONY: bench-feeds
bench-feeds: ## The readers of statement files: rate and memory, camt beside a bare XML loop
	$(CARGO) build --locked --release -p kvit-bench --bin bench-feeds
	target/release/bench-feeds --rounds $(or $(FEED_ROUNDS),5)
