/** The types of the REST API. Made by `make client` from the OpenAPI document: do not edit. */

export interface paths {
  "/api/v1/orders/{order_uid}": {
    /** Find an order by its order_uid */
    get: {
      parameters: { path: { order_uid: string }; header?: { "if-none-match"?: string } };
      responses: {
        200: { content: { "application/json": Order } };
        304: { content?: never };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders/lookup": {
    /** Find an order by its order_uid, which may contain any characters */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": LookupRequest } };
      responses: {
        200: { content: { "application/json": Order } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders": {
    /** Orders by the time they were stored, newest first, a page at a time */
    get: {
      parameters: { query?: { limit?: number; order_uid_prefix?: string; customer?: string; customer_id?: string; customer_id_prefix?: string; track_number?: string; track_number_prefix?: string; delivery_service?: string; currency?: string; state?: (OrderState)[]; created_from?: string; created_to?: string; stored_from?: string; stored_to?: string; amount_from?: number; amount_to?: number; order?: "newest" | "oldest"; cursor?: string } };
      responses: {
        200: { content: { "application/json": OrderList } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Send an order to Kafka, and optionally wait until it is stored */
    post: {
      parameters: { header?: { traceparent?: string; prefer?: string } };
      requestBody: { content: { "application/json": Order } };
      responses: {
        201: { content: { "application/json": Accepted } };
        202: { content: { "application/json": Accepted } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders.ndjson": {
    /** All orders of a filter, one JSON document a line */
    get: {
      parameters: { query?: { order_uid_prefix?: string; customer?: string; customer_id?: string; customer_id_prefix?: string; track_number?: string; track_number_prefix?: string; delivery_service?: string; currency?: string; state?: (OrderState)[]; created_from?: string; created_to?: string; stored_from?: string; stored_to?: string; amount_from?: number; amount_to?: number; order?: "newest" | "oldest" } };
      responses: {
        200: { content: { "application/x-ndjson": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders.csv": {
    /** All orders of a filter as CSV (RFC 4180), one order a line, the items as JSON */
    get: {
      parameters: { query?: { order_uid_prefix?: string; customer?: string; customer_id?: string; customer_id_prefix?: string; track_number?: string; track_number_prefix?: string; delivery_service?: string; currency?: string; state?: (OrderState)[]; created_from?: string; created_to?: string; stored_from?: string; stored_to?: string; amount_from?: number; amount_to?: number; order?: "newest" | "oldest"; formulas?: "escape" | "keep" } };
      responses: {
        200: { content: { "text/csv": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders/states": {
    /** How many orders are in each state */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": OrderStates } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders/check": {
    /** Check whether an order would be accepted, and list everything that is wrong with it */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": unknown; "text/plain": string } };
      responses: {
        200: { content: { "application/json": OrderCheck } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders/{order_uid}/history": {
    /** The versions of an order that Kafka still has: when each was sent, and what it changed */
    get: {
      parameters: { path: { order_uid: string }; query?: { thorough?: boolean } };
      responses: {
        200: { content: { "application/json": OrderHistory } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders/{order_uid}/journey": {
    /** The way of an order from its sender to its readers, and how long each step took */
    get: {
      parameters: { path: { order_uid: string } };
      responses: {
        200: { content: { "application/json": OrderJourney } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/orders/bulk": {
    /** Send many orders to Kafka as NDJSON, with a verdict for each line */
    post: {
      parameters: {  };
      requestBody: { content: { "application/x-ndjson": string; "application/json": unknown } };
      responses: {
        200: { content: { "application/x-ndjson": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters": {
    /** Rejected messages, newest first */
    get: {
      parameters: { query?: { reason?: ("not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown")[]; since?: string; until?: string; key?: string; limit?: number; cursor?: string } };
      responses: {
        200: { content: { "application/json": DeadLetterPage } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters/counts": {
    /** How many rejected messages there are, by reason */
    get: {
      parameters: { query?: { reason?: ("not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown")[]; since?: string; until?: string; key?: string } };
      responses: {
        200: { content: { "application/json": DeadLetterCounts } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters/timeline": {
    /** When and why messages were rejected: counts by reason in buckets of time */
    get: {
      parameters: { query?: { reason?: ("not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown")[]; since?: string; until?: string; key?: string; bucket_s?: number } };
      responses: {
        200: { content: { "application/json": DeadLetterTimeline } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters/{position}": {
    /** One rejected message, with its headers and value */
    get: {
      parameters: { path: { position: string } };
      responses: {
        200: { content: { "application/json": DeadLetter } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters.ndjson": {
    /** All rejected messages of a filter, a DeadLetter a line */
    get: {
      parameters: { query?: { reason?: ("not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown")[]; since?: string; until?: string; key?: string } };
      responses: {
        200: { content: { "application/x-ndjson": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters.csv": {
    /** The same as CSV (RFC 4180), without headers */
    get: {
      parameters: { query?: { reason?: ("not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown")[]; since?: string; until?: string; key?: string; formulas?: "escape" | "keep" } };
      responses: {
        200: { content: { "text/csv": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters/redrive": {
    /** Send rejected messages back to their topic, each once, edited if wanted */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": RedriveRequest } };
      responses: {
        200: { content: { "application/json": RedriveAnswer } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters/redrive.ndjson": {
    /** Send any number of rejected messages back, and report the progress */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": RedriveRequest } };
      responses: {
        200: { content: { "application/x-ndjson": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/dead-letters/redriven": {
    /** What became of a message that was sent back: waiting, stored or rejected again */
    get: {
      parameters: { query: { position: string } };
      responses: {
        200: { content: { "application/json": RedrivenFate } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/generator": {
    /** The state of the generator of this process */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": Generator } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Change the load at once, whether it is running or not */
    patch: {
      parameters: {  };
      requestBody: { content: { "application/json": GeneratorChange } };
      responses: {
        200: { content: { "application/json": Generator } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/generator/start": {
    /** Change the load and start the generator; one that is running goes on */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": GeneratorChange } };
      responses: {
        200: { content: { "application/json": Generator } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/generator/stop": {
    /** Stop the generator; the answer comes once everything it sent is acknowledged */
    post: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": Generator } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/generator/preview": {
    /** The next messages, without sending them */
    get: {
      parameters: { query?: { count?: number } };
      responses: {
        200: { content: { "application/json": GeneratorPreview } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** The next messages as they would be with these faults, without sending or changing anything */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": PreviewRequest } };
      responses: {
        200: { content: { "application/json": GeneratorPreview } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/generator/manifest.ndjson": {
    /** What the generator of this process has injected, and where Kafka put it */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/x-ndjson": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/generator/send-one": {
    /** Send the next order now, valid or with a fault */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": SendOne } };
      responses: {
        200: { content: { "application/json": SentOne } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/reader": {
    /** The state of the readers of this process: simulated clients that look orders up over HTTP */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": Readers } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Change what they do at once, whether they are running or not */
    patch: {
      parameters: {  };
      requestBody: { content: { "application/json": ReadersChange } };
      responses: {
        200: { content: { "application/json": Readers } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/reader/start": {
    /** Change what they do and start them; running ones go on */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": ReadersChange } };
      responses: {
        200: { content: { "application/json": Readers } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/reader/stop": {
    /** Stop the readers; the answer comes once nothing they asked for is under way */
    post: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": Readers } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/topics": {
    /** The topics of the cluster */
    get: {
      parameters: { query?: { internal?: boolean } };
      responses: {
        200: { content: { "application/json": TopicList } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/topics/{topic}": {
    /** One topic: the offsets and the leader of each partition, and all settings */
    get: {
      parameters: { path: { topic: string } };
      responses: {
        200: { content: { "application/json": TopicDetail } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/topics/{topic}/messages": {
    /** Messages of a topic */
    get: {
      parameters: { path: { topic: string }; query?: { partition?: number; offset?: number; at?: string; key?: string; text?: string; json?: string; limit?: number; value_bytes?: number; cursor?: string } };
      responses: {
        200: { content: { "application/json": MessagePage } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Write any message to a topic, or see what that would do */
    post: {
      parameters: { path: { topic: string } };
      requestBody: { content: { "application/json": MessageToProduce } };
      responses: {
        200: { content: { "application/json": ProducedMessage } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/topics/{topic}/messages/{position}": {
    /** One message with its whole value */
    get: {
      parameters: { path: { topic: string; position: string } };
      responses: {
        200: { content: { "application/json": Message } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/topics/{topic}/tail": {
    /** Messages as they arrive in a topic, as server-sent events */
    get: {
      parameters: { path: { topic: string }; query?: { partition?: number; key?: string; text?: string; json?: string; value_bytes?: number } };
      responses: {
        200: { content: { "text/event-stream": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/topics/{topic}/messages/{position}/send-again": {
    /** Write a message once more: the same bytes of key, headers and value, to the same partition */
    post: {
      parameters: { path: { topic: string; position: string } };
      responses: {
        200: { content: { "application/json": ProducedMessage } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/consumer-groups": {
    /** The consumer groups of the cluster, a page at a time */
    get: {
      parameters: { query?: { limit?: number; text?: string; topic?: string; cursor?: string } };
      responses: {
        200: { content: { "application/json": ConsumerGroupList } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/consumer-groups/{group}": {
    /** One group: its members, and the offset and lag of each partition */
    get: {
      parameters: { path: { group: string } };
      responses: {
        200: { content: { "application/json": ConsumerGroupDetail } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/consumer-groups/{group}/offsets": {
    /** Make this service’s consumers continue from another offset */
    post: {
      parameters: { path: { group: string } };
      requestBody: { content: { "application/json": OffsetReset } };
      responses: {
        200: { content: { "application/json": OffsetMoves } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        409: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/cache": {
    /** The tiers of the cache: what they hold, and how many lookups each has answered */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": Cache } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Evict all cached orders; other keys of the same Redis stay */
    delete: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": FlushedCache } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/cache/keys": {
    /** Cached orders and leases in Redis */
    get: {
      parameters: { query?: { contains?: string; limit?: number; cursor?: string } };
      responses: {
        200: { content: { "application/json": CacheKeyPage } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/cache/evictions": {
    /** Evict many orders from all tiers: those named, or those whose order_uid contains a text */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": CacheEvictionRequest } };
      responses: {
        200: { content: { "application/json": CacheEviction } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/cache/invalidations": {
    /** The latest invalidations; those that concern one order, if one is named */
    get: {
      parameters: { query?: { order_uid?: string } };
      responses: {
        200: { content: { "application/json": CacheInvalidationList } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/cache/invalidations/tail": {
    /** Invalidations as they happen, as server-sent events */
    get: {
      parameters: { query?: { order_uid?: string } };
      responses: {
        200: { content: { "text/event-stream": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/cache/orders/{order_uid}": {
    /** What each tier has of an order; looking does not fill the cache */
    get: {
      parameters: { path: { order_uid: string } };
      responses: {
        200: { content: { "application/json": CachedOrder } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Evict one order from all tiers */
    delete: {
      parameters: { path: { order_uid: string } };
      responses: {
        200: { content: { "application/json": EvictedOrder } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/engines": {
    /** PostgreSQL, Kafka and Redis: their addresses and states, and what can be done with them */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": EngineList } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/engines/{engine}/actions": {
    /** Stop, kill, start, restart, pause or resume an engine that was started from the data folder */
    post: {
      parameters: { path: { engine: "postgresql" | "kafka" | "redis" } };
      requestBody: { content: { "application/json": EngineAction } };
      responses: {
        200: { content: { "application/json": Engine } };
        202: { content: { "application/json": Engine } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        409: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/verifications": {
    /** The last verifications of this process, newest first */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": VerificationList } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
    /** Check every message of the topic against PostgreSQL and the dead letters, in the background */
    post: {
      parameters: {  };
      requestBody: { content: { "application/json": VerificationRequest } };
      responses: {
        202: { content: { "application/json": Verification } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        408: { content: { "application/problem+json": Problem } };
        409: { content: { "application/problem+json": Problem } };
        413: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        415: { content: { "application/problem+json": Problem } };
        422: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/verifications/{id}": {
    /** The progress of a verification, or its result */
    get: {
      parameters: { path: { id: number } };
      responses: {
        200: { content: { "application/json": Verification } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/verifications/{id}/report.txt": {
    /** The result of a verification as `test-service verify` prints it */
    get: {
      parameters: { path: { id: number } };
      responses: {
        200: { content: { "text/plain": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        409: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/verifications/{id}/cancel": {
    /** Cancel a running verification; one that has ended stays as it is */
    post: {
      parameters: { path: { id: number } };
      responses: {
        200: { content: { "application/json": Verification } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        403: { content: { "application/problem+json": Problem } };
        404: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/live": {
    /** Live figures, second by second, as server-sent events */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "text/event-stream": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/api/v1/live/history": {
    /** The last hour of live figures, as a live stream begins */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": LiveHistory } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/metrics": {
    /** Metrics for Prometheus */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "text/plain": string; "application/openmetrics-text": string } };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/healthz": {
    /** Whether the process answers */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": {
          status: "ok";
          /** Of this service */
          version: string;
        } } };
        400: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/readyz": {
    /** The state of PostgreSQL, Kafka and Redis, and of the roles of this process */
    get: {
      parameters: {  };
      responses: {
        200: { content: { "application/json": Readiness } };
        400: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
  "/openapi.json": {
    /** This document */
    get: {
      parameters: { header?: { "if-none-match"?: string; "accept-encoding"?: string } };
      responses: {
        200: { content: { "application/json": Record<string, unknown> } };
        304: { content?: never };
        400: { content: { "application/problem+json": Problem } };
        401: { content: { "application/problem+json": Problem } };
        414: { content: { "application/problem+json": Problem } };
        429: { content: { "application/problem+json": Problem } };
        503: { content: { "application/problem+json": Problem } };
      };
    };
  };
}

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  /** The order’s identifier */
  order_uid?: string;
  /** Why an order was rejected */
  reason?: string;
  /** Everything that is wrong with the request */
  violations?: ({
    in: "path" | "query" | "header" | "body";
    /** JSON Pointer (RFC 6901) in a body, otherwise the parameter’s name */
    pointer: string;
    message: string;
  })[];
};

export type Order = {
  /** The order’s identifier; also the Kafka message key */
  order_uid: string;
  /** Track number of the parcel */
  track_number: string;
  /** Where the order entered the system */
  entry: string;
  delivery: {
    /** Recipient */
    name: string;
    /** Phone number, E.164 where the sender knows it */
    phone: string;
    /** Postal code */
    zip: string;
    /** City */
    city: string;
    /** Street and house */
    address: string;
    /** Region, state or province */
    region: string;
    /** E-mail address */
    email: string;
  };
  payment: {
    /** Identifier of the payment, usually the order_uid */
    transaction: string;
    /** Identifier of the payment request; may be empty */
    request_id: string;
    /** ISO 4217 alphabetic code */
    currency: string;
    /** Payment provider */
    provider: string;
    /** goods_total + delivery_cost + custom_fee, in minor units of the payment's currency */
    amount: number;
    /** When it was paid, Unix seconds */
    payment_dt: number;
    /** Bank */
    bank: string;
    /** Price of the delivery, in minor units of the payment's currency */
    delivery_cost: number;
    /** Sum of total_price over the items, in minor units of the payment's currency */
    goods_total: number;
    /** Customs fee, in minor units of the payment's currency */
    custom_fee: number;
  };
  items: ({
    /** Identifier of the article’s variant */
    chrt_id: number;
    /** Track number of the parcel the item is in */
    track_number: string;
    /** Price before the discount, in minor units of the payment's currency */
    price: number;
    /** Identifier of this item in this order */
    rid: string;
    /** Name of the article */
    name: string;
    /** Discount, per cent */
    sale: number;
    /** Size */
    size: string;
    /** Price after the discount, in minor units of the payment's currency */
    total_price: number;
    /** Identifier of the article */
    nm_id: number;
    /** Brand */
    brand: string;
    /** Status code of the item */
    status: number;
  })[];
  /** Language of the customer */
  locale: string;
  /** Internal signature; may be empty */
  internal_signature: string;
  /** Identifier of the customer */
  customer_id: string;
  /** Delivery service */
  delivery_service: string;
  /** Sharding key */
  shardkey: string;
  /** Identifier of the sales channel */
  sm_id: number;
  /** When the order was made, RFC 3339; kept to the microsecond */
  date_created: string;
  /** Shard of the order flow */
  oof_shard: string;
};

export type LookupRequest = {
  /** The order’s identifier */
  order_uid: string;
};

export type OrderState = "placed" | "paid" | "assembled" | "handed_over" | "delivered" | "payment_failed" | "cancelled_by_customer" | "cancelled_by_seller" | "out_of_stock" | "returned" | "refunded" | "partly_returned" | "partly_refunded" | "other";

export type OrderSummary = {
  /** The order’s identifier; also the Kafka message key */
  order_uid: string;
  track_number: string;
  customer_id: string;
  delivery_name: string;
  delivery_city: string;
  /** In minor units of the currency */
  amount: number;
  currency: string;
  /** Number of items */
  items: number;
  state: OrderState;
  date_created: string;
  stored_at: string;
};

export type OrderList = {
  orders: (OrderSummary)[];
  /** Send it as `cursor` to get the next page; null after the last page */
  next_cursor: string | null;
  /** How far the list has been searched, by when the orders were stored; null after the last page */
  searched_to: string | null;
};

export type OrderStates = {
  /** Every state, in the order in which they follow each other */
  states: ({
    state: OrderState;
    orders: number;
  })[];
  /** All orders, those of an unknown state among them */
  total: number;
  /** Orders that an earlier version stored: their states are being worked out */
  unknown: number;
  /** Seconds since all orders were counted; null: not yet, so orders that an earlier version stored are missing */
  counted_s: number | null;
};

export type Accepted = {
  /** The order’s identifier; also the Kafka message key */
  order_uid: string;
  partition: number;
  offset: number;
  /** superseded: a later version of it is stored now */
  status: "accepted" | "stored" | "superseded";
};

export type OrderCheck = {
  /** It would be stored, unless PostgreSQL refuses it */
  accepted: boolean;
  /** Of an accepted order */
  order_uid?: string;
  /** The code a dead letter would have */
  reason?: "not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected";
  /** Everything that is wrong, 100 at most */
  violations?: ({
    /** JSON Pointer (RFC 6901); empty for the whole */
    pointer: string;
    message: string;
  })[];
};

export type OrderVersion = {
  partition: number;
  offset: number;
  /** The message’s own, in Kafka */
  timestamp: string;
  /** By its sender’s clock */
  produced_at: string;
  /** first: no earlier version was found; changed: it differs from the one before; same: the one before, sent again; rejected: not an order */
  kind: "first" | "changed" | "same" | "rejected";
  /** The stored order came from this message */
  current: boolean;
  /** How often it was sent back from the dead letters */
  replays?: number;
  state?: OrderState;
  /** Against the version before, 50 at most */
  changes?: ({
    /** JSON Pointer (RFC 6901) */
    pointer: string;
    /** A whole item where the other version has none; null where this one has none */
    from: string | number | {
      /** Identifier of the article’s variant */
      chrt_id: number;
      /** Track number of the parcel the item is in */
      track_number: string;
      /** Price before the discount, in minor units of the payment's currency */
      price: number;
      /** Identifier of this item in this order */
      rid: string;
      /** Name of the article */
      name: string;
      /** Discount, per cent */
      sale: number;
      /** Size */
      size: string;
      /** Price after the discount, in minor units of the payment's currency */
      total_price: number;
      /** Identifier of the article */
      nm_id: number;
      /** Brand */
      brand: string;
      /** Status code of the item */
      status: number;
    } | null;
    /** A whole item where the other version has none; null where this one has none */
    to: string | number | {
      /** Identifier of the article’s variant */
      chrt_id: number;
      /** Track number of the parcel the item is in */
      track_number: string;
      /** Price before the discount, in minor units of the payment's currency */
      price: number;
      /** Identifier of this item in this order */
      rid: string;
      /** Name of the article */
      name: string;
      /** Discount, per cent */
      sale: number;
      /** Size */
      size: string;
      /** Price after the discount, in minor units of the payment's currency */
      total_price: number;
      /** Identifier of the article */
      nm_id: number;
      /** Brand */
      brand: string;
      /** Status code of the item */
      status: number;
    } | null;
  })[];
  /** How many more there are */
  changes_left_out?: number;
  /** The code its dead letter has */
  reason?: "not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected";
  detail?: string;
};

export type OrderHistory = {
  /** The order’s identifier */
  order_uid: string;
  topic: string;
  /** The messages’ key; null when the stored one has none */
  key: string | {
    base64: string;
  } | null;
  /** Where the stored order came from; null when none is stored */
  current: {
    partition: number;
    offset: number;
  } | null;
  /** Oldest first */
  versions: (OrderVersion)[];
  /** Where messages of the order were looked for, and what the log has; the ends are exclusive */
  searched: ({
    partition: number;
    from: number;
    to: number;
    log_start: number;
    log_end: number;
  })[];
  /** How many the topic has; the others were not searched */
  partitions: number;
  /** time: the time was up; limit: too many messages, or too long ones; null when all was searched that was to be */
  stopped: "time" | "limit" | null;
  /** Kafka deletes all but the last message of each key, sooner or later; null when Kafka did not say */
  compacted: boolean | null;
};

export type OrderJourney = {
  /** The order’s identifier */
  order_uid: string;
  topic: string;
  partition: number;
  offset: number;
  /** The message is still in the topic, and Kafka answered */
  in_log: boolean;
  steps: ({
    step: "produced" | "logged" | "storing" | "readable";
    at: string;
    /** Since the last step with a believable clock; negative where clocks differ */
    since_previous_ms?: number;
    /** Its clock can’t be right: no time is measured to or from it */
    unbelievable?: true;
  })[];
  cached: {
    /** In the memory of the process that answers */
    l1: boolean;
    redis: boolean;
    /** Remaining lifetime */
    redis_ttl_ms?: number;
  };
};

export type DeadLetterSummary = {
  position: string;
  partition: number;
  offset: number;
  /** `unknown` for a message of the topic that this service did not put there */
  reason: "not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown";
  detail: string;
  source: {
    topic: string;
    partition: number;
    offset: number;
  } | null;
  /** When it was rejected */
  at: string;
  /** How often it had been sent back before */
  replays: number;
  key: string | {
    base64: string;
  } | null;
  /** Of the order that the value names, or else the key; null when neither does */
  order_uid: string | null;
  /** null for a tombstone */
  value_bytes: number | null;
  redriven_at: string | null;
};

export type DeadLetterPage = {
  letters: (DeadLetterSummary)[];
  /** The time was up before the page was full */
  cut: boolean;
  /** Send it as `cursor` to get the next page; null after the last page */
  next_cursor: string | null;
};

export type DeadLetterCounts = {
  total: number;
  by_reason: Record<string, number>;
  /** Those that were sent back */
  redriven: number;
  /** The time was up: older ones are not counted */
  cut: boolean;
};

export type DeadLetterTimeline = {
  /** Where the first bucket begins */
  since: string;
  /** Where the last bucket ends */
  until: string;
  bucket_ms: number;
  /** Letters rejected in each bucket, oldest first; reasons without any are left out */
  by_reason: Record<string, (number)[]>;
  total: number;
  /** The time was up: before `complete_since` some are missing */
  cut: boolean;
  complete_since: string;
};

export type DeadLetter = {
  position: string;
  partition: number;
  offset: number;
  /** `unknown` for a message of the topic that this service did not put there */
  reason: "not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown";
  detail: string;
  source: {
    topic: string;
    partition: number;
    offset: number;
  } | null;
  /** When it was rejected */
  at: string;
  /** How often it had been sent back before */
  replays: number;
  key: string | {
    base64: string;
  } | null;
  /** Of the order that the value names, or else the key; null when neither does */
  order_uid: string | null;
  /** null for a tombstone */
  value_bytes: number | null;
  redriven_at: string | null;
  /** In their order; a name may occur more than once */
  headers: ({
    name: string;
    value: string | {
      base64: string;
    } | null;
  })[];
  /** The value, when it is JSON */
  value?: unknown;
  /** Its bytes, when `value` is absent or would not give them back exactly */
  value_base64?: string;
};

export type RedriveAnswer = {
  dry_run: boolean;
  /** Letters by outcome */
  counts: Record<string, number>;
  /** In a dry run: those that would be sent and rejected again, by reason */
  would_come_back?: Record<string, number>;
  /** `check` in a dry run of `positions`: what the consumer would say */
  outcomes: ({
    position: string;
    outcome: string;
    detail: string;
    check?: OrderCheck;
    /** Where in its own topic it is now; `…/redriven?position=` says what became of it */
    sent_to?: string;
  })[];
  /** In a dry run with a patch: five letters that it would change, and five to which it does not apply */
  samples?: ({
    position: string;
    outcome: string;
    detail: string;
    check?: OrderCheck;
    /** The first 20 */
    changes?: ({
      /** JSON Pointer (RFC 6901) */
      pointer: string;
      /** As JSON, 200 characters at most; null where there was nothing */
      from: string | null;
      /** The same of the value that would be sent */
      to: string | null;
    })[];
  })[];
  /** Positions without a letter */
  missing: (string)[];
  /** Letters of an interrupted redrive, by what was found out about them */
  recovered: {
    sent: number;
    not_sent: number;
    uncertain: number;
  };
  /** The time was up: send `next_cursor` as `cursor` to continue */
  cut: boolean;
  /** Send it as `cursor` to get the next page; null after the last page */
  next_cursor: string | null;
};

export type LetterEdit = {
  /** A JSON Patch (RFC 6902), for any number of letters */
  patch?: ({
    op: "add" | "remove" | "replace" | "move" | "copy" | "test";
    path: string;
    from?: string;
    value?: unknown;
  })[];
  /** JSON in the place of the value of one letter */
  value?: unknown;
  /** The same as bytes, which may be anything */
  value_base64?: string;
};

export type RedriveRequest = {
  positions?: (string)[];
  filter?: {
    /** Rejected for one of these reasons */
    reason?: ("not_json" | "schema" | "unknown_field" | "sums_mismatch" | "integer_range" | "invalid_date" | "future_date" | "nul_character" | "lone_surrogate" | "invalid_utf8" | "too_large" | "tombstone" | "database_rejected" | "unknown")[];
    /** Rejected then or later: RFC 3339, or an age such as 90s, 15m, 2h, 7d */
    since?: string;
    /** Rejected before then: RFC 3339, or an age such as 90s, 15m, 2h, 7d */
    until?: string;
    /** With exactly this message key */
    key?: string;
  };
  all?: true;
  dry_run?: boolean;
  /** Skip letters that came back this many times */
  max_replays?: number;
  /** Also letters that were sent back before */
  again?: boolean;
  edit?: LetterEdit;
  /** `next_cursor` of an answer that was cut: continues there */
  cursor?: string;
};

export type RedrivenFate = {
  /** stored: the order is, or an equal or a later version of it; unknown: the time was up before that was found out */
  state: "waiting" | "stored" | "rejected" | "unknown";
  /** Messages the consumer takes before it */
  ahead?: number;
  /** Of the order that is stored */
  order_uid?: string;
  letter?: DeadLetterSummary;
};

export type LoadProfile = {
  kind: "stages";
  stages: ({
    /** Orders per second at its end, from those at its beginning evenly; 0 to pause, or to end */
    to_rate: number;
    over_ms: number;
    /** Per cent of its orders that have a fault, in the proportions of `faults`, or all faults alike where that is empty. Absent: as `faults` says */
    faults?: number;
  })[];
} | {
  kind: "steady";
} | {
  kind: "burst";
  /** Orders per second */
  burst_rate: number;
  for_ms: number;
  every_ms: number;
} | {
  kind: "ramp";
  /** Orders per second */
  to_rate: number;
  over_ms: number;
};

export type Generator = {
  state: "stopped" | "running" | "stopping";
  /** Orders per second */
  rate: number;
  profile: LoadProfile;
  /** The rate of the profile at this moment; 0 when it is not running */
  current_rate: number;
  /** How long ago the profile began; null when it is not running */
  profile_ms: number | null;
  /** How far it is behind schedule */
  late_ms: number;
  /** The same seed gives the same orders */
  seed: number;
  /** Index of the next order */
  next_index: number;
  /** Stops after this number of orders, once their lives are over; null: never */
  count: number | null;
  /** Orders left until it stops by itself */
  remaining: number | null;
  faults: Record<string, number>;
  /** Send each order again at every step of its life. Without it, those that live now are sent no more */
  life: boolean;
  /** How many times faster than the table of lives says orders live, from their next step on */
  time_scale: number;
  /** Orders whose life goes on */
  open_orders: number;
  /** Faults in its manifest: those since the process started, at most the last 100,000 */
  injected: number;
  /** Messages since the process started: generated = sent + failed + in_flight */
  counts: {
    generated: number;
    sent: number;
    failed: number;
    in_flight: number;
    /** Of those sent: the orders, without the later steps of their lives */
    orders: number;
  };
  started_at: string | null;
  /** Why it stopped without being asked to */
  error: string | null;
  /** The faults it knows */
  fault_names: (string)[];
};

export type GeneratorChange = {
  /** Orders per second */
  rate?: number;
  profile?: LoadProfile;
  /** auto: a new one. Another seed starts at index 0, with lives of its own */
  seed?: number | "auto";
  /** Index of the next order */
  next_index?: number;
  /** Stops after this number of orders, once their lives are over; null: never */
  count?: number | null;
  /** Share of each fault; faults not given are not injected. Together at most 100 */
  faults?: {
    /** Per cent of the orders */
    malformed?: number;
    /** Per cent of the orders */
    invalid_utf8?: number;
    /** Per cent of the orders */
    unknown_field?: number;
    /** Per cent of the orders */
    type_mismatch?: number;
    /** Per cent of the orders */
    integer_range?: number;
    /** Per cent of the orders */
    sums_mismatch?: number;
    /** Per cent of the orders */
    invalid_date?: number;
    /** Per cent of the orders */
    future_date?: number;
    /** Per cent of the orders */
    nul?: number;
    /** Per cent of the orders */
    surrogate?: number;
    /** Per cent of the orders */
    oversize?: number;
    /** Per cent of the orders */
    tombstone?: number;
    /** Per cent of the orders */
    duplicate?: number;
    /** Per cent of the orders */
    changed?: number;
    /** Per cent of the orders */
    out_of_order?: number;
  };
  /** Send each order again at every step of its life. Without it, those that live now are sent no more */
  life?: boolean;
  /** How many times faster than the table of lives says orders live, from their next step on */
  time_scale?: number;
};

export type GeneratorPreview = {
  messages: ({
    /** Index of the next order */
    index: number;
    key: string | {
      base64: string;
    } | null;
    value: string | {
      base64: string;
    } | null;
    fault: string | null;
    /** What its order comes to; null without life, or with a fault */
    state: "placed" | "paid" | "assembled" | "handed_over" | "delivered" | "payment_failed" | "cancelled_by_customer" | "cancelled_by_seller" | "out_of_stock" | "returned" | "refunded" | null;
  })[];
};

export type PreviewRequest = {
  /** How many */
  count: number;
  /** Share of each fault; faults not given are not injected. Together at most 100 */
  faults?: {
    /** Per cent of the orders */
    malformed?: number;
    /** Per cent of the orders */
    invalid_utf8?: number;
    /** Per cent of the orders */
    unknown_field?: number;
    /** Per cent of the orders */
    type_mismatch?: number;
    /** Per cent of the orders */
    integer_range?: number;
    /** Per cent of the orders */
    sums_mismatch?: number;
    /** Per cent of the orders */
    invalid_date?: number;
    /** Per cent of the orders */
    future_date?: number;
    /** Per cent of the orders */
    nul?: number;
    /** Per cent of the orders */
    surrogate?: number;
    /** Per cent of the orders */
    oversize?: number;
    /** Per cent of the orders */
    tombstone?: number;
    /** Per cent of the orders */
    duplicate?: number;
    /** Per cent of the orders */
    changed?: number;
    /** Per cent of the orders */
    out_of_order?: number;
  };
};

export type SentOne = {
  /** The order’s identifier; also the Kafka message key */
  order_uid: string;
  fault: string | null;
  topic: string;
  partition: number;
  offset: number;
};

export type SendOne = {
  fault?: "malformed" | "invalid_utf8" | "unknown_field" | "type_mismatch" | "integer_range" | "sums_mismatch" | "invalid_date" | "future_date" | "nul" | "surrogate" | "oversize" | "tombstone";
};

export type Readers = {
  state: "stopped" | "running" | "stopping";
  /** Requests per second */
  rate: number;
  /** Per cent of the requests: of orders that do not exist */
  absent: number;
  /** Per cent of the requests: lists of the newest orders */
  lists: number;
  /** Per cent of the requests: of orders read before, with If-None-Match */
  repeats: number;
  /** Least time until an order is read again */
  think_ms: number;
  /** How much new orders are preferred; 0: all alike */
  zipf: number;
  /** Most connections */
  connections: number;
  /** Orders to choose from */
  known_orders: number;
  /** By who answered, from the instant each request was due, since the last start or change */
  latencies: ({
    /** A tier, by X-Cache; other: none was named; list: a list of orders; absent: there is no such order */
    outcome: "l1" | "redis" | "postgresql" | "other" | "list" | "absent";
    count: number;
    p50_ms: number;
    p90_ms: number;
    p99_ms: number;
    p999_ms: number;
    max_ms: number;
  })[];
  /** Kinds that have occurred since the process started */
  failures: ({
    kind: "unreachable" | "tls" | "reset" | "timeout" | "unsent" | "malformed" | "http_4xx" | "http_5xx";
    count: number;
    /** What it said */
    last: string;
  })[];
  /** Answers older than what had been read before, since the process started */
  stale: number;
  /** The latest of each order, newest first */
  stale_answers: ({
    /** The order’s identifier; also the Kafka message key */
    order_uid: string;
    at: string;
    /** A tier, by X-Cache; other: none was named; list: a list of orders; absent: there is no such order */
    outcome: "l1" | "redis" | "postgresql" | "other" | "list" | "absent";
    /** Null: there is no such order */
    answered: {
      topic: string;
      partition: number;
      offset: number;
      produced_at: string;
      stored_at: string;
    } | null;
    /** What had been read before; of a list, only stored_at */
    before: {
      topic?: string;
      partition?: number;
      offset?: number;
      produced_at?: string;
      stored_at: string;
    };
  })[];
  started_at: string | null;
};

export type ReadersChange = {
  /** Requests per second */
  rate?: number;
  /** Per cent of the requests: of orders that do not exist */
  absent?: number;
  /** Per cent of the requests: lists of the newest orders */
  lists?: number;
  /** Per cent of the requests: of orders read before, with If-None-Match */
  repeats?: number;
  /** Least time until an order is read again */
  think_ms?: number;
  /** How much new orders are preferred; 0: all alike */
  zipf?: number;
  /** Most connections */
  connections?: number;
};

export type Topic = {
  name: string;
  /** What this service does with it; null for a topic of others */
  use: "orders" | "dead_letters" | null;
  topic_id: string | null;
  /** A topic of Kafka itself: only its name is known */
  internal: boolean;
  partitions: number | null;
  replication_factor: number | null;
  /** Offsets between the starts and the ends: the number of messages, or more */
  messages: number | null;
  /** Of the messages: those behind an open transaction, which readers of committed messages do not see yet */
  pending: number | null;
};

export type TopicList = {
  topics: (Topic)[];
};

export type OpenTransaction = {
  topic: string;
  partition: number;
  /** Readers of committed messages stop here */
  first_offset: number;
  /** 64-bit number as text */
  producer_id: string;
  /** Null when no coordinator knows it: this service may not ask, or the transaction hangs */
  transactional_id: string | null;
  started_at: string | null;
  /** The broker aborts it after this time */
  timeout_ms: number | null;
};

export type TopicDetail = {
  name: string;
  /** What this service does with it; null for a topic of others */
  use: "orders" | "dead_letters" | null;
  topic_id: string | null;
  /** A topic of Kafka itself: only its name is known */
  internal: boolean;
  partitions: number | null;
  replication_factor: number | null;
  /** Offsets between the starts and the ends: the number of messages, or more */
  messages: number | null;
  /** Of the messages: those behind an open transaction, which readers of committed messages do not see yet */
  pending: number | null;
  partition_details: ({
    partition: number;
    leader: number | null;
    replicas: (number)[];
    in_sync_replicas: (number)[];
    /** The first offset in the log */
    start: number;
    /** The last stable offset: committed messages are seen up to here */
    stable_end: number;
    /** The offset after the last message */
    end: number;
    /** What its log takes on the leader’s disk; null when the brokers do not tell */
    bytes: number | null;
  })[];
  settings: ({
    name: string;
    value: string | null;
    /** Set on this topic: `source` is topic */
    own: boolean;
    /** Where it is set: on this topic, for all topics of the brokers, or nowhere */
    source: "topic" | "broker" | "default";
  })[];
  /** In the partitions with pending messages, as far as the brokers report them */
  open_transactions: (OpenTransaction)[];
};

export type Message = {
  partition: number;
  offset: number;
  timestamp: string;
  key: string | {
    base64: string;
  } | null;
  /** In their order; a name may occur more than once */
  headers: ({
    name: string;
    value: string | {
      base64: string;
    } | null;
  })[];
  /** Null for a tombstone */
  value: string | {
    base64: string;
  } | null;
  /** Length of the whole value */
  value_bytes: number | null;
  /** `value` is only the start of it */
  cut: boolean;
  meaning: {
    kind: "order";
    order_uid: string;
  } | {
    kind: "dead_letter" | "other";
    reason: string;
    detail: string;
  };
};

export type MessagePage = {
  messages: (Message)[];
  /** Offsets searched for this page */
  scanned: number;
  /** Offsets still to search */
  left: number;
  /** Not among the messages: those behind an open transaction, which readers of committed messages do not see yet */
  pending: number;
  /** The time was up before the page was full */
  cut: boolean;
  /** Send it as `cursor` to get the next page; null after the last page */
  next_cursor: string | null;
};

export type ProducedMessage = {
  topic: string;
  dry_run: boolean;
  /** Null before it is sent without a key: the partitions take turns */
  partition: number | null;
  /** Null before it is sent, or when Kafka no longer knows it */
  offset: number | null;
  /** As max.message.bytes counts them, without compression */
  bytes: number;
  /** max.message.bytes of the topic */
  max_bytes: number | null;
  meaning: {
    kind: "order";
    order_uid: string;
  } | {
    kind: "dead_letter" | "other";
    reason: string;
    detail: string;
  };
};

export type MessageToProduce = {
  /** None by default */
  key?: string | {
    base64: string;
  } | null;
  /** Null for a tombstone */
  value: string | {
    base64: string;
  } | null;
  /** In their order; a name may occur more than once */
  headers?: ({
    name: string;
    value: string | {
      base64: string;
    } | null;
  })[];
  /** By the key by default, as Kafka’s own clients choose it; without a key the partitions take turns */
  partition?: number;
  /** Only report what would be done */
  dry_run?: boolean;
};

export type ConsumerGroup = {
  group: string;
  state: string;
  protocol_type: string;
  members: number;
  /** The group of this service */
  own: boolean;
  /** Partitions whose offset was changed by hand in Kafka, without effect: the offset in PostgreSQL counts */
  ignored: number;
  /** Over all partitions */
  lag: number;
  /** Of the lag: those behind an open transaction, which readers of committed messages do not see yet */
  pending: number;
};

export type ConsumerGroupList = {
  groups: (ConsumerGroup)[];
  /** Groups with the text in their names */
  total: number;
  /** Send it as `cursor` to get the next page; null after the last page */
  next_cursor: string | null;
};

export type ConsumerGroupDetail = {
  group: string;
  state: string;
  protocol_type: string;
  /** How partitions are shared out; empty without members */
  protocol: string;
  /** The broker that keeps the group */
  coordinator: {
    broker: number;
    /** host:port */
    address: string;
  };
  members: ({
    member_id: string;
    client_id: string;
    host: string;
    assigned: Record<string, (number)[]>;
  })[];
  /** The group of this service */
  own: boolean;
  /** Partitions whose offset was changed by hand in Kafka, without effect: the offset in PostgreSQL counts */
  ignored: number;
  /** Over all partitions */
  lag: number;
  /** Of the lag: those behind an open transaction, which readers of committed messages do not see yet */
  pending: number;
  partitions: ({
    topic: string;
    partition: number;
    /** The offset the group has committed to Kafka */
    committed: number | null;
    /** For this service’s own group: the offset in PostgreSQL, which is the one that counts */
    stored: number | null;
    /** The offset that was set by hand in Kafka, without effect */
    ignored: number | null;
    /** The offset after the last message */
    end: number | null;
    /** The last stable offset: committed messages are seen up to here */
    stable_end: number | null;
    /** From `stored` to the end, or from `committed` if there is no `stored` */
    lag: number | null;
    /** Of the lag: those behind an open transaction, which readers of committed messages do not see yet */
    pending: number | null;
  })[];
  /** In the partitions with pending messages, as far as the brokers report them */
  open_transactions: (OpenTransaction)[];
};

export type OffsetMoves = {
  topic: string;
  dry_run: boolean;
  partitions: ({
    partition: number;
    /** First offset in the log */
    start: number;
    /** The offset after the last message */
    end: number;
    /** The stored offset before */
    from: number;
    /** The offset to read from */
    to: number;
  })[];
};

export type OffsetReset = {
  /** earliest, latest, an offset, or a time from which messages were written: RFC 3339, or an age such as 15m. An offset outside the log becomes the nearest one inside. */
  to: string | number;
  /** Only these partitions */
  partitions?: (number)[];
  /** Only report what would be done */
  dry_run?: boolean;
};

export type CacheTrouble = "unreachable" | "insecure" | "no_permission" | "out_of_memory" | "read_only" | "other_database" | "unverified" | "refused";

export type Cache = {
  /** False when the configuration turns the cache off */
  enabled: boolean;
  /** In the memory of this process */
  l1: {
    enabled: boolean;
    orders: number;
    bytes: number;
    /** Lookups it answered since the process started */
    hits: number;
  };
  redis: {
    /** False while it is not used, or accepts no orders */
    in_use: boolean;
    /** Why it is not in use; null when it is, or when there is no cache */
    reason: CacheTrouble | null;
    /** Refusals and failures since the process started, by the same reasons */
    errors: Record<string, number>;
    /** Lookups it answered since the process started */
    hits: number;
    nodes: ({
      address: string;
      /** It reports changed keys */
      tracked: boolean;
      /** In its whole database */
      keys: number;
      used_bytes: number | null;
      /** 0: no limit */
      max_bytes: number | null;
    })[];
  };
  postgresql: {
    /** Lookups it answered since the process started */
    hits: number;
  };
  /** Lookups of orders that do not exist */
  absent: number;
};

export type FlushedCache = {
  /** Orders and leases that were in Redis */
  keys: number;
};

export type CacheKey = {
  order_uid: string;
  /** Its exact name in Redis */
  key: string;
  /** lease: the order is being read from PostgreSQL */
  kind: "order" | "lease";
  /** Remaining lifetime; null: unlimited */
  ttl_ms: number | null;
  bytes: number;
};

export type CacheKeyPage = {
  /** In no particular order */
  keys: (CacheKey)[];
  /** About how many keys of Redis were looked at, including those of others */
  scanned: number;
  /** Send it as `cursor` to get the next page; null after the last page */
  next_cursor: string | null;
};

export type CacheEviction = {
  /** How many were evicted, or would be; with `contains`, leases are among them */
  orders: number;
  /** False: Redis does not answer; it is told before it is used again */
  delivered: boolean;
  /** About how many keys of Redis were looked at */
  scanned: number;
  /** There is more to look at: send it as `cursor`; null at the end */
  next_cursor: string | null;
};

export type CacheEvictionRequest = {
  order_uids?: (string)[];
  /** Only orders whose order_uid contains this text */
  contains?: string;
  /** Only count them */
  dry_run?: boolean;
  /** `next_cursor` of the answer before; with `contains` only */
  cursor?: string;
};

export type CacheInvalidation = {
  /** Counts up since the process started */
  number: number;
  at: string;
  /** changed: the consumer of this process has stored a change; left_over: another consumer has, but could not tell the cache; awaited: a request that waited for the order has seen it stored; evicted, flushed: by request; redis: Redis reported that the key was changed or has expired; redis_flushed: its database was emptied; connection_lost: without Redis changes are not reported */
  reason: "changed" | "left_over" | "awaited" | "evicted" | "flushed" | "redis" | "redis_flushed" | "connection_lost";
  /** Null: all orders */
  order_uid: string | null;
  /** Orders that were dropped from the memory of this process */
  dropped: number;
};

export type CacheInvalidationList = {
  /** The last 100 at most, oldest first */
  invalidations: (CacheInvalidation)[];
};

export type CachedOrder = {
  order_uid: string;
  l1: {
    etag: string;
    order: Order;
  } | null;
  redis: {
    order_uid: string;
    /** Its exact name in Redis */
    key: string;
    /** lease: the order is being read from PostgreSQL */
    kind: "order" | "lease";
    /** Remaining lifetime; null: unlimited */
    ttl_ms: number | null;
    bytes: number;
    /** As it is stored: text, or base64 when it is not UTF-8 */
    value: string | {
      base64: string;
    };
    etag: string | null;
    order: Order | null;
  } | null;
};

export type EvictedOrder = {
  order_uid: string;
  /** False: Redis does not answer; it is told before it is used again */
  delivered: boolean;
};

export type Engine = {
  name: "postgresql" | "kafka" | "redis";
  /** The display name */
  title: string;
  /** host:port; of several, the one that answers */
  address: string;
  answers: boolean;
  /** unreachable: if it is running, it is running elsewhere */
  state: "running" | "starting" | "stopping" | "restarting" | "paused" | "stopped" | "unreachable";
  /** null: unknown */
  version: string | null;
  /** null: it is not running, or was not started from this data folder */
  pid: number | null;
  /** Why it can’t be controlled from here: local engines are off, or it was not started from this data folder */
  obstacle: "engines_off" | "elsewhere" | null;
  /** When its pause ends by itself */
  resumes_at: string | null;
  /** The last action of this process on it */
  last_action: {
    action: "stop" | "kill" | "start" | "restart" | "pause" | "resume";
    at: string;
    /** null: it is in progress */
    took_ms: number | null;
    /** Why it failed */
    error: string | null;
  } | null;
};

export type EngineList = {
  engines: (Engine)[];
};

export type EngineAction = {
  /** stop: shut it down. kill: kill -9 of all its processes. start: start it and wait until it answers. restart: stop, then start. pause: suspend all its processes (SIGSTOP). resume: end a pause. An action that is already done changes nothing */
  action: "stop" | "kill" | "start" | "restart" | "pause" | "resume";
  /** How long a pause lasts; it ends by itself, even if this service is killed */
  seconds?: number;
};

export type VerificationReport = {
  /** Everything is accounted for, and nothing is wrong; a scattered_order alone does not change that */
  ok: boolean;
  topic: string;
  dead_letter_topic: string;
  group: string;
  total: {
    /** The sum of all the following except no_message */
    produced: number;
    /** Orders that are stored from this very message */
    stored: number;
    dead_lettered: number;
    /** Replaced by a later message of the same order */
    superseded: number;
    /** Equal to what was already stored */
    identical: number;
    /** Not stored, and old enough to be of an order that was deleted for its age (retention.days) */
    expired: number;
    /** The group has not reached it yet; behind an open transaction every offset counts */
    pending: number;
    /** Neither stored nor a proper dead letter */
    lost: number;
    /** Offsets without a message, such as transaction markers */
    no_message: number;
  };
  partitions: ({
    partition: number;
    /** First offset judged */
    from: number;
    /** First offset not judged */
    to: number;
    /** The sum of all the following except no_message */
    produced: number;
    /** Orders that are stored from this very message */
    stored: number;
    dead_lettered: number;
    /** Replaced by a later message of the same order */
    superseded: number;
    /** Equal to what was already stored */
    identical: number;
    /** Not stored, and old enough to be of an order that was deleted for its age (retention.days) */
    expired: number;
    /** The group has not reached it yet; behind an open transaction every offset counts */
    pending: number;
    /** Neither stored nor a proper dead letter */
    lost: number;
    /** Offsets without a message, such as transaction markers */
    no_message: number;
  })[];
  /** Rejected messages by the reason of their dead letter */
  reasons: Record<string, number>;
  dead_letters: {
    /** Records of the dead-letter topic */
    read: number;
    /** Written again for the same message, as by a consumer that was killed: not an error */
    repeated: number;
    /** Rejected messages without one: the dead-letter topic has lost its oldest records, or is compacted */
    expired: number;
    /** Not judged, by reason */
    ignored: {
      other_topics: number;
      /** For messages that have left the log */
      before_log: number;
      /** For messages that arrived after the start */
      after_range: number;
      /** For an earlier topic of this name */
      earlier_topics: number;
      /** For messages that compaction has removed */
      compacted: number;
    };
  };
  /** What was injected; null when that was not checked */
  manifest: {
    /** Messages that must become dead letters */
    bad: number;
    /** Good orders, such as duplicates */
    good: number;
    /** Of both: those that are as injected */
    matched: number;
    /** Bad messages that stand in the log twice, as after a lost answer of Kafka */
    resent: number;
    /** Messages that have left the log */
    before_log: number;
  } | null;
  /** Stored orders whose message compaction has removed: not judged */
  compacted_orders: number;
  /** What is stored but not checked, or only roughly */
  unchecked: (string)[];
  findings: ({
    kind: "lost" | "lost_update" | "altered" | "phantom_order" | "items_without_order" | "order_without_items" | "missing_dead_letter" | "altered_dead_letter" | "wrong_reason" | "wrongly_dead_lettered" | "foreign_dead_letter" | "cut_dead_letter" | "lost_range" | "log_cut" | "offset_past_end" | "offset_moved_back" | "manifest_mismatch" | "scattered_order" | "pending" | "not_yet_stored";
    count: number;
    /** The first of them */
    listed: ({
      partition: number | null;
      offset: number | null;
      order_uid: string | null;
      detail: string;
    })[];
  })[];
  seconds: number;
  messages_per_s: number;
};

export type Verification = {
  id: number;
  state: "running" | "finished" | "failed" | "cancelled";
  started_at: string;
  ended_at: string | null;
  progress: {
    /** waiting: until the consumers have stored what is in the log */
    phase: "starting" | "waiting" | "verifying";
    /** Offsets judged */
    done: number;
    /** Offsets to judge; null: not known yet */
    total: number | null;
    /** Offsets judged per second so far */
    per_s: number | null;
    /** Messages still to be stored */
    waiting_for: number | null;
  };
  /** Once it is finished */
  report: VerificationReport | null;
  /** Why it failed */
  error: string | null;
};

export type VerificationList = {
  verifications: (Verification)[];
};

export type VerificationRequest = {
  /** Seconds to wait at most until the consumers have stored everything */
  wait_s?: number;
  /** Check also what the generator of this process has injected, as its manifest says: each such message must be the dead letter, or the order, that it names */
  manifest?: boolean;
  /** Most findings listed of each kind; all are counted */
  max_findings?: number;
};

export type LiveSample = {
  at: string;
  /** Null while Kafka or PostgreSQL can’t tell */
  topic: {
    read_at: string;
    arrived_per_s: number;
    stored_per_s: number;
    dead_lettered_per_s: number;
    dead_letters: number;
    lag: number;
    /** The part of the lag that waits behind an open transaction */
    pending: number;
    /** At most 100: those furthest behind */
    partitions: ({
      partition: number;
      /** End of the log */
      end: number;
      /** Offset stored in PostgreSQL */
      stored: number | null;
      /** Offsets from there to the end */
      lag: number;
      /** The part of the lag that waits behind an open transaction */
      pending: number;
    })[];
  } | null;
  generator: {
    state: "stopped" | "running" | "stopping";
    sent: number;
    failed: number;
    in_flight: number;
    orders: number;
    open_orders: number;
    sent_per_s: number;
    orders_per_s: number;
    current_rate: number;
    late_ms: number;
  } | null;
  consumer: {
    written: number;
    changed: number;
    unchanged: number;
    dead_lettered: number;
    batches: number;
    stored_per_s: number;
    dead_lettered_per_s: number;
    batches_per_s: number;
    partitions: (number)[];
    /** Batches wait for PostgreSQL or the dead-letter topic */
    waiting: boolean;
    rebuilds: number;
    lost: number;
    /** From production to the commit, of orders stored in this second; null when there were none */
    readable_ms: {
      p50: number;
      p99: number;
      count: number;
    } | null;
  } | null;
  /** The readers of this process */
  reader: {
    state: "stopped" | "running" | "stopping";
    answered_per_s: number;
    failed_per_s: number;
    stale: number;
    /** From the instant each request was due; null when there were none */
    latency_ms: {
      p50: number;
      p99: number;
      count: number;
    } | null;
  };
  lookups: {
    l1_per_s: number;
    redis_per_s: number;
    postgresql_per_s: number;
    absent_per_s: number;
    failed_per_s: number;
  };
  http: {
    "2xx_per_s": number;
    "3xx_per_s": number;
    "4xx_per_s": number;
    "5xx_per_s": number;
  };
  engines: ({
    name: "postgresql" | "kafka" | "redis";
    status: "up" | "down";
    required: boolean;
    latency_ms?: number;
    in_use?: false;
    /** Why it can’t be used, if known; for PostgreSQL, read_only: it accepts no writes; storing_waits: orders wait to be stored */
    reason?: CacheTrouble | "storing_waits";
    /** What to do, if known, such as which setting to change */
    advice?: string;
  })[];
  process: {
    rss_bytes: number;
    heap_bytes: number;
    /** Of one core */
    cpu_percent: number;
    loop_delay_ms: number;
    uptime_s: number;
  };
};

export type LiveNote = {
  at: string;
  kind: "engine_down" | "engine_up" | "generator_started" | "generator_stopped" | "dead_letters" | "partitions_assigned" | "storing_waits" | "storing_goes_on" | "client_replaced" | "messages_lost" | "stale_answers" | "engine_action" | "rate_changed" | "redriven";
  /** The same in English */
  text: string;
  /** Of engine_… */
  engine?: string;
  /** Of engine_action: what it was told to do */
  action?: "stop" | "kill" | "start" | "restart" | "pause" | "resume";
  /** Of generator_started and rate_changed: orders per second */
  rate?: number;
  /** Of generator_stopped: orders sent; of redriven: messages sent back; of dead_letters, messages_lost, stale_answers and client_replaced: how many */
  count?: number;
  /** Of partitions_assigned */
  partitions?: (number)[];
};

export type LiveHistory = {
  /** Oldest first. The last five minutes second by second; before that, up to an hour, one sample for ten seconds: rates are their means, lag, latencies and delays the worst, and partitions at most the 16 furthest behind */
  samples: (LiveSample)[];
  notes: (LiveNote)[];
};

export type Readiness = {
  status: "ok" | "degraded" | "unavailable";
  engines: ({
    name: "postgresql" | "kafka" | "redis";
    status: "up" | "down";
    required: boolean;
    latency_ms?: number;
    in_use?: false;
    /** Why it can’t be used, if known; for PostgreSQL, read_only: it accepts no writes; storing_waits: orders wait to be stored */
    reason?: CacheTrouble | "storing_waits";
    /** What to do, if known, such as which setting to change */
    advice?: string;
  })[];
  /** What this process does besides answering */
  roles: ({
    name: "consumer" | "producer";
    status: "ready" | "not_ready";
    required: boolean;
    /** no_member: not a member of its consumer group; no_progress: messages are there, and nothing has been stored for consumer.stallMs; fenced: the same, because another consumer stores them; not_acknowledged: Kafka acknowledges nothing */
    reason?: "no_member" | "no_progress" | "fenced" | "not_acknowledged";
  })[];
};
