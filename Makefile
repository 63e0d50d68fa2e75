# Every target is one sentence; `make` alone lists them.
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTHON := python3
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# Real parts and tools, each with its Debian package. $(call installed,PAIRS) installs those that this machine lacks.
BUILD := node:nodejs npm:npm
DEPLOY := nginx:nginx caddy:caddy redis-server:redis-server
BENCH := redis-server:redis-server wrk:wrk
TESTS := chromium:chromium initdb:postgresql $(BUILD) $(BENCH)
define installed
@missing=""; for pair in $(1); do \
  PATH="$$PATH:$$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)" command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done; \
if [ -n "$$missing" ]; then \
  echo "The tests use real parts: Chromium for the script and the pages, redis-server and PostgreSQL as stores,"; \
  echo "node and npm to build the script again and compare, wrk to send load. This machine lacks:$$missing."; \
  command -v apt-get >/dev/null || { \
    echo "There is no apt-get here: install them yourself (those are the names in Debian), then say it again."; exit 1; }; \
  echo "Installing with apt-get ..."; \
  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/runtime: .lock/runtime.txt pyproject.toml
	@test -x $(BIN)/pip || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Leadtracker needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Name a newer one, such as: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
	@echo "Installing Leadtracker and the packages it needs into .venv (nothing outside this folder) ..."
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { \
	  echo "Debian's python3-venv is missing; installing it with apt-get:"; \
	  rm -rf .venv; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv && $(PYTHON) -m venv .venv; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .lock/runtime.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .lock/build.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/runtime .lock/dev.txt
	@echo "Installing the packages that the tests and checks need into .venv ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .lock/dev.txt
	@touch $@

install: .venv/runtime ## install Leadtracker into .venv

demo: .venv/runtime ## run everything with a demo site and a simulated PBX; Ctrl-C stops it
	@$(BIN)/leadtracker demo

serve: .venv/runtime ## run Leadtracker for a real site
	@$(BIN)/leadtracker serve

system: ## install the Debian packages that the tests need and this machine lacks
	$(call installed,$(TESTS))

static/node_modules/.package-lock.json: static/package.json static/package-lock.json
	$(call installed,$(BUILD))
	@echo "Installing the npm packages that build and check the script into static/node_modules ..."
	@npm ci --prefix static --loglevel error >/dev/null
	@touch $@

check: .venv/dev static/node_modules/.package-lock.json ## lint, types and import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	@npm run --prefix static --silent check

test: .venv/dev system check ## install what the tests need, then run all of them
	@$(BIN)/pytest --numprocesses 4 --dist loadfile

test-deploy: .venv/dev ## install proxies, then test the server behind them
	$(call installed,$(DEPLOY))
	@$(BIN)/pytest tests/deploy

bench: .venv/dev ## measure requests a second against a bare Flask route
	$(call installed,$(BENCH))
	@$(BIN)/python -m tests.bench

mutants: .venv/dev system ## plant small faults one at a time and say which no test notices
	@$(BIN)/python -m tests.mutants

accuracy: .venv/dev ## replay made-up worlds, whose callers are known, and score who was said to call
	$(call installed,redis-server:redis-server)
	@$(BIN)/python -m tests.accuracy

pictures: .venv/dev system ## take the pictures of the README from the demo's real pages
	@$(BIN)/python -m tests.browser.pictures

static: static/node_modules/.package-lock.json ## build the script and the dashboard's files into static/dist
	@node static/build.mjs

lock: .venv/dev ## choose versions anew and write them to .lock
	@for part in runtime build dev; do \
	  extra=$$([ $$part = runtime ] || echo "--extra $$part"); \
	  $(BIN)/uv pip compile pyproject.toml $$extra --universal --generate-hashes --no-annotate --no-header -q -U -o .lock/$$part.txt; done

.PHONY: help install demo serve system check test test-deploy bench mutants accuracy pictures static lock
