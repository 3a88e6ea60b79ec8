# Everything a user or a developer runs. Only python3 (3.11 or newer) and make are needed beforehand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest
# TensorFlow has an environment of its own: Keras imports it now and then wherever it is installed.
TENSORFLOW_VENV := .venv-tensorflow
# The release whose build for processors was tried. Where pip finds only the one that brings CUDA along, name an index
# that has the other in PIP_EXTRA_INDEX_URL.
TORCH := torch==2.13.0

# The dashboard is built when the project is installed, from these.
DASHBOARD := api/openapi.json $(shell find dashboard -type f -not -path "*/node_modules/*" -not -path "*/dist/*" \
	-not -name schema.d.ts)

.PHONY: demo serve test check format soak bench docs pictures openapi clean

# The stamps say what is installed; they are made anew when pyproject.toml changes.
$(VENV)/.installed: pyproject.toml hatch_build.py $(DASHBOARD)
	@$(PYTHON) -c 'import sys; sys.exit("tuner needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[all]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(TENSORFLOW_VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(TENSORFLOW_VENV)
	$(TENSORFLOW_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[local,tensorflow]' \
		hypothesis pytest pytest-timeout
	@touch $@

dashboard/node_modules/.installed: dashboard/package-lock.json $(VENV)/.installed-dev
	$(BIN)/python hatch_build.py ci --ignore-scripts --no-audit --no-fund
	@touch $@

demo: $(VENV)/.installed  ## Tune real models on a real table and print the leaderboard.
	$(BIN)/tuner demo

serve: $(VENV)/.installed  ## Keep a service and its dashboard running in ./data.
	TUNER_HOME=data $(BIN)/tuner serve

test: $(VENV)/.installed-dev  ## Every test that is not slow, on both databases.
	$(PYTEST) -n 2 --dist worksteal -m "not slow and not soak"

# The tests of networks start others in the environment of TensorFlow.
check: $(VENV)/.installed-dev $(TENSORFLOW_VENV)/.installed dashboard/node_modules/.installed  ## All but the soaks.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py run check
	$(PYTEST) -n 2 --dist worksteal -m "not soak"

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(VENV)/.installed-dev  ## Minutes of load and faults; not part of the pipeline.
	$(PYTEST) -m soak

bench: $(VENV)/.installed-dev  ## The figures of benchmarks/README.md.
	$(BIN)/python -m benchmarks

openapi: $(VENV)/.installed  ## Write api/openapi.json anew after a change of the API.
	$(BIN)/python -m api.openapi > api/openapi.json

docs: $(VENV)/.installed-dev  ## Build the documentation into site/.
	$(BIN)/mkdocs build --strict

pictures: $(VENV)/.installed-dev  ## Photograph every view of the dashboard for the documentation.
	$(BIN)/python -m tests.dashboard.pictures docs/images/dashboard

clean:
	rm -rf $(VENV) $(TENSORFLOW_VENV) api/static dashboard/node_modules build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
