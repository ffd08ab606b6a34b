/** The part of Swagger UI that the reference uses. The package has no types. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface Options {
    url: string
    dom_id: string
    deepLinking: boolean
    docExpansion: 'list' | 'full' | 'none'
    filter: boolean
    displayRequestDuration: boolean
    /** Depth to which schemas are expanded; 0 for a closed list of them. */
    defaultModelsExpandDepth: number
    persistAuthorization: boolean
    /** `wrapComponents` replaces components by name. */
    plugins: (() => { wrapComponents: Record<string, () => () => null> })[]
    /** A host that validates documents; null for none. */
    validatorUrl: null
  }
  export default function SwaggerUI(options: Options): object
}
