# Each recipe is one script in scripts/.
.DEFAULT_GOAL := help
.PHONY: help demo test suite mutants differential fresh docs interop bench fuzz lint platforms

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## sign, verify and attack a Perl distribution on a private Sigstore, as a story
	@scripts/demo

test: ## test the workspace and the Perl distributions
	@scripts/test

suite: ## run the test vectors of the standard through a line protocol, against the crates and the Perl modules
	@scripts/suite

mutants: ## make mistakes in the crates, and see whether the test vectors catch each
	@scripts/mutants

differential: ## compare the Rust and the Perl reader on 100000 changed bundles, records and names
	@scripts/differential

fresh: ## run demo and tests in a minimal Debian root, as on a fresh machine (needs root)
	@scripts/fresh-root make demo test

docs: ## build the book in target/book
	@scripts/docs

interop: ## test against cosign, sigstore-python and a real Sigstore on loopback (needs Go)
	@scripts/interop

bench: ## measure speed, each figure beside its peer (needs Go)
	@scripts/bench

fuzz: ## run every fuzz target for a bounded time (needs a nightly Rust)
	@scripts/fuzz

lint: ## check formatting, clippy, dependencies, length of files, shell scripts, Perl and prose
	@scripts/lint

platforms: ## check that the program compiles for macOS and Windows (needs their Rust libraries)
	@scripts/platforms
