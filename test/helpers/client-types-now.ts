import { clientTypes } from '../../scripts/client-types.ts';
import { apiDocument } from '../../src/server/api/docs.ts';
import { FakeBackend } from './app-under-test.ts';

/** The client's types as the endpoints would have them now. */
export function clientTypesNow(): string {
  const document = apiDocument(new FakeBackend().options().endpoints);
  return clientTypes(JSON.parse(JSON.stringify(document)));
}
