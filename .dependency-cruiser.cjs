/** Dependencies point one way: cmd → roles → {storage, kafka} → order → lib. Roles never import each other. */
const roles = ['producer', 'consumer', 'server', 'engines', 'dead-letters', 'verify'];
const rolesPattern = `^src/(${roles.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'lib-depends-on-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/lib/' },
      to: { path: '^src/', pathNot: '^src/lib/' },
    },
    {
      name: 'order-depends-on-lib-only',
      severity: 'error',
      from: { path: '^src/order/' },
      to: { path: '^src/', pathNot: '^src/(order|lib)/' },
    },
    {
      name: 'telemetry-depends-on-lib-only',
      severity: 'error',
      from: { path: '^src/telemetry/' },
      to: { path: '^src/', pathNot: '^src/(telemetry|lib)/' },
    },
    {
      name: 'storage-and-kafka-are-below-the-roles',
      severity: 'error',
      from: { path: '^src/(storage|kafka)/' },
      to: { path: '^src/(cmd|producer|consumer|server|engines|dead-letters|verify|web)/' },
    },
    {
      name: 'postgresql-redis-and-kafka-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/(storage/postgresql|storage/redis|kafka)/' },
      to: { path: '^src/(storage/postgresql|storage/redis|kafka)/', pathNot: '^src/$1/' },
    },
    ...roles.map((role) => ({
      name: `${role}-imports-no-other-role`,
      severity: 'error',
      from: { path: `^src/${role}/` },
      to: { path: rolesPattern, pathNot: `^src/${role}/` },
    })),
    {
      name: 'only-cmd-imports-cmd',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cmd/' },
      to: { path: '^src/cmd/' },
    },
    {
      name: 'web-imports-order-types-and-the-client-only',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/', pathNot: '^src/((web|order|client)/|lib/bounded-json[.]ts$)' },
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
