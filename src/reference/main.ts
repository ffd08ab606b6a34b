/**
 * The API reference: Swagger UI, on the OpenAPI document of this service.
 *
 * Requests of the page have the session of the dashboard, or the API key that a person types. The
 * key stays in the memory of the page.
 */
const dark = matchMedia('(prefers-color-scheme: dark)')

function applyTheme(): void {
  document.documentElement.classList.toggle('dark-mode', dark.matches)
}

applyTheme()
dark.addEventListener('change', applyTheme)

// A file of its own, whose name has a hash: browsers keep it.
const { default: createReference } = await import('swagger-ui-dist/swagger-ui-es-bundle.js')
createReference({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  filter: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  // The only server is this service, so there is nothing to choose.
  plugins: [() => ({ wrapComponents: { ServersContainer: () => () => null } })],
  // No other host is asked whether the document is valid.
  validatorUrl: null,
})
