/**
 * The lint rules. Most of them hold the direction of imports:
 *
 *   contract ← domain ← db, storage ← services ← platform ← events ← http ← runners ← app, index
 */
import { defineConfig } from 'oxlint'

/** Each folder of src/ may import from those in the lists before its own, and never from after. */
const LAYERS = [
  ['contract'],
  ['domain'],
  ['db', 'storage'],
  ['services'],
  ['platform'],
  ['events'],
  ['http'],
  ['runners'],
]
const UP = String.raw`^(\.\./)+`

const outside = {
  regex: `${UP}(container|scripts|test)/`,
  message: 'The Worker knows nothing of what is around it.',
}
const drizzle = {
  group: ['drizzle-orm', 'drizzle-orm/*'],
  message: 'Every SQL statement is in src/db.',
}
const beyondContract = {
  regex: String.raw`${UP}src/((${LAYERS.flat().slice(1).join('|')})/|[^/]+$)`,
  message: 'Of src/, only the contract is shared.',
}

function allow(files: string[], ...patterns: object[]) {
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { patterns }] as never },
  }
}

const layerRules = LAYERS.flatMap((folders, index) =>
  folders.map((folder) => {
    const above = LAYERS.slice(index + 1).flat()
    const top = above.length === 0
    return allow(
      [`src/${folder}/**`],
      outside,
      ...(folder === 'db' ? [] : [drizzle]),
      {
        regex: `${UP}(app|index)\\.ts$`,
        message: `src/${folder} is composed; it does not reach for what composes it.`,
      },
      ...(top
        ? []
        : [
            {
              regex: `^(\\.\\./)+(${above.join('|')})/`,
              message: `src/${folder} comes before that. Imports point one way: oxlint.config.ts.`,
            },
          ]),
      ...(folder === 'contract'
        ? [{ group: ['*', '!zod', '!./*'], message: 'The contract is zod, and nothing else.' }]
        : []),
    )
  }),
)

/** The same for container/, whose files at the top are shared by all or compose all. */
const RUNNER_LAYERS = ['ffmpeg', 'gateway', 'source', 'attempt', 'publish']
const beyondRunner = {
  regex: `${UP}(scripts|test)/|^(hono|cloudflare:)`,
  message: 'The runner is a process that speaks HTTP to the gateway.',
}
const runnerLayerRules = RUNNER_LAYERS.slice(0, -1).map((folder, index) =>
  allow([`container/${folder}/**`], drizzle, beyondContract, beyondRunner, {
    regex: `^(\\.\\./)+(${RUNNER_LAYERS.slice(index + 1).join('|')})/`,
    message: `container/${folder} comes before that. Imports point one way: oxlint.config.ts.`,
  }),
)

const r2Types = Object.fromEntries(
  [
    'Bucket',
    'GetOptions',
    'MultipartUpload',
    'Object',
    'ObjectBody',
    'PutOptions',
    'UploadedPart',
  ].map((name) => [`R2${name}`, 'Only src/storage/r2.ts knows R2. Use the ObjectStore.']),
)

export default defineConfig({
  ignorePatterns: ['src/worker-configuration.d.ts'],
  jsPlugins: ['./scripts/lint/topLevelFunctions.mjs'],
  plugins: ['typescript', 'import', 'unicorn', 'oxc'],
  categories: { correctness: 'error' },
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    // Names with control characters in them are refused, and that takes naming them.
    'no-control-regex': 'off',
    // A URLSearchParams in a template is the query that it stands for.
    'typescript/restrict-template-expressions': 'off',
    curly: ['error', 'all'],
    'reelqueue/top-level-functions': 'error',
    'typescript/consistent-type-definitions': ['error', 'interface'],
    'unicorn/no-useless-spread': 'error',
    // A vitest fixture without dependencies takes `{}`.
    'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
  },
  overrides: [
    ...layerRules,
    {
      files: ['src/**'],
      excludeFiles: ['src/storage/r2.ts'],
      rules: { 'typescript/no-restricted-types': ['error', { types: r2Types }] as never },
    },
    allow(['src/*.ts'], outside, drizzle),
    // Logs of the Worker go through src/log.ts.
    { files: ['src/**'], rules: { 'no-console': 'error' } },
    { files: ['src/log.ts'], rules: { 'no-console': 'off' } },
    allow(['container/**'], drizzle, beyondContract, beyondRunner),
    ...runnerLayerRules,
    allow(['scripts/**', 'test/system/**'], drizzle, beyondContract, {
      regex: `${UP}container/`,
      message: 'From outside there is HTTP, events, and the types of the contract.',
    }),
  ],
})
