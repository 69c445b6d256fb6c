/**
 * scripts/rooms.json: the rooms of src, and which others each may import. What is not listed is forbidden, so imports
 * point one way; the diagram in docs/architecture.md is made from it.
 * @type {Record<string, readonly string[]>}
 */
const rooms = require('./scripts/rooms.json');

/** A room that has others inside consists of its own files only. */
const pathOf = (room) =>
  Object.keys(rooms).some((other) => other.startsWith(`${room}/`)) ? `src/${room}/[^/]+$` : `src/${room}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: room,
      comment: `may import: ${allowed.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: `^${pathOf(room)}`, pathNot: room === 'client' ? '[.]test[.]ts$' : [] },
      to: {
        path: '^src/',
        pathNot: [room, ...allowed]
          .map((one) => `^${pathOf(one)}`)
          .concat(room === 'web' ? ['^src/lib/bounded-json[.]ts$'] : []),
      },
    })),
    {
      name: 'resources-do-not-import-each-other',
      comment: 'may import: its own folder, and what several resources share, which lies in src/server/api itself',
      severity: 'error',
      from: { path: '^src/server/api/([^/]+)/' },
      to: { path: '^src/server/api/[^/]+/', pathNot: '^src/server/api/$1/' },
    },
    {
      name: 'src-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '[.]test[.]tsx?$' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    parser: 'swc',
    // It parses TypeScript without JSX; Biome's noRestrictedImports holds those files to the same rule.
    exclude: { path: '[.]tsx$' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
};
