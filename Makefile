SHELL := /bin/sh
BUN := node_modules/.bin/bun
APP := ./test-service
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run build test test-image check bench chaos secured screenshots chart reference client release dashboards format migrateup migratedown engines-up engines-down clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Options of the command go into ARGS: make run ARGS="--help"'

setup: ## Install what is missing to run the service
	@sh scripts/setup.sh run

setup-test: ## Install what is missing to run the tests
	@sh scripts/setup.sh test

run: setup ## Start everything: engines, producer, consumer, server
	@exec $(APP) run $(ARGS)

build: setup ## Put everything into one executable, dist/test-service; TARGET=linux-arm64 for another system
	@exec $(BUN) scripts/build.ts executable $(TARGET)

test: setup-test ## Check and test everything; the last line is "N passed, N failed"
	@exec $(BUN) test/run.ts --check $(ARGS)

check: ## Types, format, lint rules, import rules
	@node_modules/.bin/tsc -p .
	@node_modules/.bin/biome check --error-on-warnings .
	@node_modules/.bin/depcruise --config .dependency-cruiser.cjs --output-type err src test

test-image: ## Build the container image and run it without rights, or say why that can't be done here
	@sh scripts/setup.sh image
	@exec $(BUN) test/run.ts ./test/image/image.ts

bench: setup ## Measure speed and memory; BENCH=ingest for one (docs/performance.md)
	@exec $(BUN) bench/run.ts $(BENCH)

chaos: setup-test ## Kill and cut everything, then prove nothing is lost; KILLS=100 SEED=… (docs/chaos.md)
	@exec $(BUN) test/chaos/run.ts

secured: setup-test ## The executable on engines with TLS and logins, each of which is killed; COUNT=100000 (docs/chaos.md)
	@exec $(BUN) test/secured/run.ts

screenshots: setup-test ## Take pictures of every page of the web console, into .artifacts, and those of the README
	@$(BUN) test/run.ts test/e2e/console.test.ts test/e2e/chaos-panel.test.ts test/e2e/proof.test.ts
	@$(BUN) test ./test/pictures.ts

chart: ## Write the settings into the schema of the Helm chart's values anew, after settings have changed
	@$(BUN) scripts/chart-schema.ts && node_modules/.bin/biome format --write deploy/helm/test-service/values.schema.json

reference: ## Write the lists of settings and commands in docs anew, after they have changed
	@exec $(BUN) scripts/reference.ts

client: ## Write the types of the TypeScript client anew, after endpoints have changed
	@exec $(BUN) scripts/generate-client.ts

release: ## Give what is unreleased a version: VERSION=1.2.3 changes files, commits and tags
	@$(BUN) scripts/release.ts '$(VERSION)'

dashboards: ## Write the dashboards of Grafana anew, after scripts/dashboards.ts has changed
	@exec $(BUN) scripts/dashboards.ts

format: ## Format the code and fix what can be fixed safely
	@exec node_modules/.bin/biome check --write .

migrateup: setup ## Create the database if it is missing, and bring its schema up to date
	@exec $(APP) migrate up $(ARGS)

migratedown: setup ## Undo the last migration
	@exec $(APP) migrate down $(ARGS)

engines-up: setup ## Start local engines and keep them running
	@exec $(APP) engines up $(ARGS)

engines-down: ## Stop the local engines
	@exec $(APP) engines down $(ARGS)

clean: ## Stop the local engines and remove their data and the installed packages
	@if [ -x $(BUN) ]; then $(APP) engines down; fi
	@rm -rf .data .artifacts .cache dist node_modules
