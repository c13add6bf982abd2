# dondoc: `make` lists what can be done. Each target makes the environment it needs, from locked requirements.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:

# A pyenv shim may stand on PATH and not run, so a Python counts when it does.
runs = $(firstword $(foreach one,$(1),$(shell $(one) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $(one))))
PYENV := $(dir $(shell command -v pyenv))
named = $(call runs,python$(1) $(if $(PYENV),$(wildcard $(PYENV)../versions/$(1).*/bin/python$(1))))

PYTHON ?= $(call runs,python3.13 python3.12 python3.11 python3)
PYTHON := $(PYTHON)
WORKERS ?= 2

# A marker's name changes with the locked requirements, so a new lock brings the environment up to date.
made = made-$(shell cksum <$(1) | cut -d' ' -f1)
RUN := .venv/$(call made,requirements.txt)
DEV := .venv-dev/$(call made,requirements-dev.txt)

# $(call make-environment,FOLDER,REQUIREMENTS,PYTHON): a folder whose Python still runs keeps it.
define make-environment
	@test -n "$(3)" || { echo "dondoc needs Python 3.11 or newer with venv (Debian: python3-venv)" >&2; exit 1; }
	@$(1)/bin/python -m pip --version >/dev/null 2>&1 || { echo "making $(1) with $(3)"; $(3) -m venv --clear $(1); }
	@$(1)/bin/python -m pip --disable-pip-version-check install -qq --require-hashes -r $(2)
	@$(1)/bin/python -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation -e .
	@rm -f $(1)/made-* && touch $@
endef

.PHONY: help
help:  ## this list
	@echo "make TARGET"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10

.PHONY: demo
demo: $(RUN)  ## plan 1026 in fast time (chạy thử: thư, sổ theo dõi và bảng theo dõi nằm trong demo-out/)
	@.venv/bin/dondoc demo --fast --out demo-out

# The pure tests run on every Python that is present; the whole suite runs on one.
OTHERS = $(filter-out $(shell $(PYTHON) -c 'import sys; print("3.%d" % sys.version_info[1])'),3.11 3.12 3.13)
.PHONY: test
test: $(DEV) $(foreach one,$(OTHERS),$(if $(call named,$(one)),pure-$(one)))  ## pure tests on every Python 3.11-3.13 here, covered whole on one; all other tests on that one
	@echo "== pure tests on $$(.venv-dev/bin/python --version), which alone cover the floors that only compute"
	@rm -f .coverage .coverage.*
	@.venv-dev/bin/coverage run -m pytest -n $(WORKERS) tests/unit
	@.venv-dev/bin/coverage combine --quiet
	@.venv-dev/bin/coverage report
	@echo "== all other tests on $$(.venv-dev/bin/python --version)"
	@.venv-dev/bin/python -m pytest -n $(WORKERS) --dist loadgroup tests/contract tests/service

.PHONY: faults
faults: $(DEV)  ## the fault table, row by row (ROWS="3 4": those alone)
	@.venv-dev/bin/python -m tests.faults $(ROWS)

.PHONY: chaos
chaos: $(DEV)  ## 500 kills over 5,000 letters, then the servers' books against ours (CHAOS="--kills 20 --letters 200 --seed 7")
	@.venv-dev/bin/python -m tests.chaos $(CHAOS)

.PHONY: bench-rate
bench-rate: $(DEV)  ## 10,000 letters due at once, at most 50 a second: rate, order, memory
	@.venv-dev/bin/python -m bench.throughput

# On the other side of the date line, so that nothing leans on this machine's time zone.
pure-%: .venv-%/$(call made,requirements-dev.txt)
	@echo "== pure tests on $$(.venv-$*/bin/python --version)"
	@TZ=Pacific/Apia .venv-$*/bin/python -m pytest -n $(WORKERS) tests/unit

.PHONY: lint
lint: $(DEV)  ## ruff, mypy strict, the import contract
	@.venv-dev/bin/ruff check
	@.venv-dev/bin/ruff format --check
	@.venv-dev/bin/mypy
	@.venv-dev/bin/lint-imports

# What is locked stays unless UPGRADE=--upgrade.
COMPILE = .venv-dev/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --no-header $(UPGRADE) pyproject.toml --extra build
.PHONY: lock
lock: $(DEV)  ## requirements.txt and requirements-dev.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	@$(COMPILE) --output-file requirements.txt
	@$(COMPILE) --extra dev --output-file requirements-dev.txt

$(RUN): requirements.txt pyproject.toml
	$(call make-environment,.venv,$<,$(PYTHON))

$(DEV): requirements-dev.txt pyproject.toml
	$(call make-environment,.venv-dev,$<,$(PYTHON))

.venv-3.%/$(call made,requirements-dev.txt): requirements-dev.txt pyproject.toml
	$(call make-environment,.venv-3.$*,$<,$(call named,3.$*))
