import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  AclOperations,
  type AclOperationValue,
  AclPermissionTypes,
  alterUserScramCredentialsV0,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { type Certificate, CertificateAuthority } from './certificates.ts';
import { freePorts } from './free-port.ts';
import { KafkaProcess } from './kafka-process.ts';
import { createTempDir } from './temp-dir.ts';

/** Listeners beside the plaintext one. */
const LISTENERS = {
  /** TLS, then PLAIN, SCRAM-SHA-256 or OAUTHBEARER. */
  SECURED: 'SASL_SSL',
  /** TLS with a client certificate. */
  MUTUAL: 'SSL',
  /** SCRAM-SHA-512 only, without TLS. */
  UNENCRYPTED: 'SASL_PLAINTEXT',
  /** TLS with a certificate that has ended. */
  EXPIRED: 'SSL',
  /** TLS with a certificate of another host. */
  MISNAMED: 'SSL',
} as const;

type ListenerName = keyof typeof LISTENERS;

/** The only host that the certificate of MISNAMED is for. */
export const OTHER_HOST = 'kafka.example';

/** The user of PLAIN. */
export const PLAIN_USER = { username: 'plain-user', password: 'pl,ain= s3cret' } as const;

/** How long a login counts. */
export const SESSION_MS = 4_000;

const SASL = 'org.apache.kafka.common.security';
const OPERATIONS: Readonly<Record<string, AclOperationValue>> = {
  Read: AclOperations.READ,
  Write: AclOperations.WRITE,
  Describe: AclOperations.DESCRIBE,
  DescribeConfigs: AclOperations.DESCRIBE_CONFIGS,
  ClusterAction: AclOperations.CLUSTER_ACTION,
};
const RESOURCES = {
  topic: ResourceTypes.TOPIC,
  group: ResourceTypes.GROUP,
  'transactional-id': ResourceTypes.TRANSACTIONAL_ID,
  cluster: ResourceTypes.CLUSTER,
} as const;
const ITERATIONS = 4_096;

/** A Kafka with every kind of secured listener, certificates made for it, and rights by ACL. */
export class SecuredKafka {
  readonly authority: CertificateAuthority;
  /** Of a client that MUTUAL lets in, as `User:CN=client`. */
  readonly client: Certificate;
  /** Where each listener is, host:port. */
  readonly brokers: Readonly<Record<ListenerName, string>>;
  /** By the plaintext listener, where everybody is a super user: to set the stage. */
  readonly open: KafkaClients;
  readonly #kafka: KafkaProcess;
  readonly #remove: () => void;

  private constructor(
    kafka: KafkaProcess,
    authority: CertificateAuthority,
    brokers: Readonly<Record<ListenerName, string>>,
    remove: () => void,
  ) {
    this.authority = authority;
    this.client = authority.issue('client');
    this.brokers = brokers;
    this.open = new KafkaClients({ brokers: [kafka.broker] });
    this.#kafka = kafka;
    this.#remove = remove;
  }

  static async start(): Promise<SecuredKafka> {
    const { path, remove } = createTempDir('test-tls-');
    const authority = new CertificateAuthority(path);
    const [secured, mutual, unencrypted, expired, misnamed] = (await freePorts(5)).map((port) => `127.0.0.1:${port}`);
    const brokers = {
      SECURED: String(secured),
      MUTUAL: String(mutual),
      UNENCRYPTED: String(unencrypted),
      EXPIRED: String(expired),
      MISNAMED: String(misnamed),
    };
    const keystore = ({ certificate, key }: Certificate): string => {
      const file = certificate.replace(/\.pem$/, '.keystore');
      writeFileSync(file, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
      return file;
    };
    const [first, last] = [keystore(authority.issue('broker')), keystore(authority.issue('old', { expired: true }))];
    const other = keystore(authority.issue('other', { names: [OTHER_HOST] }));
    const at = (listener: ListenerName, name: string): string => `listener.name.${listener.toLowerCase()}.${name}`;
    const jaas = (module: string, rest = ''): string => `${SASL}.${module} required${rest};`;
    const scram = jaas('scram.ScramLoginModule');
    const { username, password } = PLAIN_USER;
    const settings = {
      'listener.security.protocol.map': Object.entries({
        PLAINTEXT: 'PLAINTEXT',
        CONTROLLER: 'PLAINTEXT',
        ...LISTENERS,
      })
        .map(([name, protocol]) => `${name}:${protocol}`)
        .join(','),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.certificate,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': first,
      [at('EXPIRED', 'ssl.keystore.location')]: last,
      [at('MISNAMED', 'ssl.keystore.location')]: other,
      [at('MUTUAL', 'ssl.client.auth')]: 'required',
      [at('SECURED', 'sasl.enabled.mechanisms')]: 'PLAIN,SCRAM-SHA-256,OAUTHBEARER',
      [at('SECURED', 'plain.sasl.jaas.config')]: jaas('plain.PlainLoginModule', ` user_${username}="${password}"`),
      [at('SECURED', 'scram-sha-256.sasl.jaas.config')]: scram,
      // Tokens need no signature.
      [at('SECURED', 'oauthbearer.sasl.jaas.config')]: jaas('oauthbearer.OAuthBearerLoginModule'),
      [at('UNENCRYPTED', 'sasl.enabled.mechanisms')]: 'SCRAM-SHA-512',
      [at('UNENCRYPTED', 'scram-sha-512.sasl.jaas.config')]: scram,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      // Each session is that short: clients have to log in again and again on the same connection.
      'connections.max.reauth.ms': String(SESSION_MS),
    };
    const kafka = await KafkaProcess.start((port) => `127.0.0.1:${port}`, settings, brokers).catch((error: unknown) => {
      remove();
      throw error;
    });
    return new SecuredKafka(kafka, authority, brokers, remove);
  }

  /** A user of SCRAM, or a new password of one. */
  async setPassword(name: string, password: string): Promise<void> {
    const salt = randomBytes(16);
    const mechanisms = [
      [1, 'sha256', 32],
      [2, 'sha512', 64],
    ] as const;
    await withAdmin(this.open, async (admin) => {
      const { brokers } = await admin.metadata({ topics: [] });
      const connections = await Promise.all([...brokers.values()].map((broker) => admin.connections.get(broker)));
      for (const [mechanism, digest, length] of mechanisms) {
        const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, length, digest);
        // A request may have a user once only.
        const credential = { name, mechanism, iterations: ITERATIONS, salt, saltedPassword };
        for (const connection of connections) await alterUserScramCredentialsV0.api.async(connection, [], [credential]);
      }
    });
  }

  /** Gives rights, as a line of `kafka-acls --add …` says. */
  async grant(line: string): Promise<void> {
    const words = line.split(' ');
    const valuesOf = (option: string): string[] => words.filter((_, at) => words[at - 1] === `--${option}`);
    const kind = (['topic', 'group', 'transactional-id', 'cluster'] as const).find((one) => words.includes(`--${one}`));
    if (kind === undefined) throw new Error(`no resource in ${line}`);
    const creations = valuesOf('operation').map((operation) => ({
      principal: valuesOf('allow-principal').join(),
      host: '*',
      operation: OPERATIONS[operation] ?? AclOperations.UNKNOWN,
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: RESOURCES[kind],
      resourceName: kind === 'cluster' ? 'kafka-cluster' : valuesOf(kind).join(),
      resourcePatternType: ResourcePatternTypes.LITERAL,
    }));
    await withAdmin(this.open, (admin) => admin.createAcls({ creations }));
  }

  async close(): Promise<void> {
    await this.#kafka.close();
    this.#remove();
  }
}
