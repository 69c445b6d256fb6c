import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from '../telemetry/logger.ts';
import type { OrderIntake, OrderList, OrderLookup, Probe } from './dependencies.ts';
import { hostGuard, originGuard } from './guards.ts';
import { ProblemError, problemResponse } from './problem.ts';
import { createReadiness, type ReadinessOptions } from './readiness.ts';
import { deadline, type RequestEnv } from './request-body.ts';
import { type DeadLetterDesk, deadLetterRoutes } from './routes/dead-letters.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { orderRoutes } from './routes/orders.ts';
import { type WebClient, webRoutes } from './routes/web.ts';
import { tokenGuard } from './token-guard.ts';

export interface AppOptions {
  /** Address the server is bound to; on the loopback other host names are refused. */
  readonly host: string;
  /** What requests to inspect or change things must carry; empty for none, on the loopback only. */
  readonly token: string;
  /** Longest request body. */
  readonly maxBodyBytes: number;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** Time a request may take. */
  readonly requestTimeoutMs: number;
  readonly lookup: OrderLookup;
  readonly list: OrderList;
  readonly intake: OrderIntake;
  readonly deadLetters: DeadLetterDesk;
  readonly probes: readonly Probe[];
  readonly web: WebClient;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
  readonly readiness?: ReadinessOptions;
}

/** The HTTP interface as a function from Request to Response: no socket, no Bun. It never rejects. */
export function createApp(options: AppOptions): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  const { logger } = options;
  app.onError((error, c) => problemResponse(c, error, logger));
  app.notFound((c) => problemResponse(c, new ProblemError('not-found'), logger));
  app.use(
    securityHeaders,
    hostGuard(options.host),
    originGuard,
    deadline(options.requestTimeoutMs),
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        c.header('allow', methods.join(', '));
        return problemResponse(c, new ProblemError('method-not-allowed'), logger);
      },
    }),
  );
  app.route('/', healthRoutes(createReadiness(options.probes, logger, options.readiness)));
  app.route('/', docsRoutes());
  app.route('/', webRoutes(options.web));
  app.use('/api/v1/dead-letters/*', tokenGuard(options.host, options.token));
  app.route('/api/v1/dead-letters', deadLetterRoutes({ ...options, now: options.now ?? Date.now }));
  app.route('/api/v1/orders', orderRoutes({ ...options, now: options.now ?? Date.now }));
  return app;
}

const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
  },
  xFrameOptions: 'DENY',
  // Plain HTTP on the loopback; whoever terminates TLS in front sets it.
  strictTransportSecurity: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  xDnsPrefetchControl: false,
  originAgentCluster: false,
});
