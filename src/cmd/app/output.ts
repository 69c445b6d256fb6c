/**
 * Makes an error of standard output everybody's to survive. A reader that closes the pipe, as `head` does when it has
 * seen enough, is no failure; anything else (a full disk) is said once and makes the exit code 1.
 */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`error: can't write to standard output: ${error.message}\n`);
    process.exitCode = 1;
  });
}

/** Writes to standard output; resolves when there is room for more, with false when nothing more can be written. */
export function writeOutput(bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, (error) => resolve(error === undefined || error === null));
  });
}
