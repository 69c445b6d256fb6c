import { type Leaf, settings, suggest } from './config-problems.ts';
import type { Config } from './config-schema.ts';
import { type ConfigProblem, isRecord, valueAt } from './config-section.ts';

const ENV_PREFIX = 'TEST_SERVICE_';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `kafka.deadLetterTopic` → `TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC`. */
export function environmentName(path: readonly string[]): string {
  return ENV_PREFIX + path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_');
}

/** The settings as environment variables: `loadConfig` makes the same settings of them. */
export function toEnvironment(config: Config): Record<string, string> {
  return Object.fromEntries(
    settings().map(({ path }) => {
      const value = valueAt(config, path);
      return [environmentName(path), Array.isArray(value) ? value.join(',') : String(value)];
    }),
  );
}

/** A setting the environment has, and the variable. */
export interface VariableSetting {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * The settings in the environment; a variable that looks like one but is not is a problem. `ignored` gets those that
 * Kubernetes sets for a Service whose name begins with test-service.
 */
export function readEnvironment(env: Environment, problems: ConfigProblem[], ignored: string[]): VariableSetting[] {
  const known = new Map(settings().map((leaf) => [environmentName(leaf.path), leaf]));
  const isServiceLink = serviceLinks(env);
  const found: VariableSetting[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || text === undefined) continue;
    const leaf = known.get(variable);
    if (isServiceLink(variable, text)) ignored.push(variable);
    else if (leaf === undefined)
      problems.push({ path: variable, message: `is not a setting${suggest(variable, [...known.keys()])}` });
    else found.push({ variable, path: leaf.path, value: fromText(text, leaf) });
  }
  return found;
}

/**
 * Tells variables of Kubernetes Services (`X_SERVICE_HOST`, `X_PORT=tcp://…`, `X_PORT_80_TCP_ADDR`, …) by the company
 * they come in, so that a typing mistake (`TEST_SERVICE_SERVICE_PORT=9001`) is still an error.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function serviceLinks(env: Environment): (variable: string, text: string) => boolean {
  const url = /^(tcp|udp|sctp):\/\//;
  const prefixes = Object.keys(env)
    .map((name) => /^(TEST_SERVICE(?:_\w+)?)_SERVICE_HOST$/.exec(name)?.[1])
    .filter((prefix) => prefix !== undefined)
    .filter((prefix) =>
      Object.entries(env).some(([name, text]) => name.startsWith(`${prefix}_PORT_`) && url.test(text ?? '')),
    );
  return (variable, text) =>
    prefixes.some((prefix) => {
      const rest = variable.startsWith(`${prefix}_`) ? variable.slice(prefix.length + 1) : '';
      if (rest === 'PORT') return url.test(text);
      return /^(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(rest);
    });
}

/** Environment text → the value its schema wants; what does not convert stays text and fails the check. */
function fromText(text: string, { schema }: Leaf): unknown {
  if (schema['type'] === 'array') {
    const parts = text.split(',').map((part) => part.trim());
    return text.trim() === '' ? [] : parts;
  }
  if (schema['type'] === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  const numeric =
    schema['type'] === 'integer' ||
    schema['type'] === 'number' ||
    (Array.isArray(schema['anyOf']) && schema['anyOf'].some((one) => isRecord(one) && one['type'] === 'integer'));
  if (numeric && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}
