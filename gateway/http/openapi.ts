import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** Must be registered before the routes, so that it sees them. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Outpost',
        description: 'Edge telemetry and alarm gateway for emergency-service stations',
        version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'outpost_session' },
        },
      },
      security: [{}, { token: [] }, { session: [] }],
    },
  })
}

export function registerOpenApiRoute(app: FastifyInstance): void {
  app.get('/api/openapi.json', { schema: { summary: 'This description', response: { 200: {} } } }, () => app.swagger())
}
