import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false, default: {} } as const;
const port = (value: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 65535, default: value, description });
const ms = (value: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 86_400_000, default: value, description: `${description}, ms` });
const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description });
// No NUL and the like: no engine takes them in a name.
const NAME = '^(?!\\s)[^\\u0000-\\u001f\\u007f-\\u009f]{1,200}(?<!\\s)$';
/** `allowed` is for people, who should not have to read a pattern. */
const NAME_IN_WORDS = '1 to 200 characters, no control characters, no blanks at the ends';
const name = (value: string, description: string) =>
  Type.String({ pattern: NAME, allowed: NAME_IN_WORDS, default: value, description });
/** What it means is checked by `config-problems.ts`. */
const text = (value: string, description: string) => Type.String({ default: value, description });

/** Every setting, its type, limits, default and meaning. config.yaml is held against it by a test. */
export const ConfigSchema = Type.Object(
  {
    server: Type.Object(
      {
        host: name('127.0.0.1', 'Address to listen on'),
        port: port(8001, 'Port of the REST API and the web console'),
        processes: Type.Integer({
          minimum: 1,
          maximum: 64,
          default: 1,
          description: 'Processes that serve on the port, on Linux',
        }),
        maxBodyBytes: Type.Integer({
          minimum: 1024,
          maximum: 16_777_216,
          default: 524_288,
          description: 'Longest request body',
        }),
        requestTimeoutMs: ms(10_000, 'Time a request may take'),
        token: Type.String({
          pattern: '^[!-~]{0,500}$',
          allowed: 'up to 500 printable ASCII characters',
          default: '',
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
        maxConcurrentRequests: Type.Integer({
          minimum: 1,
          maximum: 1_000_000,
          default: 10_000,
          description: 'Most requests under way in one process; more get 503',
        }),
        rateLimit: Type.Integer({
          minimum: 0,
          maximum: 1_000_000,
          default: 0,
          description: 'Requests per second of one client address; more get 429; 0: no limit',
        }),
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
        partitions: Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: 6,
          description: 'Partitions of a topic this service creates',
        }),
        replicationFactor: Type.Integer({
          minimum: 1,
          maximum: 15,
          default: 1,
          description: 'Copies of a topic this service creates',
        }),
      },
      strict,
    ),
    postgresql: Type.Object(
      {
        url: text('postgres://test_service:test_service@127.0.0.1:5432/test_service', 'Connection URL'),
        maxConnections: Type.Integer({
          minimum: 3,
          maximum: 500,
          default: 10,
          description: 'Most sessions one process opens',
        }),
        connectTimeoutMs: ms(5_000, 'Time a new connection may take'),
        statementTimeoutMs: ms(60_000, 'Time one statement may take before PostgreSQL cancels it'),
      },
      strict,
    ),
    redis: Type.Object(
      {
        url: text('redis://127.0.0.1:6379/0', 'Connection URL; several, with commas, are nodes of one cluster'),
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
        seed: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 0, maximum: 4_294_967_295 })], {
          default: 'auto',
          description: 'Same seed, same orders; auto: a new one at every start',
        }),
      },
      strict,
    ),
    consumer: Type.Object(
      {
        enabled: flag(true, 'Store orders in `run`'),
        maxBatchOrders: Type.Integer({
          minimum: 1,
          maximum: 50_000,
          default: 4_000,
          description: 'Most orders in one transaction',
        }),
        maxBufferedBytes: Type.Integer({
          minimum: 1_048_576,
          maximum: 1_073_741_824,
          default: 16_777_216,
          description: 'Most message bytes fetched and not yet stored',
        }),
        maxOrderBytes: Type.Integer({
          minimum: 1024,
          maximum: 16_777_216,
          default: 524_288,
          description: 'Longest message that is taken for an order',
        }),
        transactionsInFlight: Type.Integer({
          minimum: 1,
          maximum: 16,
          default: 2,
          description: 'Transactions at once, of different partitions',
        }),
        fetchWaitMs: ms(250, 'Longest a fetch waits for messages'),
        sessionTimeoutMs: Type.Integer({
          minimum: 6_000,
          maximum: 300_000,
          default: 10_000,
          description: 'Silence after which the group takes a member’s partitions away, ms',
        }),
        retryMinMs: ms(100, 'First pause after a failed attempt'),
        retryMaxMs: ms(5_000, 'Longest pause between attempts'),
        stallMs: ms(30_000, 'Lag without progress after which the Kafka client is rebuilt'),
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
        l1Bytes: Type.Integer({
          minimum: 0,
          maximum: 8_589_934_592,
          default: 33_554_432,
          description: 'Most memory for orders kept in the process itself; 0: none',
        }),
        ttlSeconds: Type.Integer({
          minimum: 1,
          maximum: 2_592_000,
          default: 300,
          description: 'Life of a cached order, s',
        }),
        timeoutMs: ms(100, 'Time Redis may take before a lookup goes on without it'),
      },
      strict,
    ),
    log: Type.Object(
      {
        level: Type.Enum(['error', 'warn', 'info', 'debug', 'silent'], {
          default: 'info',
          description: 'Least severe level that is written',
        }),
        format: Type.Enum(['auto', 'pretty', 'json'], {
          default: 'auto',
          description: 'auto: pretty on a terminal, JSON lines otherwise',
        }),
      },
      strict,
    ),
    shutdownTimeoutMs: ms(8_000, 'Time a graceful stop may take'),
  },
  strict,
);

export type Config = Static<typeof ConfigSchema>;
