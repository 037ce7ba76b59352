# Two commands set up everything: `make demo` and `make test`. `make help` lists the rest.
# Recipes are not echoed: what `make demo ARGS=--check` prints on stdout is JSON alone.
.SILENT:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CATALOGUES := $(wildcard src/fangge/*/locale/*/LC_MESSAGES/django.po)

.PHONY: help demo test check yanked docs lock peers browser java clean

help: ## Show what there is to make.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/run.stamp $(CATALOGUES:.po=.mo) ## Run the main job on a generated district and open the site. ARGS="--residents 20000 --check"
	$(BIN)/fangge demo $(ARGS)

test: $(VENV)/dev.stamp $(VENV)/spark.stamp $(CATALOGUES:.po=.mo) browser java ## Run every test. ARGS="-k address"
	$(BIN)/python -m pytest --numprocesses 2 $(ARGS)

check: $(VENV)/dev.stamp $(CATALOGUES:.po=.mo) ## Lint, format, types, import contracts, spelling, locks and licences.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/codespell --builtin clear --dictionary .ci/british.txt src/fangge/*/ docs tests README.md --skip "*/static/*,*.html,*.po,*.json,*.csv,*.png,*/tables/*"
	$(BIN)/mypy src tests
	$(BIN)/python .ci/dependencies.py

yanked: $(VENV)/dev.stamp ## Ask the configured index whether a locked version was withdrawn.
	$(BIN)/pip install --quiet uv
	$(BIN)/python .ci/dependencies.py --yanked

docs: $(VENV)/dev.stamp ## Write the generated reference pages anew.
	$(BIN)/fangge docs

lock: $(VENV)/dev.stamp ## Pin the requirements anew.
	$(BIN)/pip install --quiet uv
	for set in base dev peers spark; do $(BIN)/uv pip compile requirements/$$set.in --output-file requirements/$$set.txt \
		--generate-hashes --no-header --no-emit-index-url --python-version 3.11 --quiet --upgrade; done

peers: $(VENV)/peers.stamp ## Install what `fangge bench` measures itself beside.

browser: ## Find a Chromium for the browser tests, install Debian's where apt can.
	@sh .ci/browser

java: ## Find a Java for the Spark test, install Debian's where apt can.
	@sh .ci/java

clean: ## Remove what was made, but not the data folder.
	rm -rf $(VENV) build dist $(CATALOGUES:.po=.mo)

%.mo: %.po | $(VENV)/run.stamp
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale zh_Hans

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	echo "Installing the packages ..." >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/base.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/fangge compile
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	echo "Installing what checks and tests need ..." >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	touch $@

$(VENV)/peers.stamp: requirements/peers.txt $(VENV)/run.stamp
	echo "Installing what is measured beside Fangge ..." >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/peers.txt
	touch $@

# Spark comes as a source archive of 450 MB, packed anew on the way in: about a minute.
$(VENV)/spark.stamp: requirements/spark.txt $(VENV)/dev.stamp
	echo "Installing Spark, for its test ..." >&2
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --require-hashes --requirement requirements/spark.txt
	touch $@
