# What one does with this repository; each recipe is one script in scripts/.
.DEFAULT_GOAL := help
.PHONY: help demo test fresh docs interop bench fuzz lint platforms

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## sign and verify a Perl distribution on a Sigstore of one's own, as a story
	@scripts/demo

test: ## the tests of the workspace and of the Perl distributions
	@scripts/test

fresh: ## demo and tests in a minimal Debian root, as on a fresh machine (needs root)
	@scripts/fresh-root make demo test

docs: ## the book, in target/book
	@scripts/docs

interop: ## against cosign, sigstore-python and a real Sigstore on loopback (needs Go)
	@scripts/interop

bench: ## the speed figures, each beside its peer in the same run (needs Go)
	@scripts/bench

fuzz: ## every fuzz target for a bounded time (needs a nightly Rust)
	@scripts/fuzz

lint: ## formatting, clippy, licences and sources of dependencies, length of files, shell scripts, prose
	@scripts/lint

platforms: ## whether the program compiles for macOS and Windows (needs their Rust libraries)
	@scripts/platforms
