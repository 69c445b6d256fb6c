import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { isRecord } from './config-problems.ts';

/** What a settings file holds. */
export interface ConfigFile {
  readonly tree: Record<string, unknown>;
  /** `file:line:column` of the key on the path (`server.port`), if the file has it. */
  placeOf(path: string): string | undefined;
}

/**
 * Reads YAML. Errors give place and kind only: the parser's messages quote the file, which holds passwords.
 * @returns undefined when there is no such file
 * @throws AppError `config_invalid` when it can't be read, or is not a mapping in YAML
 */
export function readConfigFile(file: string): ConfigFile | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isRecord(error) && error['code'] === 'ENOENT') return undefined;
    throw new AppError('config_invalid', `can't read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const refuse = (why: string): AppError => new AppError('config_invalid', why);
  let document: ReturnType<typeof parseDocument<ParsedNode>>;
  let content: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    if (document.errors.length === 0) content = document.toJS() ?? {};
    // Endless where an alias leads back to its own anchor, or too deep: neither is a settings file.
    JSON.stringify(content);
  } catch {
    throw refuse(
      `${file} is nested too deep, or its aliases lead nowhere, back to themselves or to too much`,
    );
  }
  const wrong = document.errors.map(
    ({ code, pos }) => `${place(pos[0])}: ${code.toLowerCase().replaceAll('_', ' ')}`,
  );
  if (wrong.length > 0) throw refuse(`the settings file is not YAML:\n  ${wrong.join('\n  ')}`);
  if (!isRecord(content)) throw refuse(`${file} must be a mapping of sections`);
  const placeOf = (path: string): string | undefined => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const part of path.split('.')) {
      const pair = isMap<ParsedNode, ParsedNode>(node)
        ? node.items.find(({ key }) => isScalar(key) && String(key.value) === part)
        : undefined;
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    }
    return offset === undefined ? undefined : place(offset);
  };
  return { tree: prune(content), placeOf };
}

/** A key with nothing behind it (`rate:`) means its default. */
function prune(tree: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(tree).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, isRecord(value) ? prune(value) : value]));
}
