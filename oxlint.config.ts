/**
 * Lint rules. Most of them hold the direction of imports. A folder may import from the folders before
 * it in its list, and never from those after it.
 */
import { defineConfig } from 'oxlint'

/** The folders of src/. `app.ts` and `index.ts` come last, and import from all of them. */
const WORKER_LAYERS = [
  ['contract'],
  ['domain'],
  ['db', 'storage'],
  ['services'],
  ['platform'],
  ['events'],
  ['http'],
  ['runners'],
]
/** The folders of container/. Files at the top are shared by all of them, or compose them. */
const RUNNER_LAYERS = [['ffmpeg'], ['gateway'], ['source'], ['attempt'], ['publish']]
/** The folders of container/ffmpeg/. */
const FFMPEG_LAYERS = [
  ['process'],
  ['probe'],
  ['verify', 'edit'],
  ['encode'],
  ['streaming'],
  ['plan'],
  ['chunks'],
]

const UP = String.raw`^(\.\./)+`

const noSurroundings = {
  regex: `${UP}(container|scripts|test)/`,
  message: 'The Worker imports nothing from outside of src/.',
}
const noDrizzle = {
  group: ['drizzle-orm', 'drizzle-orm/*'],
  message: 'Every SQL statement is in src/db.',
}
const noDatabase = {
  regex: `${UP}db/`,
  message: 'HTTP handlers only translate. Services read and write the database.',
}
const noWorkerInternals = {
  regex: String.raw`${UP}src/((${WORKER_LAYERS.flat().slice(1).join('|')})/|[^/]+$)`,
  message: 'Outside of the Worker, only src/contract is shared.',
}
const noWorkerRuntime = {
  regex: `${UP}(scripts|test)/|^(hono|cloudflare:)`,
  message: 'The runner is a process that speaks HTTP to the gateway.',
}
const noComposition = {
  regex: `${UP}(app|index)\\.ts$`,
  message: 'app.ts and index.ts compose the layers; no layer imports them.',
}
const noClient = {
  regex: `${UP}client/`,
  message: 'The client is generated from the Worker, which does not import it.',
}
const PUBLISHED_ALONE =
  'The client is published alone. Its types are generated from the OpenAPI document.'
const noReact = {
  regex: '^react|/react/',
  message: 'The hooks are a second entry of the package, and import the first.',
}
const onlyZod = {
  group: ['*', '!zod', '!./*'],
  message: 'src/contract imports zod and itself, so that every runtime can use it.',
}

function restrictImports(files: string[], ...patterns: object[]) {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns }] as never } }
}

/** One override for each folder: it may not import from the layers after its own. */
function holdLayers(
  root: string,
  layers: readonly string[][],
  patternsFor: (folder: string) => object[],
) {
  return layers.flatMap((folders, index) => {
    const later = layers.slice(index + 1).flat()
    const noLaterLayer = {
      regex: `${UP}(${later.join('|')})/`,
      message: `Imports point one way, and this folder comes after ${folders.join(', ')}.`,
    }
    return folders.map((folder) =>
      restrictImports(
        [`${root}/${folder}/**`],
        ...patternsFor(folder),
        ...(later.length === 0 ? [] : [noLaterLayer]),
      ),
    )
  })
}

function workerPatterns(folder: string): object[] {
  return [
    noSurroundings,
    noComposition,
    noClient,
    ...(folder === 'db' ? [] : [noDrizzle]),
    ...(folder === 'http' ? [noDatabase] : []),
    ...(folder === 'contract' ? [onlyZod] : []),
  ]
}
const runnerPatterns = [noDrizzle, noWorkerInternals, noWorkerRuntime]

const R2_TYPES = [
  'Bucket',
  'GetOptions',
  'MultipartUpload',
  'Object',
  'ObjectBody',
  'PutOptions',
  'UploadedPart',
]
const noR2Types = Object.fromEntries(
  R2_TYPES.map((name) => [`R2${name}`, 'Only src/storage/r2.ts knows R2. Use the ObjectStore.']),
)

export default defineConfig({
  ignorePatterns: ['src/worker-configuration.d.ts', 'src/client/generated', 'dist'],
  jsPlugins: ['./scripts/lint/topLevelFunctions.mjs'],
  plugins: ['typescript', 'import', 'unicorn', 'oxc'],
  categories: { correctness: 'error' },
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    curly: ['error', 'all'],
    'reelqueue/top-level-functions': 'error',
    'typescript/consistent-type-definitions': ['error', 'interface'],
    'unicorn/no-useless-spread': 'error',
    // Storage paths with control characters are rejected by a regular expression that names them.
    'no-control-regex': 'off',
    // A URLSearchParams in a template literal is its query string.
    'typescript/restrict-template-expressions': 'off',
    // A vitest fixture without dependencies takes `{}`.
    'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
  },
  overrides: [
    ...holdLayers('src', WORKER_LAYERS, workerPatterns),
    restrictImports(['src/*.ts'], noSurroundings, noDrizzle, noClient),
    restrictImports(['src/{dashboard,embed,reference}/**'], {
      regex: `${UP}(${WORKER_LAYERS.flat().join('|')}|container|scripts|test)/`,
      message: 'Pages are clients of the API. They import src/client, and nothing of the Worker.',
    }),
    restrictImports(['src/cli/**'], {
      regex: `${UP}(${WORKER_LAYERS.flat().join('|')}|dashboard|container|scripts|test)/`,
      message: 'The command line is a client of the API. It imports src/client only.',
    }),
    restrictImports(
      ['src/client/*.ts'],
      { regex: String.raw`^\.\./`, message: PUBLISHED_ALONE },
      noReact,
    ),
    restrictImports(
      ['src/client/resources/**'],
      { regex: String.raw`^\.\./(\.\./|createClient|index)`, message: PUBLISHED_ALONE },
      noReact,
    ),
    restrictImports(['src/client/react/**'], {
      group: ['../*', '!../index.ts'],
      message: 'The hooks are built on what the client exports.',
    }),
    {
      files: ['src/**'],
      excludeFiles: ['src/storage/r2.ts'],
      rules: { 'typescript/no-restricted-types': ['error', { types: noR2Types }] as never },
    },
    // The Worker logs through src/log.ts.
    { files: ['src/**'], excludeFiles: ['src/log.ts'], rules: { 'no-console': 'error' } },
    restrictImports(['container/**'], ...runnerPatterns),
    ...holdLayers('container', RUNNER_LAYERS, () => runnerPatterns),
    ...holdLayers('container/ffmpeg', FFMPEG_LAYERS, () => [
      ...runnerPatterns,
      {
        regex: `${UP}(${RUNNER_LAYERS.slice(1).flat().join('|')})/`,
        message: 'container/ffmpeg knows nothing of the gateway or of attempts.',
      },
    ]),
    restrictImports(['scripts/**', 'test/system/**'], noDrizzle, noWorkerInternals, {
      regex: `${UP}container/`,
      message: 'Scripts and system tests know HTTP, events and the types of the contract.',
    }),
  ],
})
