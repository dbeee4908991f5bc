# `make demo`: look at Amity with a sample company. `make test`: everything CI runs.
# One tool stands behind both: .venv/bin/amity (see `amity --help`).
PYTHON ?= python3
BIN := .venv/bin
TEST_HOME ?= $(CURDIR)/.amity-test
export PIP_DISABLE_PIP_VERSION_CHECK := 1
DATA ?= ../shared/data
WORKERS ?= 2

.PHONY: demo front test lint types typescript imports migrations strings openapi audit-packages unit slow browser debian-postgres \
	templates screenshots lock messages bench bench-behaviour bench-import bench-intake bench-intelligence bench-language bench-lists bench-corrections bench-dedupe bench-pipeline \
	bench-scan bench-scoring bench-segments check-imports check-erase check-fuzz check-kill check-log check-kill-events check-access check-desk \
	check-openapi check-demo clean

demo: front
	@$(BIN)/python -m compileall -q -j 0 src/amity
	@$(BIN)/amity demo

# --- install ---------------------------------------------------------------------------------------
.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Amity needs Python 3.11 or newer; name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "· making the virtual environment"
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; echo "Python's venv module is missing: apt install python3-venv, then again."; exit 1; }
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-bootstrap.lock

.venv/.installed: .venv/bin/uv requirements.lock requirements-build.lock pyproject.toml hatch_build.py
	@echo "· installing pinned packages"
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock -r requirements-build.lock || \
		$(BIN)/python -m pip install -q --require-hashes -r requirements.lock -r requirements-build.lock
	@echo "· building the front end"
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.tested: .venv/.installed requirements-dev.lock
	@echo "· installing what the tests need"
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock || \
		$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@

front: .venv/.installed
	@$(BIN)/python hatch_build.py

# --- test ------------------------------------------------------------------------------------------
ENV := AMITY_HOME=$(TEST_HOME) DJANGO_SETTINGS_MODULE=amity.web.settings
NO_DB := $(ENV) AMITY_DATABASE_URL=postgresql:///unused
PYTEST := $(BIN)/python -m pytest

test: .venv/.tested front lint types typescript imports migrations strings openapi unit slow browser templates debian-postgres audit-packages
	@echo "All checks passed."

lint:
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types:
	$(NO_DB) $(BIN)/mypy

typescript:
	$(BIN)/python tools/check_typescript.py

imports:
	PYTHONPATH=src $(BIN)/lint-imports --no-cache
	PYTHONPATH=src $(BIN)/python tools/check_doors.py

migrations:
	$(ENV) $(BIN)/python -m django makemigrations --check --dry-run
	$(ENV) $(BIN)/python -m amity.base.tests.template_database

strings:
	$(BIN)/python tools/messages.py check

openapi check-openapi:
	$(ENV) $(BIN)/amity openapi --check

unit:
	rm -rf $(TEST_HOME)/rendered && mkdir -p $(TEST_HOME)/rendered
	$(ENV) RENDERED_TEMPLATES=$(TEST_HOME)/rendered $(PYTEST) -n $(WORKERS) --durations=15 -m "not slow and not browser"

# What minds other transactions has a server of its own, beside the rest: it mostly waits.
slow:
	mkdir -p $(TEST_HOME)/alone
	( AMITY_HOME=$(TEST_HOME)/alone DJANGO_SETTINGS_MODULE=amity.web.settings RENDERED_TEMPLATES=$(TEST_HOME)/rendered \
	  $(PYTEST) --durations=15 -m "alone and not browser" > $(TEST_HOME)/alone.log 2>&1; echo $$? > $(TEST_HOME)/alone.rc ) & \
	$(ENV) RENDERED_TEMPLATES=$(TEST_HOME)/rendered $(PYTEST) -n $(WORKERS) --durations=25 \
	  -m "slow and not browser and not alone"; others=$$?; \
	wait; cat $(TEST_HOME)/alone.log; exit $$((others + $$(cat $(TEST_HOME)/alone.rc)))

browser:
	$(ENV) RENDERED_TEMPLATES=$(TEST_HOME)/rendered $(PYTEST) --durations=15 -m browser

templates:
	$(BIN)/python tools/check_templates.py $(TEST_HOME)/rendered

debian-postgres:
	$(BIN)/python tools/debian_postgres.py $(TEST_HOME)/debian -- $(PYTEST) -n $(WORKERS) -m "not slow and not browser"

audit-packages:
	@$(BIN)/pip-audit --progress-spinner off --disable-pip --require-hashes -r requirements.lock || \
		echo "pip-audit: the vulnerability service could not be reached or found something (see above)"

# --- figures ---------------------------------------------------------------------------------------
bench: bench-import bench-lists bench-scoring bench-intake bench-pipeline bench-segments bench-dedupe bench-language

bench-behaviour: .venv/.installed
	$(BIN)/amity bench behaviour

bench-import: .venv/.installed
	$(BIN)/amity bench import

bench-intake: .venv/.installed
	$(BIN)/amity bench intake

bench-intelligence: .venv/.tested
	$(BIN)/amity bench intelligence --data $(DATA)

bench-lists: .venv/.installed
	$(BIN)/amity bench lists

bench-corrections: .venv/.installed
	$(BIN)/amity bench corrections

bench-dedupe: .venv/.tested
	$(BIN)/amity bench dedupe --data $(DATA)

bench-language: .venv/.installed
	$(BIN)/amity bench language --data $(DATA)
	$(BIN)/amity bench tone --data $(DATA)
	$(BIN)/amity bench retrieval --data $(DATA)

bench-pipeline: .venv/.installed
	$(BIN)/amity bench pipeline

bench-scan: .venv/.tested
	$(BIN)/amity bench scan

bench-scoring: .venv/.installed
	$(BIN)/amity bench scoring --data $(DATA)

bench-segments: .venv/.installed
	$(BIN)/amity bench segments

check-imports: .venv/.installed
	$(BIN)/amity check imports $(DATA)/A_maven_crm_opportunities $(DATA)/A_xeducation_leads $(DATA)/A_olist_marketing_funnel

check-fuzz: .venv/.installed
	$(BIN)/amity check intake-fuzz

check-erase: .venv/.installed
	$(BIN)/amity check erase

check-kill: .venv/.installed
	$(BIN)/amity check kill

check-log: .venv/.installed
	$(BIN)/amity check log

check-kill-events: .venv/.installed
	$(BIN)/amity check kill-events

check-access: .venv/.tested
	$(ENV) $(PYTEST) -v src/amity/web/tests/test_permissions.py src/amity/web/tests/test_row_scope.py src/amity/access/tests/test_audit.py

check-desk: .venv/.installed
	DATA=$(DATA) $(BIN)/amity check desk

check-demo:
	sh tools/check_demo.sh

screenshots: .venv/.tested
	$(ENV) SCREENSHOTS=docs/screenshots $(PYTEST) --durations=15 -m browser src/amity/web/tests/test_screenshots.py

# --- keep in order ---------------------------------------------------------------------------------
messages:
	$(BIN)/python tools/messages.py extract

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q
lock:
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group build -c requirements.lock -o requirements-build.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	echo uv | $(LOCK) - -o requirements-bootstrap.lock

clean:
	rm -rf .venv .amity-test src/amity/base/static/dist src/amity/base/frontend/node_modules
