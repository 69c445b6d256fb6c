import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Address, formatAddress, isLoopback, parseBroker } from '../../lib/address.ts';
import { probeKafka } from '../probes.ts';
import { programVersion, runProgram } from '../program.ts';
import type { EngineDefinition, PrepareContext } from '../types.ts';
import { checkKafkaJars, ensureKafkaJars } from './jars.ts';

const JAVA = { title: 'Java 17 or newer', debian: 'default-jre-headless', homebrew: 'openjdk' };
const FORMAT_TIMEOUT_MS = 60_000;

/** A local Kafka: one node, broker and controller in one process (KRaft). */
export function defineKafka(brokers: readonly string[], probeSecured?: EngineDefinition['probe']): EngineDefinition {
  return {
    name: 'kafka',
    title: 'Kafka',
    addresses: brokers.map(parseBroker),
    notLocal: probeSecured && 'No local one is started in place of one with TLS or a login (kafka.tls, kafka.sasl).',
    optional: false,
    readyTimeoutMs: 180_000,
    stop: { signal: 'SIGTERM', forceSignal: 'SIGKILL', graceMs: 6_000 },
    probe: probeSecured ?? probeKafka,
    check: async () => {
      await findJava();
      await checkKafkaJars();
    },
    prepare: async (context) => {
      const java = await findJava();
      const jars = await ensureKafkaJars(context.step, context.signal);
      const classPath = ['-cp', join(jars.folder, '*')];
      await ensureFormatted(java, classPath, context);
      const file = await writeProperties(context, 'data', 'server.properties');
      const args = [...serverFlags(context.folder), ...classPath, 'kafka.Kafka', file];
      return { command: java, args, version: jars.version, folderAsDescriptor3: context.folder };
    },
  };
}

/** @throws AppError `engine_missing` without Java, or with one that is too old */
async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const java = home ? join(home, 'bin', 'java') : 'java';
  // "17.0.15", "21", "25-ea"; 8 calls itself 1.8.
  await programVersion(java, ['-version'], /version "((?:1[7-9]|[2-9]\d)\b[^"]*)"/, JAVA);
  return java;
}

function serverFlags(folder: string): string[] {
  // Java can't read what the compiled executable holds.
  const log4j = join(folder, 'log4j2.properties');
  writeFileSync(log4j, readFileSync(join(import.meta.dirname, 'log4j2.properties')));
  return [
    '-Xms256m',
    '-Xmx512m',
    '-XX:+UseG1GC',
    '-XX:+ExitOnOutOfMemoryError',
    // The option takes a list, separated by commas.
    `-Dlog4j2.configurationFile=${pathToFileURL(log4j).href.replaceAll(',', '%2C')}`,
  ];
}

/** Formats under another name first, so that a folder called `data` is complete even after a kill. */
async function ensureFormatted(java: string, classPath: string[], context: PrepareContext): Promise<void> {
  const data = join(context.folder, 'data');
  if (existsSync(join(data, 'meta.properties'))) return;
  const fresh = join(context.folder, 'data.new');
  rmSync(data, { recursive: true, force: true });
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  const file = await writeProperties(context, 'data.new', 'format.properties');
  const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  await runProgram(java, [...flags, ...classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', file], {
    ...JAVA,
    purpose: "Kafka's storage could not be formatted",
    timeoutMs: FORMAT_TIMEOUT_MS,
    signal: context.signal,
    folderAsDescriptor3: context.folder,
  });
  renameSync(fresh, data);
}

async function writeProperties(context: PrepareContext, data: string, name: string): Promise<string> {
  const file = join(context.folder, name);
  const controller: Address = { host: controllerHost(context.address), port: await freePort(context.address) };
  writeFileSync(file, serverProperties(formatAddress(context.address), formatAddress(controller), data));
  return file;
}

function controllerHost({ host }: Address): string {
  return isLoopback(host) ? host : '127.0.0.1';
}

/** A free port for the controller, which only the broker in the same process connects to. */
function freePort({ host }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const bound = server.address();
      server.close(() => (bound && typeof bound === 'object' ? resolve(bound.port) : reject(new Error('no port'))));
    });
  });
}

/** A new cluster id as Kafka writes it: 16 bytes in base64url, with no leading dash, which would read as an option. */
export function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

/**
 * The configuration of a single local node. Addresses are host:port. `dataFolder` is relative to Kafka's working
 * folder, because a comma in an absolute path would make two paths of it.
 */
export function serverProperties(broker: string, controller: string, dataFolder: string): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': false,
    // A dead letter carries the whole message, which may be much longer than an order.
    'message.max.bytes': 10_485_760,
    'replica.fetch.max.bytes': 10_485_760,
    'log.retention.hours': 168,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'group.initial.rebalance.delay.ms': 0,
    // After a kill the node can come back only when its previous session has ended (9 s by default).
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...internalTopic('offsets.topic', 'offsets.topic.num.partitions'),
    ...internalTopic('transaction.state.log', 'transaction.state.log.num.partitions'),
    'transaction.state.log.min.isr': 1,
    ...internalTopic('share.coordinator.state.topic', 'share.coordinator.state.topic.num.partitions'),
    'share.coordinator.state.topic.min.isr': 1,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeValue(String(value))}\n`)
    .join('');
}

/** One replica, because there is one node, and few partitions: each costs files and start-up time. */
function internalTopic(prefix: string, partitionsKey: string): Record<string, number> {
  return { [`${prefix}.replication.factor`]: 1, [partitionsKey]: 8 };
}

/** Properties files are Latin-1, and a backslash begins an escape. */
function escapeValue(value: string): string {
  return value
    .replace(/\\/g, '\\\\')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
