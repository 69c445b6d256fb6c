import Type, { type Static } from 'typebox';
import { STAGE_NOTATION } from '../../producer/stages.ts';

const strict = { additionalProperties: false, default: {} } as const;
const integer = (value: number, [minimum, maximum]: readonly [number, number], description: string) =>
  Type.Integer({ minimum, maximum, default: value, description });
const port = (value: number, description: string) => integer(value, [1, 65_535], description);
const ms = (value: number, description: string) => integer(value, [1, 86_400_000], `${description}, ms`);
const share = (value: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: value, description });
const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description });
// No NUL and the like: no engine takes them in a name.
const NAME = '^(?!\\s)[^\\u0000-\\u001f\\u007f-\\u009f]{1,200}(?<!\\s)$';
/** `allowed` is for people, who should not have to read a pattern. */
const NAME_IN_WORDS = '1 to 200 characters, no control characters, no blanks at the ends';
const name = (value: string, description: string) =>
  Type.String({ pattern: NAME, allowed: NAME_IN_WORDS, default: value, description });
/** What it means is checked by `config-problems.ts`. */
const text = (value: string, description: string) => Type.String({ default: value, description });
/** What is not shown: `config show` and errors have *** in its place. */
const secret = (description: string) => Type.String({ default: '', secret: true, description });

/** How an engine is reached over TLS. */
const tls = {
  ca: text('', 'Authorities to trust instead of the system’s: a PEM file, or its text'),
  certificate: text('', 'Own certificate, where the engine demands one: a PEM file, or its text'),
  key: secret('Its private key without a passphrase: a PEM file, or its text'),
  serverName: text('', 'Name to expect in the engine’s certificates; empty: the host’s'),
};

