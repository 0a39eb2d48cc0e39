# Everything there is to run. CI runs the same targets.
CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.PHONY: demo test test-rust test-proof test-outside test-browser test-python test-node test-swift simulate fuzz torture lint deny docs fmt bench

demo: ## The main job, on the embedded sandbox
	@$(CARGO) run --locked --quiet --package posa-cli -- demo

test: test-rust test-proof test-outside test-browser test-python test-node test-swift ## Every test

test-rust:
	tests/postgres/ensure.sh
	$(CARGO) test --locked

test-proof: ## 50,000 simulated worlds, and each fuzz target for a fixed number of executions
	$(MAKE) simulate SEEDS=50000
	$(MAKE) fuzz RUNS=20000

test-outside: ## curl and botocore against `posa sandbox`
	$(CARGO) build --locked --package posa-cli
	tests/outside/run.sh

test-browser: ## The dashboard in chromium; pictures go to target/screenshots
	tests/browser/run.sh

test-python: ## The Python package: lints, types, wheel, every test against the installed wheel, and ROUNDS of torture (100)
	bindings-python/test.sh
	ROUNDS=$(or $(ROUNDS),100) SEED=$(or $(SEED),1) tests/torture/run.sh

test-node: ## The Node package: lints, types, packages and every test against their installation
	bindings-node/test.sh

test-swift: ## The Swift package: lints, drift, every test on Linux, the example till with its signer
	bindings-swift/test.sh

simulate: ## Simulated worlds, SEEDS of them (100000 unless given), FROM a seed on
	POSA_SEEDS=$(or $(SEEDS),100000) POSA_FROM=$(or $(FROM),0) $(CARGO) test --locked --profile simulate --package posa-tests --test simulation no_seed_breaks

fuzz: ## Fuzz targets, each for SECONDS (60 unless given); TARGET names one, INPUT a file to run alone, RUNS a fixed number of executions
	FUZZ_SECONDS=$(if $(RUNS),,$(or $(SECONDS),60)) FUZZ_RUNS=$(RUNS) FUZZ_INPUT=$(if $(INPUT),$(abspath $(INPUT))) \
	RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/tests/fuzz/rustc.sh \
	$(CARGO) test --locked --quiet --profile simulate --package posa-fuzz --package posa-tests --test fuzz -- --nocapture --test-threads 1 $(if $(TARGET),--exact $(TARGET))

torture: ## Tills killed for real, KILLS times on each journal (5000 unless given), then ROUNDS of acts to its file (2000), from SEED
	tests/postgres/ensure.sh
	POSA_KILLS=$(or $(KILLS),5000) POSA_SEED=$(or $(SEED),1) $(CARGO) test --locked --package posa-tests --test kills -- --nocapture
	bindings-python/test.sh install
	ROUNDS=$(or $(ROUNDS),2000) SEED=$(or $(SEED),1) tests/torture/run.sh

lint: ## Formatting, clippy and the API reference, warnings as errors
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings
	$(CARGO) clippy --locked --package posa-python --package posa-node -- --deny warnings
	$(CARGO) clippy --locked --package posa-core --no-default-features -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --locked --no-deps --package posa-core --package posa-sandbox --package posa-cli

deny: ## Licences and sources of the dependencies; installs cargo-deny where it is missing
	@$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked check bans licenses sources

docs: ## Writes anew what docs/errors.md takes from the code
	POSA_WRITE_DOCS=1 $(CARGO) test --locked --package posa-tests --test errors_page

fmt:
	$(CARGO) fmt

bench: ## Side by side with what one would otherwise write, in every language; ONLY=python, node-http, ... measures a part
	bench/run.sh $(ONLY)
