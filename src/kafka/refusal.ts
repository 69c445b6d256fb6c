import { AppError } from '../lib/app-error.ts';
import { certificateTrouble } from '../lib/tls.ts';

/** What is wrong, and what a person is to do about it, as AppError takes it: one clause each. */
interface Refusal {
  readonly found: string;
  readonly advice: string;
}

/**
 * Why Kafka will go on refusing until somebody changes a setting or gives a right; undefined for other errors, which may
 * pass.
 * @param name what was asked for, where Kafka's answer does not name it
 */
export function refusalIn(error: unknown, name?: string): Refusal | undefined {
  const errors = errorsIn(error);
  const first = <T>(look: (one: Error) => T | undefined): T | undefined => {
    for (const one of errors) {
      const found = look(one);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const where = first((one) => /^Connection to (\S+) failed/.exec(one.message)?.[1]) ?? 'the broker';
  if (errors.some(({ message }) => message === 'Broker requires TLS.'))
    return { found: 'the broker speaks TLS on this port', advice: 'set kafka.tls.enabled: true, or use another port' };
  const certificate = first((one) => certificateTrouble('kafka.tls', one));
  if (certificate !== undefined) return { found: `no encrypted connection to ${where}`, advice: certificate };
  const login = errors.find((one) => idOf(one) === 'SASL_AUTHENTICATION_FAILED');
  if (login !== undefined) {
    const found = `${where} refuses the login (${textIn(login, 'serverErrorMessage')})`;
    return { found, advice: 'check kafka.sasl.username and kafka.sasl.password' };
  }
  if (errors.some((one) => idOf(one) === 'ILLEGAL_SASL_STATE'))
    return { found: `${where} asks for no login`, advice: 'set kafka.sasl.mechanism: none, or use another port' };
  const offered = errors.some((one) => idOf(one) === 'UNSUPPORTED_SASL_MECHANISM') ? first(mechanismsOf) : undefined;
  if (offered !== undefined)
    return { found: `${where} wants another login`, advice: `set kafka.sasl.mechanism to ${offered}` };
  const denied = errors.find((one) => idOf(one).endsWith('_AUTHORIZATION_FAILED'));
  return denied && missingRight(denied, errors, name);
}

/** The AppError that our own part of a login threw. */
export function ownErrorIn(error: unknown): AppError | undefined {
  return errorsIn(error).find((one) => one instanceof AppError);
}

/** The error, its parts and causes, outermost first. */
export function errorsIn(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const parts: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error, ...[...parts, error.cause].flatMap(errorsIn)];
}

function idOf(error: Error): string {
  return textIn(error, 'apiId');
}

function textIn(error: object, key: string): string {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : '';
}

/** `PLAIN or SCRAM-SHA-512`, in an answer to SaslHandshake. */
function mechanismsOf(error: Error): string | undefined {
  const answer: unknown = Reflect.get(error, 'response');
  const mechanisms: unknown = typeof answer === 'object' && answer !== null && Reflect.get(answer, 'mechanisms');
  return Array.isArray(mechanisms) ? mechanisms.join(' or ') : undefined;
}

type Resource = 'topic' | 'group' | 'transactional-id' | 'cluster';

const RESOURCES: Readonly<Record<string, Resource>> = {
  TOPIC_AUTHORIZATION_FAILED: 'topic',
  GROUP_AUTHORIZATION_FAILED: 'group',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'transactional-id',
  CLUSTER_AUTHORIZATION_FAILED: 'cluster',
};

/** The right that a request needs; of the others, the one that does for all of the resource that this service asks. */
const RIGHTS: Readonly<Record<string, string>> = {
  Metadata: 'Describe',
  ListOffsets: 'Describe',
  CreateTopics: 'Create',
  DescribeConfigs: 'DescribeConfigs',
  IncrementalAlterConfigs: 'AlterConfigs',
  Produce: 'Write',
};
const OTHER_RIGHTS = { topic: 'Read', group: 'Read', 'transactional-id': 'Write' } as const;

function rightOf(api: string, resource: Resource): string {
  if (resource !== 'cluster') return RIGHTS[api] ?? OTHER_RIGHTS[resource];
  // A right of brokers: the library adds partitions to a transaction by their form of the request.
  return api === 'InitProducerId' ? 'IdempotentWrite' : 'ClusterAction';
}

function missingRight(denied: Error, errors: readonly Error[], fallback: string | undefined): Refusal {
  const resource = RESOURCES[idOf(denied)] ?? 'cluster';
  const answer = errors.find((one) => one instanceof AggregateError && one.errors.includes(denied));
  const api = /API (\w+)\(/.exec(answer?.message ?? '')?.[1] ?? '';
  const name = nameIn(answer, textIn(denied, 'path')) ?? fallback;
  return missing(rightOf(api, resource), resource, name ?? 'NAME');
}

/** As whom this process logs in: one, unless it is a test. */
const users = new Set<string>();

/** Has commands that give a right name the user. */
export function noteUser(user: string): void {
  users.add(user);
}

/** As ACLs name it; a certificate or a token has a name that only the broker's log tells for sure. */
function principal(): string {
  const [user, ...others] = users;
  return inShell(`User:${user === undefined || others.length > 0 ? '<the user of this service>' : user}`);
}

function inShell(word: string): string {
  return /^[\w.:@%+=,/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A missing right, and the command that gives it. */
function missing(operation: string, resource: Resource, name: string): Refusal {
  const [what, option] =
    resource === 'cluster' ? ['the cluster', '--cluster'] : [`${resource} ${name}`, `--${resource} ${inShell(name)}`];
  const unseen = operation === 'Create' ? ' (or Describe, if it is there)' : '';
  const advice = `kafka-acls --add --allow-principal ${principal()} --operation ${operation} ${option}`;
  return { found: `the user lacks the right ${operation}${unseen} on ${what}`, advice };
}

/** The same as a sentence. */
export function rightNeeded(...right: Parameters<typeof missing>): string {
  const { found, advice } = missing(...right);
  return `${found}: ${advice}`;
}

/** The name in the part of an answer that the path (`/topics/0/partitions/1`) leads to. */
function nameIn(answer: Error | undefined, path: string): string | undefined {
  let at: unknown = answer && Reflect.get(answer, 'response');
  let name: string | undefined;
  for (const step of path.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) break;
    at = Reflect.get(at, step);
    if (typeof at !== 'object' || at === null) break;
    const found = ['name', 'resourceName', 'key'].map((key) => textIn(Object(at), key)).find((text) => text !== '');
    name ??= found;
  }
  return name;
}
