import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, gone, startDaemon } from '../../src/engines/daemon.ts';
import { clusterId, defineKafka } from '../../src/engines/kafka/kafka.ts';
import { identify, type ProcessIdentity, signalProcess } from '../../src/engines/processes.ts';
import type { LaunchPlan } from '../../src/engines/types.ts';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import type { KafkaClients } from '../../src/kafka/clients.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { Certificate, CertificateAuthority } from './certificates.ts';
import { freePorts } from './free-port.ts';
import { until } from './until.ts';

const NODES = 3;
const START_MS = 180_000;
const END_MS = 30_000;

/** The user that clients of a secured cluster log in as, by SCRAM-SHA-512. */
export const KAFKA_USER = { username: 'orders', password: 'orders=s3cret' } as const;

/** Three nodes, brokers and controllers each. */
export class KafkaCluster {
  /** Where clients connect, host:port of each broker. */
  readonly brokers: readonly string[];
  readonly #folder: string;
  readonly #plan: LaunchPlan;
  readonly #nodes: (ProcessIdentity | undefined)[] = [];

  private constructor(brokers: readonly string[], folder: string, plan: LaunchPlan) {
    this.brokers = brokers;
    this.#folder = folder;
    this.#plan = plan;
  }

  /**
   * In the folder. Starts the nodes, and doesn't wait until they answer. With an authority everything goes over TLS, by
   * its certificates, and clients log in. `settings` give each node more of its own.
   */
  static async start(
    folder: string,
    authority?: CertificateAuthority,
    settings: (node: number) => Readonly<Record<string, unknown>> = () => ({}),
  ): Promise<KafkaCluster> {
    mkdirSync(folder);
    const ports = await freePorts(3 * NODES);
    const at = (kind: number): string[] =>
      ports.slice(kind * NODES, (kind + 1) * NODES).map((port) => `127.0.0.1:${port}`);
    const [clients, internal, controllers] = [at(0), at(1), at(2)];
    const { signal } = new AbortController();
    const engine = defineKafka(clients);
    const [address] = engine.addresses;
    if (address === undefined) throw new Error('no address');
    const plan = await engine.prepare({ address, folder, step: () => {}, signal, logger: silentLogger });
    const cluster = new KafkaCluster(clients, folder, plan);
    const security = authority === undefined ? PLAIN : securityOf(folder, authority);
    const id = clusterId();
    for (let node = 0; node < NODES; node++) {
      const all = { ...settingsOf(node, { clients, internal, controllers }), ...security, ...settings(node) };
      const text = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(cluster.#file(node), text.join(''));
      cluster.#format(node, id, authority !== undefined);
    }
    for (let node = 0; node < NODES; node++) await cluster.boot(node);
    return cluster;
  }

  /** Starts a node, also after `kill`. */
  async boot(node: number): Promise<Daemon> {
    const { args, ...plan } = this.#plan;
    const started = await startDaemon(
      { ...plan, args: [...args.slice(0, -1), this.#file(node)] },
      join(this.#folder, `node-${node}.log`),
    );
    this.#nodes[node] = identify(started.pid);
    return started;
  }

  /** kill -9; resolves when the node is gone. */
  async kill(node: number): Promise<void> {
    const process = this.#nodes[node];
    if (process === undefined) return;
    signalProcess(process, 'SIGKILL');
    await gone(process, END_MS);
  }

  /** Resolves when the others have seen that a node is gone, and have taken its partitions over. */
  async untilMissed(clients: KafkaClients): Promise<void> {
    await until(async () => (await look(clients)).nodes < NODES, START_MS, 200);
  }

  /** Resolves when all nodes are there, and every partition has all its replicas in sync. */
  async untilWhole(clients: KafkaClients): Promise<void> {
    await until(
      async () => {
        const { nodes, inSync } = await look(clients);
        return nodes === NODES && inSync;
      },
      START_MS,
      500,
    );
  }

  /** Kills all nodes. */
  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((_, node) => this.kill(node)));
  }

  #file(node: number): string {
    return join(this.#folder, `node-${node}.properties`);
  }

  #format(node: number, id: string, secured: boolean): void {
    const { username, password } = KAFKA_USER;
    const user = ['--add-scram', `SCRAM-SHA-512=[name=${username},password="${password}"]`];
    const { command, args } = this.#plan;
    const tool = [...args.slice(0, -2), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', this.#file(node)];
    execFileSync(command, secured ? [...tool, ...user] : tool, { cwd: this.#folder, stdio: 'pipe' });
  }
}

/** How many nodes there are, and whether all replicas are in sync. */
function look(clients: KafkaClients): Promise<{ readonly nodes: number; readonly inSync: boolean }> {
  return withAdmin(clients, async (admin) => {
    const { brokers, topics } = await admin.metadata({ topics: await admin.listTopics() });
    const partitions = [...topics.values()].flatMap((topic) => Object.values(topic.partitions));
    return { nodes: brokers.size, inSync: partitions.every(({ isr, replicas }) => isr.length === replicas.length) };
  });
}

interface Places {
  readonly clients: readonly string[];
  readonly internal: readonly string[];
  readonly controllers: readonly string[];
}

function settingsOf(node: number, { clients, internal, controllers }: Places): Record<string, unknown> {
  return {
    'process.roles': 'broker,controller',
    'node.id': node + 1,
    'controller.quorum.voters': controllers.map((where, at) => `${at + 1}@${where}`).join(','),
    listeners: `CLIENTS://${clients[node]},INTERNAL://${internal[node]},CONTROLLER://${controllers[node]}`,
    'advertised.listeners': `CLIENTS://${clients[node]},INTERNAL://${internal[node]}`,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': `data-${node}`,
    'auto.create.topics.enable': false,
    'default.replication.factor': NODES,
    'min.insync.replicas': 2,
    'offsets.topic.replication.factor': NODES,
    'offsets.topic.num.partitions': 6,
    'transaction.state.log.replication.factor': NODES,
    'transaction.state.log.num.partitions': 6,
    'message.max.bytes': 10_485_760,
    'replica.fetch.max.bytes': 10_485_760,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 6_000,
    'broker.heartbeat.interval.ms': 1_000,
  };
}

const PLAIN = { 'listener.security.protocol.map': 'CLIENTS:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT' };

function securityOf(folder: string, authority: CertificateAuthority): Record<string, unknown> {
  return {
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL',
    'listener.name.clients.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.certificate,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystoreOf(join(folder, 'broker.keystore'), authority.issue('broker')),
    // Nodes know each other by their certificates.
    'listener.name.internal.ssl.client.auth': 'required',
    'listener.name.controller.ssl.client.auth': 'required',
  };
}

function keystoreOf(file: string, { certificate, key }: Certificate): string {
  writeFileSync(file, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  return file;
}
