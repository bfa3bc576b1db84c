import { basename, extname } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { keepTrace, type RatedTrace, tracesCsv, tracesOf } from '../labeling/index.ts';
import type { Context } from './context.ts';
import { dimension, rater } from './labeling.ts';
import { identifier, json, problems } from './schemas.ts';
import type { TraceCard } from './types.ts';

/** Ten points a second of a film of three hours. */
const mostPoints = 108_000;
const numbers = z.array(z.number()).min(2).max(mostPoints);
const trace = z.object({ rater, dimension, times: numbers, values: numbers });
const traceCard: z.ZodType<TraceCard> = trace.openapi('Trace');

/** Ratings of a film that were drawn while it played. */
export function traceRoutes(app: OpenAPIHono, { library }: Context): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/traces',
      request: { params: identifier },
      responses: {
        200: json(z.object({ traces: z.array(traceCard) }), 'times in seconds, values on −1 … 1'),
        ...problems,
      },
    }),
    async (context) => {
      const { id } = await library.film(Number(context.req.valid('param').id));
      return context.json({ traces: (await tracesOf(library, id)).map(cardOf) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/api/films/{id}/traces',
      request: {
        params: identifier,
        body: { content: { 'application/json': { schema: trace } }, required: true },
      },
      responses: { 204: { description: 'it is kept, in the place of an earlier one' }, ...problems },
    }),
    async (context) => {
      await keepTrace(library, Number(context.req.valid('param').id), context.req.valid('json'));
      return context.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/ratings.csv',
      request: { params: identifier },
      responses: {
        200: { description: 'time, a column for each dimension and rater, and the ends of their scale' },
        ...problems,
      },
    }),
    async (context) => {
      const { id, path } = await library.film(Number(context.req.valid('param').id));
      const csv = await tracesCsv(library, id);
      // a film and its ratings go together by name
      const name = encodeURIComponent(`${basename(path, extname(path))}.csv`).replace(/['()*]/g, '_');
      context.header('content-disposition', `attachment; filename*=UTF-8''${name}`);
      context.header('content-type', 'text/csv; charset=utf-8');
      return context.body(csv);
    },
  );
}

function cardOf({ rater, dimension, times, values }: RatedTrace): TraceCard {
  return { rater, dimension, times: [...times], values: [...values] };
}