/** Every setting, its type, limits, default and meaning. config.yaml is held against it by a test. */
export const ConfigSchema = Type.Object(
  {
    server: Type.Object(
      {
        host: name('127.0.0.1', 'Address to listen on'),
        port: port(8001, 'Port of the REST API and the web console'),
        processes: integer(1, [1, 64], 'Processes that serve on the port, on Linux'),
        maxBodyBytes: integer(524_288, [1024, 16_777_216], 'Longest request body'),
        requestTimeoutMs: ms(10_000, 'Time a request may take'),
        token: Type.String({
          pattern: '^[!-~]{0,500}$',
          allowed: 'up to 500 printable ASCII characters',
          default: '',
          secret: true,
          description: 'Bearer token, 16 characters at least; must be there off the loopback',
        }),
        tokenFile: Type.String({ default: '', description: 'File with the token, instead of `token`' }),
        allowedHosts: Type.Array(Type.String({ pattern: '^[A-Za-z0-9._:\\[\\]-]{1,253}$' }), {
          allowed: 'a list of host names',
          default: [],
          description: 'Host names to answer for besides localhost, `host` and IP addresses',
        }),
        basePath: Type.String({
          pattern: '^(/[A-Za-z0-9._~-]{1,64}){0,8}$',
          default: '',
          description: 'Path of the service behind a proxy that gives it a part of a host, such as /orders-demo',
        }),
        trustedProxies: Type.Array(Type.String({ pattern: '^[0-9A-Fa-f.:]{2,45}(/[0-9]{1,3})?$' }), {
          default: [],
          description: 'Addresses and ranges (CIDR) of proxies whose X-Forwarded and Forwarded headers are trusted',
        }),
        openReads: flag(false, 'Off the loopback, orders and metrics are shown without the token'),
        maxConcurrentRequests: integer(10_000, [1, 1_000_000], 'Most requests under way in one process; more get 503'),
        rateLimit: integer(0, [0, 1_000_000], 'Requests per second of one client address; more get 429; 0: no limit'),
        tls: Type.Object(
          {
            certificate: text('', 'Serve over TLS with this certificate: a PEM file, or its text'),
            key: secret('Its private key without a passphrase: a PEM file, or its text'),
            ca: text('', 'Demand certificates of these authorities from clients: a PEM file, or its text'),
          },
          strict,
        ),
      },
      strict,
    ),
    ops: Type.Object(
      {
        host: name('127.0.0.1', 'Address on which `consume` and `produce` answer'),
        port: integer(0, [0, 65535], 'Port of /healthz, /readyz and /metrics of `consume` and `produce`; 0: none'),
      },
      strict,
    ),
    kafka: Type.Object(
      {
        brokers: Type.Array(Type.String(), {
          minItems: 1,
          allowed: 'a list of host:port, one at least',
          default: ['127.0.0.1:9092'],
          description: 'Bootstrap brokers, host:port',
        }),
        topic: text('orders', 'Topic with the orders'),
        deadLetterTopic: text('orders.dead-letters', 'Topic for messages that are not orders'),
        group: Type.String({
          pattern: `^$|${NAME}`,
          allowed: NAME_IN_WORDS,
          default: '',
          description: 'Consumer group; when empty, `test-service` for the topic `orders`, else `test-service.TOPIC`',
        }),
        partitions: integer(6, [1, 1000], 'Partitions of a topic this service creates'),
        replicationFactor: integer(0, [0, 15], 'Copies of a topic this service creates; 0: as many as the brokers say'),
        minInsyncReplicas: integer(0, [0, 15], '`min.insync.replicas` of such a topic; 0: what the brokers say'),
        rack: text('', 'Where this process runs, as in `broker.rack`: messages are read from replicas there (KIP-392)'),
        tls: Type.Object({ enabled: flag(false, 'Connect over TLS'), ...tls }, strict),
        sasl: Type.Object(
          {
            mechanism: Type.Enum(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'], {
              default: 'none',
              description: 'How to log in',
            }),
            username: text('', 'User of PLAIN and SCRAM'),
            password: secret('Its password'),
            passwordFile: text('', 'File with the password, instead of `password`'),
            tokenUrl: text('', 'Where OAUTHBEARER gets tokens, by client credentials'),
            clientId: text('', 'Client of OAUTHBEARER'),
            clientSecret: secret('Its secret'),
            clientSecretFile: text('', 'File with the secret, instead of `clientSecret`'),
            scope: text('', 'Scopes to ask for, with blanks between them'),
          },
          strict,
        ),
      },
      strict,
    ),
    postgresql: Type.Object(
      {
        url: text('postgres://test_service:test_service@127.0.0.1:5432/test_service', 'Connection URL'),
        passwordFile: text('', 'File with the password, instead of one in `url`'),
        tls: Type.Object(
          {
            ca: text('', 'Authorities to trust instead of the system’s: a PEM file, or its text'),
            certificate: text('', 'Own certificate: a PEM file, or its text'),
            key: Type.String({ default: '', secret: true, description: 'Its private key: a PEM file, or its text' }),
            serverName: text('', 'Name to expect in the server’s certificate; empty: the host’s'),
          },
          strict,
        ),
        prepare: flag(true, 'Use prepared statements; false for a pooler that keeps none between transactions'),
        maxConnections: integer(10, [3, 500], 'Most sessions one process opens'),
        connectTimeoutMs: ms(5_000, 'Time a new connection may take'),
        statementTimeoutMs: ms(60_000, 'Time one statement may take before PostgreSQL cancels it'),
        migrations: Type.Enum(['auto', 'check'], {
          default: 'auto',
          description:
            'auto: migrate the schema at the start; check: start only when `test-service migrate up` has done it',
        }),
      },
      strict,
    ),
    redis: Type.Object(
      {
        url: text('redis://127.0.0.1:6379/0', 'Connection URL: of a Redis, of nodes of one cluster, or of Sentinels'),
        passwordFile: text('', 'File with the password, instead of the one in `url`'),
        sentinel: Type.Object(
          {
            username: text('', 'User at the Sentinels'),
            password: secret('Password at the Sentinels'),
            passwordFile: text('', 'File with it, instead of `password`'),
          },
          strict,
        ),
        tls: Type.Object(tls, strict),
        connectTimeoutMs: ms(2_000, 'Time a new connection may take'),
      },
      strict,
    ),
    engines: Type.Enum(['auto', 'off'], {
      default: 'auto',
      description: 'auto: start a local engine where none answers; off: use only what answers',
    }),
    dataDir: name('.data', 'Folder of the local engines’ data'),
    producer: Type.Object(
      {
        enabled: flag(true, 'Generate orders in `run`'),
        rate: Type.Number({ minimum: 0.1, maximum: 1_000_000, default: 2, description: 'Orders per second' }),
        stages: Type.Array(Type.String(), {
          allowed: `a list of ${STAGE_NOTATION}`,
          default: [],
          description: 'Stages of the load, one after the other, from `rate` on; empty: always at `rate`',
        }),
        seed: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 0, maximum: 4_294_967_295 })], {
          default: 'auto',
          description: 'Same seed, same orders; auto: a new one at every start',
        }),
        life: flag(true, 'Send each order of `run` again at every step of its life'),
        timeScale: Type.Number({
          minimum: 0.1,
          maximum: 1_000_000_000,
          default: 7_200,
          description: 'How many times faster than the table says orders live',
        }),
        lifeTable: text('', 'JSON file with the steps of lives, their shares and times; empty: the standard table'),
        compression: Type.Enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'], {
          default: 'none',
          description: 'How orders on their way to Kafka, and in it, are compressed',
        }),
      },
      strict,
    ),
    reader: Type.Object(
      {
        enabled: flag(true, 'Look orders up in `run`, as clients do'),
        rate: Type.Number({ minimum: 0.1, maximum: 10_000, default: 5, description: 'Requests per second' }),
        absent: share(0.02, 'Share of requests for orders that do not exist'),
        lists: share(0.05, 'Share of requests for lists of the newest orders'),
        repeats: share(0.1, 'Share of requests for orders read before, with If-None-Match'),
        thinkMs: integer(2_000, [0, 86_400_000], 'Least time until an order is read again, ms'),
        zipf: Type.Number({ minimum: 0, maximum: 10, default: 1, description: 'How much new orders are preferred' }),
        connections: integer(4, [1, 64], 'Most connections, each with one request at a time'),
      },
      strict,
    ),
    consumer: Type.Object(
      {
        enabled: flag(true, 'Store orders in `run`'),
        maxBatchOrders: integer(4_000, [1, 50_000], 'Most orders in one transaction'),
        maxBufferedBytes: integer(
          16_777_216,
          [1_048_576, 1_073_741_824],
          'Most message bytes fetched and not yet stored',
        ),
        maxOrderBytes: integer(524_288, [1024, 16_777_216], 'Longest message that is taken for an order'),
        transactionsInFlight: integer(2, [1, 16], 'Transactions at once, of different partitions'),
        fetchWaitMs: ms(250, 'Longest a fetch waits for messages'),
        sessionTimeoutMs: integer(
          10_000,
          [6_000, 300_000],
          'Silence after which the group takes a member’s partitions away, ms',
        ),
        retryMinMs: ms(100, 'First pause after a failed attempt'),
        retryMaxMs: ms(5_000, 'Longest pause between attempts'),
        stallMs: ms(30_000, 'Lag without progress after which the Kafka client is rebuilt'),
      },
      strict,
    ),
    retention: Type.Object(
      {
        days: Type.Number({
          minimum: 0,
          maximum: 36_500,
          default: 0,
          description: 'Days after its storing until an order is deleted, 0.5 is 12 h; 0: never',
        }),
      },
      strict,
    ),
    cache: Type.Object(
      {
        enabled: flag(true, 'Use Redis for lookups'),
        keyPrefix: Type.String({
          pattern: `^$|${NAME}`,
          allowed: NAME_IN_WORDS,
          default: '',
          description:
            'Prefix of every key; when empty, `test-service` for the database `test_service`, else `test-service.DATABASE`',
        }),
        l1Bytes: integer(33_554_432, [0, 8_589_934_592], 'Most memory for orders kept in the process itself; 0: none'),
        ttlSeconds: integer(300, [1, 2_592_000], 'Life of a cached order, s'),
        timeoutMs: ms(100, 'Time Redis may take before a lookup goes on without it'),
      },
      strict,
    ),
    log: Type.Object(
      {
        level: Type.Enum(['error', 'warn', 'info', 'debug', 'silent'], {
          default: 'info',
          description: 'Least severe level that is written; audit lines always are',
        }),
        format: Type.Enum(['auto', 'pretty', 'json'], {
          default: 'auto',
          description: 'auto: pretty on a terminal, JSON lines otherwise',
        }),
      },
      strict,
    ),
    tracing: Type.Object(
      {
        enabled: flag(false, 'Record traces and export them by OTLP over HTTP'),
        endpoint: text('http://127.0.0.1:4318/v1/traces', 'URL that takes the traces'),
        headers: Type.String({
          default: '',
          secret: true,
          description: 'Headers of each export, such as the receiver’s token: name=value,name=value',
        }),
        headersFile: Type.String({ default: '', description: 'File with the headers, instead of `headers`' }),
        sampleRatio: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 1,
          description: 'Share of new traces that are recorded; a caller’s own trace has been decided on',
        }),
      },
      strict,
    ),
    shutdownTimeoutMs: ms(8_000, 'Time a graceful stop may take'),
  },
  strict,
);

export type Config = Static<typeof ConfigSchema>;
