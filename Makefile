SHELL := /bin/sh
BUN := node_modules/.bin/bun
APP := ./test-service
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test check bench chaos screenshots client format migrateup migratedown engines-up engines-down clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Options of the command go into ARGS: make run ARGS="--help"'

setup: ## Install what is missing to run the service
	@sh scripts/setup.sh run

setup-test: ## Install what is missing to run the tests
	@sh scripts/setup.sh test

run: setup ## Start everything: engines, producer, consumer, server
	@exec $(APP) run $(ARGS)

test: setup-test ## Check and test everything; the last line is "N passed, N failed"
	@exec $(BUN) test/run.ts --check $(ARGS)

check: ## Types, format, lint rules, import rules
	@node_modules/.bin/tsc -p .
	@node_modules/.bin/biome check --error-on-warnings .
	@node_modules/.bin/depcruise --config .dependency-cruiser.cjs --output-type err src test

bench: setup ## Measure speed and memory; BENCH=ingest for one (docs/performance.md)
	@exec $(BUN) bench/run.ts $(BENCH)

chaos: setup-test ## Kill and cut everything, then prove nothing is lost; KILLS=100 SEED=… (docs/chaos.md)
	@exec $(BUN) test/chaos/run.ts

screenshots: setup-test ## Take pictures of every page of the web console, into .artifacts and docs/console.png
	@$(BUN) test/run.ts test/e2e/console.test.ts test/e2e/chaos-panel.test.ts test/e2e/proof.test.ts && cp .artifacts/page-overview-light.png docs/console.png

client: ## Write the types of the TypeScript client anew, after endpoints have changed
	@exec $(BUN) scripts/generate-client.ts

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
	@rm -rf .data .artifacts .cache node_modules
