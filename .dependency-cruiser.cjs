/** Imports point one way: services → host, adapters, core; host and adapters → core; core → nothing. */

/** The layers of the core: each may import those before it, types included. */
const LAYERS = [
  'base',
  'text',
  'audit',
  'kubernetes',
  'pod-security',
  'creation',
  'ports',
  'telemetry',
  'records',
  'facts',
  'context',
  'risk',
  'alert',
];

const layerRules = LAYERS.slice(0, -1).map((layer, i) => ({
  name: `core-${layer}-knows-the-layers-before-it`,
  severity: 'error',
  from: { path: `^packages/core/src/${layer}/` },
  to: { path: `^packages/core/src/(${LAYERS.slice(i + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'core-has-no-other-rooms',
      severity: 'error',
      from: { path: `^packages/core/src/` },
      to: { path: '^packages/core/src/', pathNot: `^packages/core/src/(${LAYERS.join('|')})/` },
    },
    {
      name: 'core-internal-is-for-tests',
      severity: 'error',
      from: { pathNot: '^(test|tools)/' },
      to: { path: '^packages/core/(src|dist)/internal\\.' },
    },
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
      to: { circular: true },
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
