/** Imports point one way: services → host, adapters, core; host and adapters → core; core → nothing. */
module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { pathNot: '^(packages/core/|node:)|^(buffer|crypto)$' },
    },
    {
      name: 'packages-never-import-services',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'adapters-know-the-core-alone',
      severity: 'error',
      from: { path: '^packages/adapters/' },
      to: { path: '^packages/host/' },
    },
    {
      name: 'host-knows-the-core-alone',
      severity: 'error',
      from: { path: '^packages/host/' },
      to: { path: '^packages/adapters/' },
    },
    {
      name: 'no-service-imports-another',
      comment:
        'services/arrivals composes them and is the exception; services/api is what they serve and read alike, and imports none.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/arrivals/' },
      to: { path: '^services/', pathNot: '^services/($1|api)/' },
    },
    {
      name: 'lmdb-only-in-its-adapter',
      severity: 'error',
      from: { pathNot: '^packages/adapters/src/(embedded|spool)/' },
      to: { path: 'node_modules/lmdb/' },
    },
    {
      name: 'avsc-only-in-its-adapter',
      severity: 'error',
      from: { pathNot: '^(packages/adapters/src/avro/|test/)' },
      to: { path: 'node_modules/avsc/' },
    },
    {
      name: 'ioredis-only-in-its-adapter',
      severity: 'error',
      from: { pathNot: '^(packages/adapters/src/redis/|test/)' },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'x509-only-in-certificates',
      severity: 'error',
      from: { pathNot: '^(services/arrivals/src/certificates/|test/support/)' },
      to: { path: 'node_modules/(@peculiar/x509|reflect-metadata)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    // A package is reached through its build: seen, so that the rules apply, but not entered.
    doNotFollow: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
