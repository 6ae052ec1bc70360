# Holdfast's commands. `make` alone lists them.

SHELL := /bin/bash
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

# For `make run`: a file of trade (empty: the bundled sample), how many stores, how many tills in each, and KEEP=1 to
# leave the server running at the end.
INPUT ?=
STORES ?= 2
TILLS ?= 2
KEEP ?=

# For `make bench`: only subjects with this in their name, and STRICT=1 to end with an error where a goal is missed.
ONLY ?=
STRICT ?=

# For `make sim`: how many seeds, and the first; and a bug to build in, of those in schemas/src/planted.rs.
SEEDS ?= 500
FROM ?= 0
PLANT ?=

# For `make controls`: 1 to look from seed 0 on, and not first at the seeds that are written down.
MEASURE ?=

# For `make fuzz`: for how many seconds each target runs.
SECONDS ?= 30

# For `make audit`: a folder with the RustSec advisory database, unpacked; empty: it is fetched.
ADVISORIES ?=

# For `make mutants`: which files, as a glob (empty: all that .cargo/mutants.toml names), and which part of the mutants.
FILES ?=
SHARD ?=

# Builds in the bugs that the simulation has to find. Only for tests: what is shipped is built without.
PLANTED := --features holdfast-tests/planted

.DEFAULT_GOAL := help
.PHONY: help setup build test test-long sim sim-machines controls soak fuzz bench bench-till bench-peers lint audit mutants run shop demo screenshots schemas clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: ## install what building, testing and linting need
	@.ci/setup all

build: ## build everything, for release
	@.ci/setup build
	cargo build --release --workspace --locked

test: ## run the whole test suite
	@.ci/setup test
	cargo test --workspace --locked $(PLANTED) --doc
	cargo nextest run --workspace --locked $(PLANTED) --profile ci

test-long: ## run the property tests, simulations, mutants and fuzz targets for hours
	@.ci/setup test
	PROPTEST_CASES=20000 cargo nextest run --workspace --locked $(PLANTED) --release --profile long
	cargo run --release --locked -p holdfast-tests --bin simulate-machines -- --seeds 20000
	cargo run --release --locked -p holdfast-tests --bin recogniser-campaign -- --mutants 10000000
	cargo build --release --locked -p holdfast-tests --bins
	"$${CARGO_TARGET_DIR:-target}/release/kill-till" --kills 200
	@.ci/setup fuzz
	.ci/fuzz 3600

fuzz: ## fuzz whatever reads a stranger's bytes (SECONDS=30 for each target)
	@.ci/setup fuzz
	.ci/fuzz $(SECONDS)

# As the test suite builds it, so that CI builds once.
SIMULATE = cargo build --workspace --locked $(PLANTED) --bins --tests && "$${CARGO_TARGET_DIR:-target}/debug/simulate"

sim: ## run the whole system while everything goes wrong, over many seeds, or one again (SEEDS=500 FROM=0)
	@.ci/setup build
	$(SIMULATE) --seeds $(SEEDS) --from $(FROM) $(if $(PLANT),--planted $(PLANT))

soak: ## the same until it is stopped; what was covered is in target/soak/report.json (FROM=0)
	@.ci/setup build
	$(SIMULATE) --forever --from $(FROM) --report "$${CARGO_TARGET_DIR:-target}/soak/report.json"

controls: ## build in every bug that the simulation has to find, one at a time; MEASURE=1: from seed 0, as a table
	@.ci/setup build
	$(SIMULATE) --controls $(if $(MEASURE),--measure)

sim-machines: ## run the sync machines alone, over many seeds (SEEDS=500 FROM=0)
	@.ci/setup build
	cargo run --release --locked -p holdfast-tests --bin simulate-machines -- --seeds $(SEEDS) --from $(FROM)

bench: ## measure everything against yardsticks; missed goals are said, not failed (ONLY=NAME STRICT=1)
	@.ci/setup build
	cargo build --release --locked --bins -p holdfast-server -p holdfast-tests
	"$${CARGO_TARGET_DIR:-target}/release/bench" $(if $(ONLY),--only '$(ONLY)') $(if $(STRICT),--strict)

bench-till: ## measure what somebody at a till waits for; target/bench/till.json has it as JSON
	@.ci/setup build
	cargo build --release --locked --bins -p holdfast-tests
	"$${CARGO_TARGET_DIR:-target}/release/bench" --till $(if $(STRICT),--strict)

bench-peers: ## the same work as PouchDB, Hocuspocus and samod, which are installed in tests/peers first
	@.ci/setup test
	for peer in pouchdb hocuspocus; do npm ci --prefix tests/peers/$$peer --ignore-scripts --no-audit --no-fund || exit 1; done
	cargo build --release --locked --manifest-path tests/peers/samod/Cargo.toml --target-dir target/peers
	cargo build --release --locked --bins -p holdfast-server -p holdfast-tests
	"$${CARGO_TARGET_DIR:-target}/release/bench" --peers tests/peers --samod target/peers/release/holdfast-peer-samod

lint: ## check format, lints, documentation, licences and dependencies
	@.ci/setup lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked $(PLANTED) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	cargo deny --locked check --allow unused-wrapper bans licenses sources

audit: ## look for known vulnerabilities in what is depended on (ADVISORIES=FOLDER for a machine without network)
	@.ci/setup audit
	cargo audit --deny warnings $(if $(ADVISORIES),--db '$(ADVISORIES)' --no-fetch --stale)

mutants: ## change the core in small ways, one at a time, and list what no test notices (FILES='glob' SHARD=1/20)
	@.ci/setup mutants
	cargo mutants --package holdfast-schemas --output target \
	  $(if $(FILES),--file '$(FILES)') $(if $(SHARD),--shard $(SHARD))

run: ## trade a day over two stores, balance the books, and open two tills, or draw them (INPUT=FILE STORES=2 TILLS=2 KEEP=1)
	@.ci/setup build
	cargo build --release --locked --bins -p holdfast-server -p holdfast-node -p holdfast-tests
	"$${CARGO_TARGET_DIR:-target}/release/trading-day" \
	  --stores $(STORES) --tills $(TILLS) $(if $(INPUT),--input '$(INPUT)') $(if $(KEEP),--keep)
	@if [[ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]]; then $(MAKE) --no-print-directory shop; \
	else echo "there is no display to open tills on: drawing their screens instead"; $(MAKE) --no-print-directory screenshots; fi

shop: ## open two tills of the demo shop and its headquarters, which are kept in target/shop (needs a display)
	@.ci/setup till
	cargo build --release --locked --bins -p holdfast-server -p holdfast-node -p holdfast-till
	ui/demo/open-shop "$${CARGO_TARGET_DIR:-target}/release" target/shop

screenshots: ## draw every screen of the till, without a display, into target/screens
	@.ci/setup build
	cargo test --locked -p holdfast-till --test screens -- --test-threads 1 pictures::
	@echo "the till's screens are in $${CARGO_TARGET_DIR:-target}/screens"

demo: ## open the demo shop's till, which has no server (needs a display)
	@.ci/setup till
	cargo run --release --locked -p holdfast-till -- --demo --data-dir target/demo-till

schemas: ## write schemas/json from the types
	cargo run --locked -p holdfast-schemas --example write_schemas

clean: ## remove what was built
	cargo clean
