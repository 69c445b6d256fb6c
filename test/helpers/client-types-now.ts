import { clientTypes } from '../../scripts/client-types.ts';
import { docsEndpoints } from '../../src/server/api/service/docs.ts';
import { openApiDocument } from '../../src/server/http/openapi.ts';
import { FakeBackend } from './app-under-test.ts';

/** The client's types as the endpoints would have them now. */
export function clientTypesNow(): string {
  const { endpoints } = new FakeBackend().options();
  const document = openApiDocument([...endpoints, ...docsEndpoints([])]);
  return clientTypes(JSON.parse(JSON.stringify(document)));
}
