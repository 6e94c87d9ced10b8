# Two commands on a fresh machine: `make demo` and `make test`. Everything else they need they set up themselves.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: screenshots demo test interop check format bench clean browser

demo: $(VENV)/.demo        ## both CRMs, the daemon, its pages and customers who answer, shown live
	$(BIN)/palaute demo $(ARGS)

test: $(VENV)/.dev browser ## the test suite
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not interop" $(ARGS)

interop: $(VENV)/.dev      ## programs of others against the stand-ins; installs them into an environment of their own
	$(BIN)/python -m pytest -m interop tests/interop $(ARGS)

screenshots: $(VENV)/.dev browser ## pictures of the pages, into docs/screenshots
	$(BIN)/python -m tests.browser.screenshots

check: $(VENV)/.dev        ## linters and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev       ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up $(VENV) (a minute or so, once)"
	$(PIP) install -c constraints.txt -e '.[sandbox]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up $(VENV) (a minute or so, once)"
	$(PIP) install -c constraints.txt -e '.[dev,sandbox,postgres]'
	@touch $@ $(VENV)/.demo

# The browser tests drive a real Chromium; playwright's own download is not used.
browser:
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing Chromium for the browser tests"; \
		apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	else echo "No Chromium found: install it (apt install chromium), or leave the browser tests out: make test ARGS='--ignore tests/browser'"; fi

clean:
	rm -rf $(VENV) .venv-interop build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
