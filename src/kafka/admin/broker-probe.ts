import { Connection, saslHandshakeV1 } from '@platformatic/kafka';
import { type Address, formatAddress, parseBroker } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { type KafkaClients, toKafkaError } from '../clients.ts';
import { errorsIn, ownErrorIn } from '../refusal.ts';
import type { Security } from '../security.ts';

/** answers: it lets us in and serves. starting: not serving yet. silent: no answer in time. none: nothing there. */
type BrokerState = 'answers' | 'starting' | 'silent' | 'none';

const CLOSE_TIMEOUT_MS = 500;
/** A TLS handshake and a login take longer than a connection. */
const LIMITS = { connectTimeout: 5_000, requestTimeout: 5_000 };
const ABSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']);
/** No mechanism's name: a broker that wants a login answers with those it has. */
const NO_MECHANISM = '?';

/**
 * Logs in at one broker as all clients do.
 * @throws AppError `kafka_refuses` when a setting has to be changed first; `kafka_unavailable` (retryable) while there is
 *   nothing to log in with: no token, no file of the settings
 */
export async function probeBroker(kafka: KafkaClients, address: Address): Promise<BrokerState> {
  const there = kafka.at(formatAddress(address));
  const admin = there.admin({ clientId: 'test-service-probe', ...LIMITS, retries: 0 });
  try {
    const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
    return brokers.size > 0 ? 'answers' : 'starting';
  } catch (error) {
    const failure = await explained(there, error, 'logging in');
    if (failure.advice !== undefined || ownErrorIn(error) !== undefined) throw failure;
    return errorsIn(error).some((one) => 'code' in one && ABSENT.has(String(one.code))) ? 'none' : 'silent';
  } finally {
    await within(CLOSE_TIMEOUT_MS, admin.close()).catch(() => {});
  }
}

/** `toKafkaError`, which asks a broker why, where the error alone does not tell. Never throws. */
export async function explained(kafka: KafkaClients, error: unknown, what: string): Promise<AppError> {
  const failure = toKafkaError(error, what);
  const messages = errorsIn(error).map(({ message }) => message);
  const noTls = messages.some((message) => message.startsWith('TLS handshake failed.'));
  const [broker] = kafka.brokers;
  if (failure.code !== 'kafka_unavailable' || broker === undefined) return failure;
  if (!noTls && !messages.includes('Connection closed')) return failure;
  const { tls, tlsServerName } = kafka.security;
  const encrypted = { ...(tls && { tls }), ...(tlsServerName !== undefined && { tlsServerName }) };
  const reply = await knock(parseBroker(broker), noTls ? {} : encrypted);
  const refuse = (found: string, advice: string): AppError =>
    new AppError('kafka_refuses', `${what}: ${broker} ${found}`, { advice, cause: error });
  if (noTls) {
    const plain = errorsIn(reply).some((one) => 'apiId' in one);
    return plain ? refuse('does not speak TLS', 'set kafka.tls.enabled: false, or use another port') : failure;
  }
  const answer = toKafkaError(reply, what);
  // Whoever asks for no login has let us in: what has failed was a mishap.
  const welcome = kafka.security.sasl === undefined && /mechanism: none/.test(answer.message);
  if (answer.code === 'kafka_refuses' && !welcome) return answer;
  if (tls === undefined || messageOf(reply) !== 'Connection closed') return failure;
  const advice = 'set kafka.tls.certificate and kafka.tls.key to what it accepts of its clients';
  return refuse('ends connections after the TLS handshake', advice);
}

/** Asks a broker for a login that there is not: its answer, which is always an error, tells what it wants. */
async function knock({ host, port }: Address, security: Security): Promise<unknown> {
  const connection = new Connection('test-service-probe', { ...LIMITS, ...security });
  connection.on('error', () => {});
  try {
    await connection.connect(host, port);
    return await saslHandshakeV1.api.async(connection, NO_MECHANISM);
  } catch (error) {
    return error;
  } finally {
    await within(CLOSE_TIMEOUT_MS, connection.close()).catch(() => {});
  }
}
