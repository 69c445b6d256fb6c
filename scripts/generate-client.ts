import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clientTypesNow } from '../test/helpers/client-types-now.ts';

/** Writes the types of the client anew, from the endpoints as they are. */
const file = fileURLToPath(new URL('../src/client/schema.generated.ts', import.meta.url));
writeFileSync(file, clientTypesNow());
