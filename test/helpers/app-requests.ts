import type { FakeBackend } from './app-under-test.ts';

export const JSON_TYPE = { 'content-type': 'application/json' };

/** Posts to the application; JSON unless the headers say otherwise. */
export function post(app: ReturnType<FakeBackend['app']>, path: string, body: BodyInit, headers: object = JSON_TYPE) {
  return app.request(path, { method: 'POST', body, headers: { ...headers } });
}

/** The status and the name of the problem that is the answer. */
export async function nameOf(response: Response | Promise<Response>): Promise<[number, string]> {
  const answer = await response;
  return [answer.status, (await answer.json()).type.replace('/problems/', '')];
}
