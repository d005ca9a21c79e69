# What one needs day to day. A fresh machine needs Python 3.11, git and make; `setup` brings the rest.
VENV := .venv
PY   := $(VENV)/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test conformance chaos fuzz golden bench check lock clean

help: ## list these targets
	@grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
	 || grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST)

setup: ## everything the application needs: packages by hash, Apache Kafka, the rule sets
	@deploy/setup runtime

setup-dev: ## the same, and what the tests and checks need
	@deploy/setup dev

demo: setup ## set up, then run the main job on sample exports (ARGS=--exit ends by itself)
	@$(VENV)/bin/entrega demo $(ARGS)

test: setup-dev ## set up, then run every test (ARGS='tests/unit -x' narrows it down)
	@$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

conformance: setup-dev ## the standards' judges for longer: thousands of mutants against the rules (MUTANTS=20000)
	@MUTANTS=$${MUTANTS:-5000} $(PY) -m pytest -q -s tests/conformance $(ARGS)

chaos: setup-dev ## kill workers, broker and database for longer (CHAOS_DOCUMENTS, CHAOS_WORKERS … set how much)
	@CHAOS_DOCUMENTS=$${CHAOS_DOCUMENTS:-2000} CHAOS_WORKERS=$${CHAOS_WORKERS:-24} CHAOS_BROKERS=$${CHAOS_BROKERS:-6} \
	 CHAOS_DATABASES=$${CHAOS_DATABASES:-6} $(PY) -m pytest tests/chain/test_chaos.py -s $(ARGS)

fuzz: setup-dev ## every reader under coverage-guided fuzzing, a minute each (FUZZ_SECONDS=600)
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(PY) -m pytest -n 2 tests/fuzz $(ARGS)

golden: setup-dev ## write published schemas, code lists and the table of real exports anew; a reviewer reads the difference
	@$(PY) -m schemas.publishing
	@GOLDEN=write $(PY) -m pytest -q tests/conformance/test_native_rules.py -k 'code_lists or tables'
	@GOLDEN=write $(PY) -m pytest -q tests/conformance/test_real_exports.py

bench: setup ## what a document costs: documents/s, CPU by stage, memory (ARGS='--documents 500')
	@$(VENV)/bin/entrega bench $(ARGS)

check: setup-dev ## format, lint, types, import directions
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(PY) -m mypy --strict pipeline stages schemas connectors portal
	$(VENV)/bin/lint-imports

lock: ## write the two lock files anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 2; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

clean: ## remove what setup and the tools made; data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
