# Every target works in a fresh clone on a bare Debian with python3, python3-venv and make.
# The packages are pinned with their hashes; pip finds them where it is told to (its own settings).

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := build/lock
# Compiled modules are kept, whatever the environment says: the tests start some hundred processes.
export PYTHONDONTWRITEBYTECODE :=
PYTHONS := python3.11 python3.12 python3.13 python3.14 python3
# Most tests wait for sockets and disks most of the time: two for each processor.
WORKERS ?= $(shell echo $$((2 * $$(nproc))))

# Each names what it does on the line of its target; `make help` prints those lines.
.PHONY: help
help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: demo
demo: $(VENV)/.runtime ## both simulators, the bridge and a page to play with
	@$(BIN)/python -m bot.cli demo

.PHONY: test
test: $(VENV)/.dev ## the tests that need nothing but Python
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

.PHONY: check
check: $(VENV)/.dev ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: $(VENV)/.runtime ## latency, throughput and memory beside a plain script
	$(BIN)/python -m benchmarks $(BENCH)

MINUTES ?= 1
SEED ?= 1

.PHONY: soak
soak: $(VENV)/.runtime ## faults and kills for MINUTES, and whether all arrived once and in order
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES) --seed $(SEED)

EXAMPLES ?= 1000

.PHONY: campaign
campaign: $(VENV)/.dev ## people, platforms and machines at their worst, EXAMPLES times, in a world of their own
	CAMPAIGN_EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/test_campaign.py --hypothesis-seed=$(SEED)

# The requirements as they are stay as they are where pyproject.toml allows it; UPGRADE=1 renews them.
.PHONY: lock
lock: $(LOCK)/bin/uv ## compile the requirements files from pyproject.toml
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --output-file requirements-dev.txt --extra dev --constraint requirements.txt pyproject.toml
COMPILE = $(LOCK)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(if $(UPGRADE),--upgrade)

.PHONY: pictures
pictures: $(VENV)/.dev ## take the pictures in docs/ anew; needs Debian's chromium
	$(BIN)/python -m tests.screenshots

.PHONY: licences
licences: $(VENV)/.dev ## write docs/licences.md anew, from what is installed
	@$(BIN)/python -m tests.licences

.PHONY: clean
clean: ## remove what was built, the virtual environment included
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The runtime's packages are among the development ones at the same versions (a test sees to it),
# so either stamp can be reached first and neither undoes the other.
$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing what the bridge needs into $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the bridge and its tests need into $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

$(BIN)/python:
	@$(call make-venv,$(VENV))

$(LOCK)/bin/uv:
	@$(call make-venv,$(LOCK))
	@$(LOCK)/bin/python -m pip --disable-pip-version-check -qq install uv

# $(call make-venv,DIRECTORY): with the first Python that is new enough and can make one.
define make-venv
new_enough=; \
for python in $(PYTHONS); do \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
  new_enough="$$python"; \
  "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
  exec "$$python" -m venv --clear $(1); \
done; \
if [ -n "$$new_enough" ]; then \
  echo "$$new_enough cannot make a virtual environment: run 'apt-get install python3-venv' as root, then make again." >&2; \
else \
  echo "Python 3.11 or newer is needed: run 'apt-get install python3 python3-venv' as root, then make again." >&2; \
fi; \
exit 1
endef
