import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { compareFilms } from '../search/index.ts';
import type { Context } from './context.ts';
import { identifier, json, problems } from './schemas.ts';
import { turns } from './turns.ts';
import type { Comparison } from './types.ts';

/** Comparisons that wait for their turn at most. */
const mostWaiting = 8;

const stretches = z.array(z.object({ from: z.number(), to: z.number() }));
const comparison: z.ZodType<Comparison> = z
  .object({
    by: z.enum(['content', 'curves']).openapi({
      description: 'the vectors of their moments, or their curves where one of them has no vectors',
    }),
    times: z
      .tuple([z.array(z.number()), z.array(z.number())])
      .openapi({ description: 'seconds of the first and of the second that go together' }),
    alone: z
      .tuple([stretches, stretches])
      .openapi({ description: 'seconds of the first and of the second that the other has nothing for' }),
    distance: z.number().openapi({
      description:
        'mean of the moments that go together; by content 0 is the same and 1 as far as moments at random, by curves on the plane',
    }),
  })
  .openapi('Comparison');

/** Two films, or two cuts of one, moment by moment. */
export function compareRoutes(app: OpenAPIHono, { library }: Context): void {
  const inTurn = turns(mostWaiting, 'several films are being compared already; ask again in a while');
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/compare/{other}',
      request: {
        params: identifier.extend({ other: z.string().regex(/^\d{1,15}$/) }),
      },
      responses: {
        200: json(comparison, 'moments of both that go together by their content'),
        ...problems,
      },
    }),
    async (context) => {
      const { id, other } = context.req.valid('param');
      const films = [(await library.film(Number(id))).id, (await library.film(Number(other))).id] as const;
      const { signal } = context.req.raw;
      const found = await inTurn(signal, () => compareFilms(library, films, { signal }));
      return context.json(found, 200);
    },
  );
}
