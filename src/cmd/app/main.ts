#!/usr/bin/env bun
import { runCli } from './cli.ts';
import { watchOutput } from './output.ts';

watchOutput();
process.exitCode = await runCli(process.argv.slice(2));
