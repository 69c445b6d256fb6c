/** What an error is called, and what to do about it. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the one who gets it can do. */
  readonly advice: string;
  readonly retryAfterSeconds?: number;
}

/** Every error this API answers with, by the last part of its `type`. */
export const PROBLEMS = {
  'bad-request': {
    status: 400,
    title: 'The request is not understood',
    advice: '`violations` names each parameter that is wrong; /openapi.json says what is right.',
  },
  'bad-json': { status: 400, title: 'The body is not JSON', advice: 'Send JSON text in UTF-8 (RFC 8259).' },
  'token-required': {
    status: 401,
    title: 'This needs the token',
    advice: 'Send the header Authorization: Bearer …, with the token the server was started with.',
  },
  'cross-origin': {
    status: 403,
    title: 'Refused from another site',
    advice: 'Call from the same origin, or from a program that is not a browser.',
  },
  'not-found': { status: 404, title: 'There is nothing at this path', advice: 'See /openapi.json.' },
  'order-not-found': {
    status: 404,
    title: 'There is no order with this order_uid',
    advice: 'An order sent a moment ago may still be on its way from Kafka.',
  },
  'topic-not-found': {
    status: 404,
    title: 'There is no such topic',
    advice:
      'GET /api/v1/topics lists them. Kafka’s own topics are listed on request, but can’t be looked into.',
  },
  'message-not-found': {
    status: 404,
    title: 'There is no message at this position',
    advice:
      'The partition is not there, or its log begins later or ends before; an offset may also be a transaction’s marker.',
  },
  'group-not-found': {
    status: 404,
    title: 'There is no such consumer group',
    advice: 'GET /api/v1/consumer-groups lists them.',
  },
  'dead-letter-not-found': {
    status: 404,
    title: 'There is no dead letter at this position',
    advice: 'A position is partition:offset in the dead-letter topic, such as 3:17.',
  },
  'verification-not-found': {
    status: 404,
    title: 'There is no such verification',
    advice: 'GET /api/v1/verifications lists the last ones of this process.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not take this method',
    advice: 'The Allow header names those it takes.',
  },
  'group-not-own': {
    status: 409,
    title: 'This is not the group of this service',
    advice: 'Kafka’s own tools move the offsets of other groups.',
  },
  'engine-elsewhere': {
    status: 409,
    title: 'This engine is not to be steered from here',
    advice: 'Only engines that were started from the data folder of this service are.',
  },
  'engine-busy': {
    status: 409,
    title: 'Something else is done with this engine',
    advice: 'GET /api/v1/engines says what. Try again when that is done.',
  },
  'engine-not-running': {
    status: 409,
    title: 'The engine does not run',
    advice: 'Start it first.',
  },
  'verification-running': {
    status: 409,
    title: 'A verification runs already',
    advice: '`running` is its address. Wait for its end, or cancel it.',
  },
  'request-timeout': { status: 408, title: 'The request did not arrive in time', advice: 'Send it again.' },
  'body-too-large': {
    status: 413,
    title: 'The body is too long',
    advice: 'The limit is server.maxBodyBytes.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The address is too long',
    advice: 'It may have 8192 characters. Where there is a request with a body for the same, send that.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is of a type this path does not take',
    advice:
      'Send the header content-type that the detail names, in UTF-8, and of content-encoding gzip, zstd, br, deflate or none.',
  },
  'wrong-host': {
    status: 421,
    title: 'This server does not answer for this host name',
    advice:
      'It takes localhost, server.host, any IP address and what server.allowedHosts says: this stops DNS rebinding.',
  },
  'invalid-body': {
    status: 422,
    title: 'The body is JSON, but not what belongs here',
    advice: '`violations` says where and what; /openapi.json has the schema.',
  },
  'order-rejected': {
    status: 422,
    title: 'This is not a valid order',
    advice: '`reason` is the code a dead letter would carry; `violations` says where and what.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests from this address',
    advice: 'The limit is server.rateLimit. Wait as long as Retry-After says.',
    retryAfterSeconds: 1,
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    advice: 'The log has the same `instance`.',
  },
  'database-unavailable': {
    status: 503,
    title: 'PostgreSQL does not answer',
    advice: 'Orders in the cache are still served. Try again later.',
    retryAfterSeconds: 2,
  },
  'kafka-unavailable': {
    status: 503,
    title: 'Kafka does not answer',
    advice:
      'The order may or may not have been taken. Sending it again is safe: the same order is stored once.',
    retryAfterSeconds: 5,
  },
  'cache-unavailable': {
    status: 503,
    title: 'Redis is not in use',
    advice:
      'It does not answer, or the circuit breaker waits before it is tried again. Lookups go on without it.',
    retryAfterSeconds: 2,
  },
  'kafka-rejected': {
    status: 422,
    title: 'Kafka refuses this message',
    advice: 'It may be longer than the topic takes: see max.message.bytes among its settings.',
  },
  'kafka-refuses': {
    status: 503,
    title: 'Kafka takes no messages from this service',
    advice:
      "The clock of the service's machine and the broker's are too far apart, or the service may not write to the topic: its log says which.",
    retryAfterSeconds: 30,
  },
  'engine-failed': {
    status: 503,
    title: 'The engine did not do as it was told',
    advice: 'GET /api/v1/engines says why.',
    retryAfterSeconds: 5,
  },
  'dead-letters-busy': {
    status: 503,
    title: 'Dead letters are in use',
    advice: 'Another process redrives them, or too many requests look at them. Try again later.',
    retryAfterSeconds: 5,
  },
  overloaded: {
    status: 503,
    title: 'Too many requests are under way',
    advice: 'The limit is server.maxConcurrentRequests. Try again later.',
    retryAfterSeconds: 1,
  },
  'too-many-at-once': {
    status: 503,
    title: 'Too many of these requests are under way',
    advice: 'Streams and searches are limited in number. Try again later.',
    retryAfterSeconds: 5,
  },
  'timed-out': {
    status: 503,
    title: 'The answer took too long',
    advice: 'The limit is server.requestTimeoutMs. Try again later.',
    retryAfterSeconds: 2,
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof PROBLEMS;
