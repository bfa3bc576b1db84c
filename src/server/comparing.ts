import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type Affect, warping } from '../affect/index.ts';
import type { StoredCurve } from '../library/index.ts';
import { InputError } from '../support/errors.ts';
import type { Context } from './context.ts';
import { identifier, json, problems } from './schemas.ts';
import type { Comparison } from './types.ts';

/** Points of a curve that are aligned at most: the work is the product of two. */
const mostPoints = 1200;

const comparison: z.ZodType<Comparison> = z
  .object({
    times: z.tuple([z.array(z.number()), z.array(z.number())]),
    distance: z.number(),
  })
  .openapi('Comparison');

/** Two films, or two cuts of one, moment by moment. */
export function compareRoutes(app: OpenAPIHono, { library }: Context): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/compare/{other}',
      request: {
        params: identifier.extend({ other: z.string().regex(/^\d{1,15}$/) }),
      },
      responses: {
        200: json(comparison, 'moments of both that go together by the course of their curves'),
        ...problems,
      },
    }),
    async (context) => {
      const { id, other } = context.req.valid('param');
      const numbers = [(await library.film(Number(id))).id, (await library.film(Number(other))).id] as const;
      const curves = await library.curves([...numbers]);
      const [a, b] = numbers.map((number) => {
        const curve = curves.get(number);
        if (!curve)
          throw new InputError(
            `film ${number} has no curve of the model that the library is searched by; add it again`,
            'not-found',
          );
        return thinned(curve);
      });
      const { path, distance } = warping(a!.points, b!.points);
      return context.json(
        {
          times: [path.map(([i]) => a!.start + a!.step * i), path.map(([, j]) => b!.start + b!.step * j)] as [
            number[],
            number[],
          ],
          distance,
        },
        200,
      );
    },
  );
}

/** Of each stretch of a curve its first point. */
function thinned({ start, step, valence, arousal }: StoredCurve): {
  start: number;
  step: number;
  points: Affect[];
} {
  const every = Math.ceil(valence.length / mostPoints);
  const points: Affect[] = [];
  for (let i = 0; i < valence.length; i += every) points.push({ valence: valence[i]!, arousal: arousal[i]! });
  return { start, step: step * every, points };
}
