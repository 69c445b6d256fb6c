import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { sampleOrder } from '../helpers/sample-orders.ts';
import { TraceReceiver } from '../helpers/trace-receiver.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let receiver: TraceReceiver;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  receiver = new TraceReceiver();
});

afterEach(killRunning);

afterAll(async () => {
  await receiver.close();
  await place.remove();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const SECRET = 'not-to-be-shown-to-anyone';

function start(env: Readonly<Record<string, string>> = {}, command = 'run') {
  const headersFile = join(place.folder, 'headers');
  writeFileSync(headersFile, `authorization=Bearer%20${SECRET}\n`);
  const settings = {
    TEST_SERVICE_TRACING_ENABLED: 'true',
    TEST_SERVICE_TRACING_ENDPOINT: receiver.url,
    TEST_SERVICE_TRACING_HEADERS_FILE: headersFile,
    TEST_SERVICE_PRODUCER_ENABLED: 'false',
    TEST_SERVICE_LOG_FORMAT: 'json',
    TEST_SERVICE_LOG_LEVEL: 'debug',
    OTEL_SDK_DISABLED: 'true',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-other=1',
  };
  return startApp([command, '--json'], { env: { ...place.env, ...settings, ...env } });
}

async function send(uid: string, traceparent: string): Promise<void> {
  const headers = { 'content-type': 'application/json', traceparent };
  const body = JSON.stringify(sampleOrder(uid));
  const response = await fetch(`${place.url}/api/v1/orders`, { method: 'POST', headers, body });
  expect(response.status).toBe(202);
}

async function openMetrics(): Promise<string> {
  const headers = { accept: 'application/openmetrics-text' };
  return await (await fetch(`${place.url}/metrics`, { headers })).text();
}

test('one trace leads from POST over Kafka to the transaction; a lookup has one of its own', async () => {
  const app = start();
  await app.untilUp();
  await send('traced-1', `00-${TRACE}-${CALLER}-01`);
  await until(async () => (await place.get('traced-1')).status === 200);
  // Metrics name the trace, too, for whoever understands OpenMetrics.
  const request = 'http_request_duration_seconds_bucket{method="POST",route="/api/v1/orders",code="202"';
  const named = ['transaction_seconds_bucket', request].map(
    (metric) => new RegExp(`^test_service_${metric}.* # {trace_id="${TRACE}"}`, 'm'),
  );
  await until(async () => {
    const text = await openMetrics();
    return named.every((one) => one.test(text));
  });
  await send('traced-1', `00-${TRACE.replace('4b', '4c')}-${CALLER}-00`);
  const isLookup = ({ attributes }: { attributes: Record<string, unknown> }) =>
    attributes['url.path'] === '/api/v1/orders/traced-1' && attributes['http.response.status_code'] === 200;
  await until(() => receiver.spans.some(isLookup) && Object.keys(receiver.trace(TRACE)).length >= 4);

  const trace = receiver.trace(TRACE);
  const post = trace['POST /api/v1/orders'];
  const sent = trace[`send ${place.topic}`];
  const batch = trace[`process ${place.topic}`];
  const copy = trace['COPY orders'];
  expect(post).toMatchObject({ parentSpanId: CALLER, attributes: { 'http.response.status_code': 202 } });
  expect(sent).toMatchObject({
    parentSpanId: post?.spanId,
    attributes: { 'messaging.system': 'kafka', 'messaging.kafka.message.key': 'traced-1' },
  });
  expect(batch).toMatchObject({
    parentSpanId: sent?.spanId,
    links: [{ traceId: TRACE, spanId: sent?.spanId }],
    attributes: { 'messaging.consumer.group.name': place.group, 'messaging.kafka.message.key': 'traced-1' },
  });
  expect(copy).toMatchObject({ parentSpanId: batch?.spanId, attributes: { 'db.system.name': 'postgresql' } });

  const lookup = receiver.spans.find(isLookup);
  expect(lookup).toMatchObject({ name: 'GET /api/v1/orders/{order_uid}' });
  expect(lookup?.traceId).not.toBe(TRACE);
  await until(() => receiver.spans.some(({ name, traceId }) => name === 'MGET' && traceId === lookup?.traceId));
  // The caller of the second said that nobody records it.
  expect(receiver.spans.some(({ traceId }) => traceId === TRACE.replace('4b', '4c'))).toBe(false);

  expect(receiver.resources[0]).toMatchObject({ 'service.name': 'test-service' });
  expect(receiver.headers.get('authorization')).toBe(`Bearer ${SECRET}`);
  expect(receiver.headers.has('x-other')).toBe(false);
  // Nothing of an order's contents is in a trace, no password either.
  expect(receiver.text).not.toContain(sampleOrder('x').delivery.name);
  const { password } = new URL(place.engines.postgresqlUrl);
  expect(receiver.text).not.toContain(password === '' ? SECRET : password);
  expect(await openMetrics()).not.toContain(TRACE.replace('4b', '4c'));
  // The log names the trace that a line belongs to, and no secret.
  const { stderr } = await app.stop();
  expect(stderr).toContain(`"trace_id":"${TRACE}"`);
  expect(stderr).not.toContain(SECRET);
}, 120_000);

test('a receiver that is away costs one warning, and nothing waits for it; the end exports what is left', async () => {
  receiver.status = 400;
  const app = start({ TEST_SERVICE_PRODUCER_ENABLED: 'true', TEST_SERVICE_PRODUCER_RATE: '20' });
  await app.untilUp();
  await app.untilSaid('traces can’t be exported');
  const stored = await place.orders();
  await until(async () => (await place.orders()) > stored + 20);
  receiver.status = 200;
  await app.untilSaid('traces are exported again');
  await send('traced-2', `00-${TRACE.replace('4b', '4d')}-${CALLER}-01`);
  const { code, stderr, tookMs } = await app.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(8_000);
  expect(stderr.split('traces can’t be exported').length).toBe(2);
  // It was stopped before the next export was due.
  expect(Object.keys(receiver.trace(TRACE.replace('4b', '4d')))).toContain('POST /api/v1/orders');
}, 120_000);
