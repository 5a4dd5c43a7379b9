# make demo · make weekend · make docs · make test · make lint · make bench · make fuzz · make crash: each installs what it needs, in .venv.
.PHONY: demo weekend test lint profiles judge promises mutants fuzz crash crash-hapi bench bench-scale wheel lock installed sbom audit release clean bench-hapi docs screens
SECONDS ?= 3600
PYTHON ?= python3
BIN := .venv/bin
WORDS := src/kt_migrate/locale/nl/LC_MESSAGES/kt_migrate.po

demo: .venv/demo
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

weekend: .venv/demo
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/weekend.sh $(if $(NO_GO),--no-go)

test: .venv/dev
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

lint: .venv/dev
	$(BIN)/python tools/lock.py --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

PROFILES := ../shared/profiles
profiles: .venv/dev
	$(BIN)/python tools/make_profiles.py $(PACKAGE) \
	  $(or $(BELOW),$(wildcard $(PROFILES)/nictiz/nictiz-closure-*.tgz)) $(if $(CORE),--core $(CORE))

judge: .venv/dev
	PYTHONPATH=tests:tests/hapi:bench:src $(BIN)/python tests/hapi/agreement.py $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

promises: .venv/dev
	$(BIN)/python tests/promises/breaking.py $(PROMISE) $(PROMISES)

mutants: .venv/dev
	$(BIN)/python tests/mutants $(ROOM) $(MUTANTS)

fuzz: .venv/fuzz
	$(BIN)/python tests/fuzz $(TARGET) --seconds $(SECONDS)

crash: .venv/dev
	$(BIN)/python tests/crash --seconds $(SECONDS) --runs $(or $(RUNS),0) --seed $(or $(SEED),0)

crash-hapi: .venv/dev
	KT_MIGRATE_CRASH_OBJECTS=$(or $(OBJECTS),5000) $(BIN)/python -m pytest -q -s tests/hapi/test_crash.py

bench: .venv/dev
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/writing.py
	$(BIN)/python bench/resuming.py 50000 5000
	$(BIN)/python bench/reading.py --messages 3000 --sample 500 --without-connector
	$(BIN)/python bench/scale.py --small 1000 --large 10000 --report-only

bench-hapi: .venv/dev
	$(BIN)/python bench/hapi.py

bench-scale: .venv/dev
	$(BIN)/python bench/resuming.py
	$(BIN)/python bench/reading.py --messages 100000 --compare 10000 1000000
	$(BIN)/python bench/scale.py --small 5000 --large 100000

docs: .venv/dev
	PYTHONPATH=tools $(BIN)/zensical build --strict --clean

screens: .venv/dev
	$(BIN)/python tools/references.py
	$(BIN)/python tools/screens.py

wheel: .venv/dev
	$(BIN)/python tools/same_wheel.py

lock: .venv/dev
	$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

# What is released, by its hashes and nothing else; the demo runs on it in .ci/run.
installed: .venv/dev
	rm -rf build/wheel && $(PYTHON) -m venv --without-pip build/wheel
	$(INTO) --require-hashes -r requirements/base.lock
	$(INTO) --no-deps --no-index dist/*.whl

INTO = $(BIN)/python -m pip --python build/wheel/bin/python install -q

sbom: .venv/dev
	$(INTO) --require-hashes -r requirements/all.lock
	$(BIN)/python tools/sbom.py build/wheel dist/*.whl build/sbom.cdx.json

audit: .venv/dev
	$(BIN)/python tools/audit.py $(if $(RELEASE),--release)

release: wheel installed sbom
	$(BIN)/python tools/lock.py --check
	$(BIN)/python tools/audit.py --release
	cp build/sbom.cdx.json build/audit.json requirements/all.lock requirements/base.lock dist/
	cd dist && sha256sum *.whl *.tar.gz *.json *.lock > SHA256SUMS && cat SHA256SUMS

.venv/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
	touch $@

.venv/demo: .venv/pip pyproject.toml $(WORDS)
	$(BIN)/python -m pip install -q -e .
	touch $@

.venv/dev: .venv/pip pyproject.toml $(WORDS)
	$(BIN)/python -m pip install -q -e ".[dev]"
	touch $@ .venv/demo

.venv/fuzz: .venv/dev
	$(BIN)/python -m pip install -q -e ".[fuzz]"
	touch $@

clean:
	rm -rf .venv build dist
