# Everything here runs on a fresh Debian with Python, git and make: tools/bootstrap installs the rest.
.DEFAULT_GOAL := help
.PHONY: help demo demo-down lint test test-fast test-long molecule bench bench-deploy bench-edge bench-servers docs bootstrap clean

export PATH := $(CURDIR)/.venv/bin:$(PATH)
ENTER := molecule/shared/enter
HTTPS_PORT ?= 8443
HTTP_PORT ?= 8080

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do printf '  make %-11s %s\n' "$$target" "$$text"; done

demo: bootstrap ## Serve a Django project in a container of this machine (HTTPS_PORT=8443 HTTP_PORT=8080)
	@$(ENTER) python tools/demo.py up --https-port $(HTTPS_PORT) --http-port $(HTTP_PORT)

demo-down: bootstrap ## Remove what `make demo` made
	@$(ENTER) python tools/demo.py down

lint: bootstrap ## Check the style of everything
	@python tools/test.py yamllint ruff format mypy zizmor workflows ansible-lint

test: bootstrap ## Run everything: style, fast tests and all scenarios (or what is named: s="redis ssh")
	@$(ENTER) python tools/test.py $(s)

test-long: bootstrap ## Run what takes hours: PostgreSQL moved on, site.yml killed at every tenth task, images, pipelines, a browser, scanners and secrets
	@$(ENTER) python tools/test.py --long

test-fast: bootstrap ## Run what needs no containers: style and fast tests
	@python tools/test.py yamllint ruff format mypy zizmor workflows ansible-lint pytest pytest-oldest

molecule: bootstrap ## Run one scenario (s=redis), or one step of it (s=redis do=converge)
	@MOLECULE_GLOB='molecule/*/molecule.yml' $(ENTER) molecule -c .config/molecule/config.yml $(or $(do),test) --scenario-name $(or $(s),$(error Which scenario? For example: make molecule s=redis))

bench: bootstrap ## Measure what Groundcrew costs, beside other ways (s="core site deploy preflight" n=3 debian=13 docs=yes)
	@PYTHONPATH=tools $(ENTER) python -m bench $(s) --debian $(or $(debian),12) --rounds $(or $(n),3) $(if $(docs),--docs)

bench-deploy: bootstrap ## Compare a deploy, a rollback and a run with nothing to do with an earlier commit (base=COMMIT)
	@PYTHONPATH=tools $(ENTER) python -m bench.compare --base $(or $(base),e38eb59) --rounds $(or $(n),3)

bench-servers: bootstrap ## Compare Gunicorn, Granian and uWSGI, a page with one query
	@$(ENTER) molecule -c .config/molecule/config.yml converge --scenario-name servers
	@$(ENTER) podman exec --interactive groundcrew-servers-13 python3 - < tools/bench/servers.py
	@$(ENTER) molecule -c .config/molecule/config.yml destroy --scenario-name servers

bench-edge: bootstrap ## Compare Nginx on the host of `make demo` with the best it could be
	@$(ENTER) podman exec --interactive groundcrew-demo python3 - site site.localhost < tools/bench/edge.py

docs: bootstrap ## Write the tables of variables from the specifications of the roles, docs/performance.md, and CHANGELOG.md
	@python docs/generate.py
	@PYTHONPATH=tools python -m bench.page
	@python tools/changelog.py

bootstrap:
	@tools/bootstrap

clean: ## Remove the tools and everything that tests left behind
	rm -rf .venv .cache .pytest_cache .ruff_cache logs
