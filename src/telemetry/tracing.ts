import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, parseTraceParent } from '@opentelemetry/core';
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { JsonTraceSerializer, TraceExporterMetricsHelper } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { AppError } from '../lib/app-error.ts';
import { within } from '../lib/deadline.ts';
import type { Logger } from './logger.ts';

export interface TracingOptions {
  /** Where OTLP/HTTP takes traces: `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  /** Headers of each export, read anew each time. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Share of new traces that are recorded, 0 to 1. A caller that sent a trace context has decided already. */
  readonly sampleRatio: number;
  /** Version of the service. */
  readonly version: string;
  readonly logger: Logger;
}

/** What a span is about. The name is one of few; what differs each time is in the attributes. */
export interface SpanAbout {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly attributes?: Attributes;
  /** Default: the span that is open here. `none` begins a new trace. */
  readonly parent?: SpanContext | 'none' | undefined;
  readonly links?: readonly SpanContext[];
}

/** A span while its work runs. */
export interface OpenSpan {
  /** W3C Trace Context: whoever is called continues the trace with it. */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** The work has failed; `type` is one of few: an error's code, a status. */
  fail(type: string): void;
}

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const;

/** Most links of one span: those of the first producers. */
export const MOST_LINKS = 128;
/** Spans that wait for their export; more are dropped, and counted in the log. */
const QUEUE = { maxQueueSize: 4_096, maxExportBatchSize: 512, scheduledDelayMillis: 2_000 } as const;
/** Time for one export, with its repetitions. */
const EXPORT_MS = 5_000;

/**
 * Traces by OpenTelemetry, exported by OTLP over HTTP. It takes nothing from the environment: `OTEL_…` variables have no
 * effect. Nothing waits for an export, and a receiver that is away costs spans, not memory.
 * Loaded only where it is used: without tracing it costs nothing.
 */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #open = new AsyncLocalStorage<Span>();
  readonly #logger: Logger;

  constructor({ sampleRatio, version, ...options }: TracingOptions) {
    const { logger } = options;
    this.#logger = logger;
    const report = (text: string): void => logger.warn({ reason: text }, 'traces are incomplete');
    const quiet = (): void => {};
    const logLevel = { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true };
    diag.setLogger({ error: report, warn: report, info: quiet, debug: quiet, verbose: quiet }, logLevel);
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': 'test-service',
        'service.version': version,
        'service.instance.id': crypto.randomUUID(),
        'process.pid': process.pid,
      }),
      sampler: new ParentBasedSampler({ root: new LinkedSampler(new TraceIdRatioBasedSampler(sampleRatio)) }),
      spanLimits: { linkCountLimit: MOST_LINKS, attributeValueLengthLimit: 1_024 },
      spanProcessors: [
        new BatchSpanProcessor({ ...QUEUE, exporter: new ToldExporter(options), exportTimeoutMillis: 2 * EXPORT_MS }),
      ],
    });
    this.#tracer = this.#provider.getTracer('test-service', version);
  }

  /** Does the work within a span, which ends with it. What it throws is passed on, and is the span's failure. */
  async span<T>({ parent, ...about }: SpanAbout, work: (span: OpenSpan) => T | Promise<T>): Promise<T> {
    const context = parent === 'none' ? undefined : (parent ?? this.#open.getStore()?.spanContext());
    const span = this.#tracer.startSpan(
      about.name,
      {
        kind: KINDS[about.kind],
        ...(about.attributes && { attributes: about.attributes }),
        ...(about.links && { links: about.links.map((one) => ({ context: one })) }),
      },
      context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context),
    );
    const open = openSpan(span);
    try {
      return await this.#open.run(span, () => work(open));
    } catch (error) {
      // Messages may say too much about the data.
      open.fail(error instanceof AppError ? error.code : error instanceof Error ? error.name : 'error');
      throw error;
    } finally {
      span.end();
    }
  }

  /** The ids of the open span as fields of a log line; undefined outside of spans. */
  ids(): { readonly trace_id: string; readonly span_id: string } | undefined {
    const context = this.#open.getStore()?.spanContext();
    return context && { trace_id: context.traceId, span_id: context.spanId };
  }

  /** The trace of the open span, if it is recorded. */
  traceId(): string | undefined {
    const context = this.#open.getStore()?.spanContext();
    return context && isSampled(context) ? context.traceId : undefined;
  }

  /** Exports what is left. Idempotent; what the receiver does not take in `deadlineMs` is lost, which the log says. */
  async close(deadlineMs: number): Promise<void> {
    const late = () => this.#logger.warn({ deadlineMs }, 'the last traces were not exported in time');
    await within(deadlineMs, this.#provider.shutdown()).catch(late);
  }
}

/** What a `traceparent` says; undefined when it is none. @see https://www.w3.org/TR/trace-context/#traceparent-header */
export function spanContextOf(traceparent: string | null | undefined): SpanContext | undefined {
  const context = parseTraceParent(traceparent ?? '');
  return context === null ? undefined : { ...context, isRemote: true };
}

/** Whether somebody records the span. */
export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

function openSpan(span: Span): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    set: (attributes) => void span.setAttributes(attributes),
    fail: (type) => void span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR }),
  };
}

/** A batch is recorded when any of its messages is; for one without links the ratio decides. */
class LinkedSampler implements Sampler {
  readonly #otherwise: Sampler;

  constructor(otherwise: Sampler) {
    this.#otherwise = otherwise;
  }

  shouldSample(...[context, traceId, name, kind, attributes, links]: Parameters<Sampler['shouldSample']>) {
    return links.some((link) => isSampled(link.context))
      ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
      : this.#otherwise.shouldSample(context, traceId, name, kind, attributes, links);
  }
}

/** Warns once when exports begin to fail, and says how many spans were lost once they succeed again. */
class ToldExporter implements SpanExporter {
  readonly #exporter: OTLPExporterBase<ReadableSpan[]>;
  readonly #logger: Logger;
  readonly #endpoint: string;
  #lost = 0;

  constructor({ endpoint, headers, logger }: Pick<TracingOptions, 'endpoint' | 'headers' | 'logger'>) {
    this.#logger = logger;
    this.#endpoint = endpoint;
    const http = {
      url: endpoint,
      headers: async () => ({ ...headers(), 'content-type': 'application/json' }),
      agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
      compression: 'gzip',
      concurrencyLimit: 2,
      timeoutMillis: EXPORT_MS,
    } as const;
    const kind = 'otlp_http_span_exporter';
    const helper = TraceExporterMetricsHelper;
    this.#exporter = new OTLPExporterBase(
      createOtlpHttpExportDelegate(http, JsonTraceSerializer, kind, helper, undefined),
    );
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.#succeeded();
      else this.#failed(spans.length, result.error);
      // Told here: the processor would say it again each time.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #failed(spans: number, error: Error | undefined): void {
    const endpoint = this.#endpoint;
    if (this.#lost === 0)
      this.#logger.warn({ endpoint, reason: error?.message }, 'traces can’t be exported and are dropped');
    this.#lost += spans;
  }

  #succeeded(): void {
    if (this.#lost > 0) this.#logger.info({ lostSpans: this.#lost }, 'traces are exported again');
    this.#lost = 0;
  }
}
