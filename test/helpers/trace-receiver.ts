import { gunzipSync } from 'node:zlib';

/** A span as OTLP/JSON has it, attributes by name. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes'> & { readonly attributes: readonly OtlpAttribute[] })[];
    }[];
  }[];
}

/** Takes traces as an OpenTelemetry collector does: OTLP over HTTP, JSON. */
export class TraceReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly resources: Readonly<Record<string, unknown>>[] = [];
  /** Headers of the last export. */
  headers = new Headers();
  /** All that was received, as text. */
  text = '';
  /** The answer to an export. */
  status = 200;
  readonly #server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => this.#take(request) });

  get url(): string {
    return `${this.#server.url.origin}/v1/traces`;
  }

  /** The spans of one trace, by name. */
  trace(traceId: string): Record<string, ReceivedSpan> {
    return Object.fromEntries(this.spans.filter((span) => span.traceId === traceId).map((span) => [span.name, span]));
  }

  close(): Promise<void> {
    return this.#server.stop(true);
  }

  async #take(request: Request): Promise<Response> {
    const body = gunzipSync(await request.arrayBuffer()).toString();
    if (this.status !== 200) return new Response(null, { status: this.status });
    this.headers = request.headers;
    this.text += body;
    const traces: OtlpTraces = JSON.parse(body);
    for (const { resource, scopeSpans } of traces.resourceSpans) {
      this.resources.push(attributesOf(resource.attributes));
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push({ ...span, attributes: attributesOf(span.attributes) });
    }
    return Response.json({});
  }
}

function attributesOf(list: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}
