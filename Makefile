# The front door. `make` or `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
XTASK := $(CARGO) run --quiet --package xtask --

# Names that are also folders or files must not be taken for them.
.PHONY: help demo test check test-clients test-windows test-powershell bench fuzz soak package package-powershell install setup-system ci need-cargo

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z-]*:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: need-cargo ## a token taken and used, on an emulated Azure (under a minute once built)
	@$(XTASK) prepare
	@timeout --foreground 120 examples/demo.sh

test: need-cargo ## all tests; the last line counts them (FLAGS="--only rust" for a part)
	@$(XTASK) test $(FLAGS)

check: need-cargo ## formats, lints, types, documentation, the project's own checks
	@$(XTASK) check $(FLAGS)

test-clients: need-cargo ## azure-identity, MSAL and Azure's clients, unmodified, against the emulator
	@$(XTASK) test-clients $(FLAGS)

test-windows: need-cargo ## the core and the emulator as Windows programs, built here and run under Wine
	@$(XTASK) test-windows $(FLAGS)

test-powershell: need-cargo ## the PowerShell module in the real engine (with a .NET SDK 10)
	@$(XTASK) test --only powershell $(FLAGS)

bench: need-cargo ## speed, side by side with peers
	@benches/run.sh

fuzz: need-cargo ## every parser of outside bytes, a minute each
	@fuzz/run.sh

soak: need-cargo ## millions of calls, memory flat
	@benches/soak.sh

package: need-cargo ## libraries, wheels and programs for Linux and Windows, into out/
	@$(XTASK) package

package-powershell: need-cargo ## the PowerShell modules, into out/, with what make package has built
	@$(XTASK) package-powershell $(FLAGS)

install: need-cargo ## libmidentity with its headers, pkg-config and CMake files (PREFIX=/usr/local, DESTDIR=)
	@$(XTASK) install --prefix "$(abspath $(PREFIX))" --destdir "$(DESTDIR)"

setup-system: ## install the system packages that are missing (as root; else say which)
	@.ci/setup-system

ci: setup-system need-cargo ## everything a change must pass; a skip is a failure
	@$(XTASK) ci

need-cargo:
	@command -v $(firstword $(CARGO)) >/dev/null || { \
		echo "FAILED: cargo not found; remedy: install Rust 1.89 or newer, with clippy and rustfmt (rustup does)"; \
		echo "0 passed, 1 failed, 0 skipped"; exit 1; }
