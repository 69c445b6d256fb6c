import { WritePath, type WritePathOptions } from './write-path.ts';

/** The write paths of a test file: `open` one in a test, `closeAll` in `afterAll`, whatever became of the test. */
export class WritePaths {
  readonly #open: WritePath[] = [];

  async open(options: WritePathOptions = {}): Promise<WritePath> {
    const path = await WritePath.open(options);
    this.#open.push(path);
    return path;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((path) => path.close()));
  }
}
