# Two commands do most: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
SCALE ?= 0.01
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := sources identity expectations serving orchestration
CODE := $(PACKAGES) tests benchmarks scripts

# Tests run in two processes, a file of tests in one of them, in the order that tests/conftest.py gives.
AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder

export DAGSTER_DISABLE_TELEMETRY = 1
export DO_NOT_TRACK = 1

.PHONY: help
help: ## 列出命令 list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1mmake %-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(STAMP) ## 安装到 .venv everything into .venv, from the hashed lock
	@:

# uv's own lines of the lock come first, through pip; uv installs the rest. No index is named: pip's and uv's own
# configuration decides where packages come from, so a site with a mirror installs from it. Bytecode is made at once:
# where PYTHONDONTWRITEBYTECODE is set every command, and every dbt that it starts, would compile all that it imports.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[^ #]/ {keep = /^uv==/} keep' requirements.lock > $(VENV)/uv.lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock.txt
	$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: run
run: install ## 模拟小城市并建库 simulate a small city, build its library, print what came out
	$(BIN)/sijiku simulate --out var/city --scale $(SCALE)
	$(BIN)/sijiku build --landing var/city/landing --workdir var/library

.PHONY: test
test: install ## 全部测试，CI 所运行 every test, as CI runs them
	@scripts/install-debian-packages.sh --check
	$(BIN)/python -m pytest $(AT_ONCE)

.PHONY: test-full
test-full: install ## 含长时间测试 every test, the long ones too
	@scripts/install-debian-packages.sh --check
	$(BIN)/python -m pytest $(AT_ONCE) -m ""

.PHONY: check
check: lint ## 格式、静态检查、单元测试 format, lint, types, edges between layers, unit tests
	$(BIN)/python -m pytest -q -m "not city and not full and not spark"

.PHONY: lint
lint: install ## 格式与静态检查 format, lint, types, SQL
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests benchmarks/by_hand

.PHONY: format
format: install ## 整理格式 put code and SQL into form
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests benchmarks/by_hand

.PHONY: dev
dev: export DAGSTER_HOME = $(CURDIR)/var/dagster
# dg compares it with the environment that it finds, and warns.
dev: export VIRTUAL_ENV = $(CURDIR)/$(VENV)
dev: install ## 打开 Dagster 界面 Dagster's UI on this project, on http://127.0.0.1:3000
	@mkdir -p $(DAGSTER_HOME)
	@cp orchestration/dagster.yaml $(DAGSTER_HOME)/dagster.yaml
	@$(BIN)/python -m orchestration.dbt
	SIJIKU_LANDING=$${SIJIKU_LANDING:-$(CURDIR)/var/city/landing} SIJIKU_WORKDIR=$${SIJIKU_WORKDIR:-$(CURDIR)/var/library} \
	  $(BIN)/dg dev --host 127.0.0.1 --port 3000

# An environment of its own: Superset wants SQLAlchemy 1.4. It is no part of `make install`.
SUPERSET := .venv-superset

$(SUPERSET)/.installed: scripts/superset/requirements.lock | install
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(SUPERSET)
	$(BIN)/uv pip sync --python $(SUPERSET)/bin/python --require-hashes scripts/superset/requirements.lock
	@touch $@

.PHONY: bi
bi: $(SUPERSET)/.installed ## 启动 PostgreSQL 与 Superset 仪表板 dashboards of var/library, on http://127.0.0.1:8088
	@scripts/install-debian-packages.sh --check
	@test -e var/library/published/current || { echo "先建库 build a library first: make run" >&2; exit 1; }
	$(BIN)/python scripts/superset/serve.py up

.PHONY: bi-stop
bi-stop: ## 停止 Superset 与 PostgreSQL stop what make bi started
	$(BIN)/python scripts/superset/serve.py down

.PHONY: generate
generate: install ## 由合同生成 dbt 源与种子 write what is generated from contracts and reference data
	$(BIN)/python -m sources.generate
	$(BIN)/python scripts/make_seeds.py
	$(BIN)/python scripts/make_staging.py
	$(BIN)/python scripts/make_rules.py
	$(BIN)/python scripts/make_runbook.py

.PHONY: pictures
pictures: install ## 重画 README 的图 draw the README's pictures anew, from var/library
	$(BIN)/python scripts/make_pictures.py var/library

.PHONY: bench
bench: install ## 性能与匹配质量 performance, as ratios to the read floor and to Splink alone; F1 of FEBRL 3 and 4
	$(BIN)/python -m benchmarks

.PHONY: reliability
reliability: install ## 十天增量与三十次强制终止，写入 docs/reliability.md ten days, thirty kills; what came of it goes to the docs
	$(BIN)/python -m tests.campaigns.days --days 10 --seed 1 --write
	$(BIN)/python -m tests.campaigns.kill --kills 30 --seed 1 --write

.PHONY: accuracy
accuracy: install ## 人员识别质量，多座城市，写入 docs/identity.md who-is-who held to the truth of several cities; goes to the docs
	$(BIN)/python -m tests.campaigns.accuracy --write

.PHONY: findings-accuracy
findings-accuracy: install ## 规则查全与误报，写入 docs/findings.md findings held to what was planted in cities; goes to the docs
	$(BIN)/python -m tests.campaigns.findings --write

.PHONY: unseen
unseen: install ## 未掌握人口估计的可信度，写入 docs/unseen.md how often the intervals of the unseen hold; goes to the docs
	$(BIN)/python -m tests.campaigns.unseen --write

.PHONY: lock
lock: ## 重新锁定依赖 resolve the dependencies again, hashed, for every platform
	@test -x $(BIN)/uv || { echo "先运行 run first: make install" >&2; exit 1; }
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --universal --no-emit-index-url \
	  --python-version 3.11 -o requirements.lock
	$(BIN)/uv pip compile scripts/superset/requirements.in --generate-hashes --universal --no-emit-index-url \
	  --python-version 3.11 -o scripts/superset/requirements.lock

.PHONY: clean
clean: ## 删除 var 与缓存 remove var/ and caches; .venv stays
	rm -rf var dbt_project/target dbt_project/logs .mypy_cache .ruff_cache .pytest_cache
