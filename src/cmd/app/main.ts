#!/usr/bin/env bun

/** What the runtime reads when it starts. Set to something else, it stays so. */
const RUNTIME = {
  // The engine (JavaScriptCore) lets garbage grow with the machine's memory. Told of 256 MB it collects in time, which
  // costs no speed that could be measured. It is no limit: what is needed is had.
  BUN_JSC_forceRAMSize: String(256 * 1024 * 1024),
  // The allocator (mimalloc) gives the unused parts of pages back at every pause of the event loop. Every five seconds
  // is often enough, and a lookup answered from memory then takes a twentieth less CPU.
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: '5000',
};

settleRuntime();
const [{ runCli }, { watchOutput }] = await Promise.all([import('./cli.ts'), import('./output.ts')]);
watchOutput();
process.exitCode = await runCli(process.argv.slice(2));

/** Starts this very process anew with the settings of the runtime, unless it has them; child processes inherit them. */
function settleRuntime(): void {
  if (Object.keys(RUNTIME).every((name) => process.env[name] !== undefined)) return;
  const program = Bun.isStandaloneExecutable ? [] : [...process.execArgv, Bun.main];
  const command = [process.execPath, ...program, ...process.argv.slice(2)];
  process.execve?.(process.execPath, command, { ...RUNTIME, ...process.env });
}
