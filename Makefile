# What a person types. `make` alone explains.
PYTHON ?= python3
export FLASK_APP := wsgi:app
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup setup-test run worker test check lint types format lock benchmarks migration

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): requirements/runtime.txt requirements/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $(STAMP)

setup: $(STAMP) ## build .venv with everything the project needs

lock: ## resolve requirements/*.in anew, no release younger than 14 days
	for f in runtime dev; do uv pip compile requirements/$$f.in --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --exclude-newer "$$(date -d '14 days ago' +%F)" -q -o requirements/$$f.txt; done

format: setup ## rewrite the code in the house's layout
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: setup ## layout, lint, import contracts
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

types: setup ## mypy
	$(BIN)/mypy

migration: setup ## make migration m="what changes": a file for what the models changed
	$(BIN)/flask db migrate -m "$(m)"
