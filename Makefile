# SPDX-License-Identifier: Apache-2.0
#
# Front door of Juchu. On a fresh Debian 12 (root or sudo) `make run` and `make test` install what
# is missing, build, and do everything; `make help` lists the rest.

BUILD := build
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

UI_SOURCES := $(shell find ui/src ui/index.html ui/build.mjs ui/package-lock.json ui/tsconfig.json docs/openapi.yaml -type f 2>/dev/null)
UI_DIST := ui/dist/manifest.json

.PHONY: help run test build bench fuzz check sanitize torture clean packages packages-test format

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

packages:
	@tools/packages build

packages-test:
	@tools/packages build test

$(BUILD)/build.ninja: | packages
	@meson setup $(BUILD) --buildtype=debugoptimized >/dev/null

ui/node_modules/.package-lock.json: ui/package-lock.json | packages
	@cd ui && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(UI_DIST): ui/node_modules/.package-lock.json $(UI_SOURCES)
	@cd ui && node build.mjs

# Postal codes for mallsim's addresses (tools/make-sim-data.mjs).
sim/data/node_modules/.package-lock.json: sim/data/package-lock.json | packages
	@cd sim/data && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

build: packages $(BUILD)/build.ninja sim/data/node_modules/.package-lock.json $(UI_DIST) ## compile everything (build/juchu, build/mallsim)
	@ninja -C $(BUILD) --quiet

run: build ## start a demo: mallsim, a server, orders coming in; prints URL and login
	@exec $(BUILD)/juchu demo

test: packages-test build ## all tests, on SQLite and PostgreSQL, and in a real browser
	@tools/test $(BUILD)

bench: packages-test build ## table of speeds against limits measured in the same run; build/bench.json
	@tools/bench $(BUILD)

fuzz: packages-test ## 60 s of fuzzing per parser (SECONDS=n for another length)
	@tools/fuzz $(or $(SECONDS),60)

check: packages-test ## formatting, clang-tidy, cppcheck, layers, house rules
	@tools/check

sanitize: packages-test build ## the tests under ASan+UBSan, the threaded ones under TSan
	@tools/sanitize

format: ## clang-format over our C
	@git ls-files '*.c' '*.h' | xargs clang-format -i

torture: packages-test build ## kill -9 200 times per phase and engine; every N-th failure (an hour)
	@JUCHU_KILLS=400 JUCHU_TORTURE=1 tools/test-postgres meson test -C $(BUILD) --no-rebuild --timeout-multiplier 20 --verbose sync-kill sync-torture

clean: ## remove what was built
	@rm -rf $(BUILD) build-* ui/dist ui/node_modules sim/data/node_modules
