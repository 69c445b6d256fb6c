import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { NO_STORE, textStream } from '../http/reply.ts';
import { Slots } from '../http/slots.ts';

/** A client that saves a file may pause for a minute. */
export const EXPORT_IDLE_SECONDS = 75;

/** How an exported file comes. */
export const EXPORT_NOTE =
  'Streamed as the client reads it; the client may pause for a minute. The body is chunked, and its last chunk (RFC 9112 section 7.1) comes only when the export is complete: if something goes wrong, the connection is reset instead, which HTTP clients report as an error.';

interface ExportedFile {
  readonly name: string;
  readonly contentType: string;
  /** Text before the first part. */
  readonly head?: string;
}

/** Answers with files that are made while they are sent, some at once at most. */
export class FileExports {
  readonly #slots: Slots;
  readonly #logger: Logger;

  constructor(most: number, logger: Logger) {
    this.#slots = new Slots(most);
    this.#logger = logger;
  }

  /**
   * Makes the first part before the answer begins, so that an engine that is down is a 503. The parts are ended when the
   * client goes away. @throws what the first part throws; ProblemError when there are too many exports
   */
  async answer(method: string, { name, contentType, head = '' }: ExportedFile, parts: AsyncGenerator<string>) {
    const headers = {
      ...NO_STORE,
      'content-type': contentType,
      'content-disposition': `attachment; filename="${name}"`,
    };
    if (method === 'HEAD') return { status: 200, headers } as const;
    const free = this.#slots.take();
    const end = (error?: unknown): void => {
      free();
      if (error !== undefined) this.#logger.warn({ export: name, reason: messageOf(error) }, 'export failed');
      parts.return(undefined).catch(() => {});
    };
    try {
      const first = await parts.next();
      async function* texts(): AsyncGenerator<string> {
        if (head !== '') yield head;
        if (first.done === true) return;
        yield first.value;
        yield* parts;
      }
      return { status: 200, headers, body: textStream(texts(), end) } as const;
    } catch (error) {
      end();
      throw error;
    }
  }
}
