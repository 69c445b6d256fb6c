import { execFileSync } from 'node:child_process';
import { RedisProcess } from './redis-process.ts';
import { until } from './until.ts';

/** A Redis Cluster of the test's own: three masters, and a replica of the first. */
export class RedisCluster {
  readonly masters: readonly RedisProcess[];
  readonly replica: RedisProcess;

  private constructor(masters: readonly RedisProcess[], replica: RedisProcess) {
    this.masters = masters;
    this.replica = replica;
  }

  /** Resolves when every node says that the cluster is well. */
  static async start(): Promise<RedisCluster> {
    const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1500', '--repl-diskless-sync-delay', '0'];
    const nodes = await Promise.all([1, 2, 3, 4].map(() => RedisProcess.start(...options)));
    const [first, second, third, replica] = nodes;
    if (!first || !second || !third || !replica) throw new Error('no nodes');
    const addresses = [first, second, third].map(({ port }) => `127.0.0.1:${port}`);
    redisCli('--cluster', 'create', ...addresses, '--cluster-yes');
    const cluster = new RedisCluster([first, second, third], replica);
    const id = String(await first.command(['CLUSTER', 'MYID']));
    await until(() => cluster.isWell([first, second, third]), 20_000);
    await replica.command(['CLUSTER', 'MEET', '127.0.0.1', String(first.port)]);
    await until(async () => (await replica.command(['CLUSTER', 'REPLICATE', id])) === 'OK', 20_000);
    await until(() => cluster.isWell(nodes), 20_000);
    await until(async () => String(await first.command(['INFO', 'replication'])).includes('state=online'), 20_000);
    return cluster;
  }

  get all(): readonly RedisProcess[] {
    return [...this.masters, this.replica];
  }

  get urls(): string[] {
    return this.masters.map(({ url }) => url);
  }

  async isWell(nodes: readonly RedisProcess[]): Promise<boolean> {
    const answers = await Promise.all(nodes.map((node) => node.command(['CLUSTER', 'INFO'])));
    return answers.every((text) => String(text).includes('cluster_state:ok'));
  }

  /** Keys of all masters. */
  async keys(pattern: string): Promise<string[]> {
    const found = await Promise.all(this.masters.map((node) => node.command(['KEYS', pattern])));
    return found.flatMap((keys) => (Array.isArray(keys) ? keys.map(String) : []));
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((node) => node.close()));
  }
}

function redisCli(...args: string[]): void {
  execFileSync('redis-cli', args, { stdio: 'ignore', timeout: 30_000 });
}
