import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from './context.ts';
import { json, problems } from './schemas.ts';

const health = z.object({
  status: z.literal('ok'),
  version: z.string(),
  films: z.int(),
  jobs: z.object({ waiting: z.int(), running: z.int(), failed: z.int() }),
});

export function healthRoutes(app: OpenAPIHono, { library, queue }: Context, version: string): void {
  const counts = async () => ({ films: await library.count(), jobs: await queue.counts() });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/health',
      responses: { 200: json(health, 'the database answers, and this is what it holds'), ...problems },
    }),
    async (context) => context.json({ status: 'ok' as const, version, ...(await counts()) }, 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/metrics',
      responses: {
        200: { description: 'gauges in the text format of Prometheus' },
        ...problems,
      },
    }),
    async () => {
      const { films, jobs } = await counts();
      const memory = process.memoryUsage.rss();
      const lines = [
        ...gauge('affectline_films', 'Films in the library.', [['', films]]),
        ...gauge(
          'affectline_jobs',
          'Jobs by how they stand.',
          Object.entries(jobs).map(([state, count]) => [`{state="${state}"}`, count]),
        ),
        ...gauge('process_resident_memory_bytes', 'Memory of the server.', [['', memory]]),
      ];
      return new Response(`${lines.join('\n')}\n`, {
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      });
    },
  );
}

/** The text format of Prometheus. */
function gauge(name: string, help: string, values: [labels: string, value: number][]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...values.map(([labels, value]) => `${name}${labels} ${value}`),
  ];
}
