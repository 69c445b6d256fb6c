import { docsEndpoints } from './api/docs.ts';
import { problemOf } from './api/problems.ts';
import { createHandler, type Handler, type HandlerOptions } from './http/handler.ts';
import { lostPage, type WebClient, webEndpoints } from './web/web.ts';

export interface AppOptions extends Omit<HandlerOptions, 'problemOf' | 'nothingAt'> {
  readonly web: WebClient;
}

/**
 * The whole HTTP interface: the API, its documentation, and the web console. @throws AppError `config_invalid`, see
 * createHandler
 */
export function createApp({ endpoints, web, ...options }: AppOptions): Handler {
  const all = [...endpoints, ...docsEndpoints(endpoints), ...webEndpoints(web)];
  return createHandler({ ...options, endpoints: all, problemOf, nothingAt: (path) => lostPage(web, path) });
}
