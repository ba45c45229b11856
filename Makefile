# What a person types. `make` alone explains.
PYTHON ?= python3
export FLASK_APP := wsgi:app
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup run worker test check pytest packages lint types format translations lock audit sbom diagram migration benchmarks

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): requirements/runtime.txt requirements/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $(STAMP)

setup: $(STAMP) ## build .venv with everything the project needs

run: setup ## the whole site: database, demonstration content, web server and worker; Ctrl-C stops
	@scripts/serve

worker: setup ## the worker alone (fetches, seals, acknowledges); any number of web servers may stand beside it
	@exec $(BIN)/flask worker run

packages: # browser, IMAP server, fonts and PDF reader for the tests
	@scripts/debian-packages

test: packages check pytest ## everything: layout, lint, contracts, types, migrations, tests

check: lint types ## what needs no database

pytest: setup ## the tests alone; TEST_POSTGRES_URL=postgresql://… runs them on PostgreSQL
	$(BIN)/python -m pytest -n auto --dist worksteal

lock: ## resolve requirements/*.in anew, no release younger than 14 days
	for f in runtime dev; do uv pip compile requirements/$$f.in --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --exclude-newer "$$(date -d '14 days ago' +%F)" -q -o requirements/$$f.txt; done

audit: setup ## known vulnerabilities of the locked packages; asks pypi.org, so it is no part of `make test`
	@$(BIN)/python -m scripts.audit

sbom: setup ## the bill of materials of the delivered site (CycloneDX 1.6, JSON) in sbom.json; needs no network
	@$(BIN)/python -m scripts.sbom >sbom.json

format: setup ## rewrite the code in the house's layout
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

translations: setup ## collect what the sources say, draft it in traditional characters, name what English still lacks
	$(BIN)/python -m scripts.translations

lint: setup ## layout, lint, import contracts, templates
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports && $(BIN)/python -m scripts.plain_english && $(BIN)/djlint templates --lint --quiet

types: setup ## mypy
	$(BIN)/mypy

benchmarks: setup ## speed and memory, as ratios against a baseline of the same run
	@for each in benchmarks/[a-z]*.py; do case $$each in */serving.py|*/bare.py) ;; *) echo "== $$each"; \
	  $(BIN)/python -m benchmarks.$$(basename $$each .py);; esac; done

diagram: setup ## docs/er.svg and docs/data-model.md from the models
	@$(BIN)/python -m scripts.er_diagram

migration: setup ## make migration m="what changes": a file for what the models changed
	$(BIN)/flask db migrate -m "$(m)"
