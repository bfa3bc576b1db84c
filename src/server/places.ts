import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { PlaceSums } from '../analysis/node/index.ts';
import { InputError } from '../support/errors.ts';
import type { Context } from './context.ts';
import { affect, identifier, json, problems } from './schemas.ts';
import { turns } from './turns.ts';
import type { PlaceSumsCard, PlacesCard } from './types.ts';

/** Requests that wait for their turn at most: each decodes a film up to a moment. */
const mostWaiting = 4;

const sums = z.object({
  constant: affect,
  maps: z.array(
    z.object({
      stream: z.string(),
      width: z.int(),
      height: z.int(),
      valence: z.array(z.number()),
      arousal: z.array(z.number()),
    }),
  ),
});
const places: z.ZodType<PlacesCard> = z
  .object({
    time: z.number(),
    view: z.object({ left: z.number(), top: z.number(), width: z.number(), height: z.number() }),
    point: sums,
    frame: sums,
  })
  .openapi('Places');

/** Where in the picture a value comes from. */
export function placeRoutes(app: OpenAPIHono, { library, analyzer }: Context): void {
  const inTurn = turns(mostWaiting, 'several moments are being looked at already; ask again in a while');
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/places',
      request: { params: identifier, query: z.object({ at: z.coerce.number().min(0).max(172_800) }) },
      responses: {
        200: json(
          places,
          'what each place of the picture adds at a moment, on the scale of the model: to the point of the curve, and of the frame alone',
        ),
        ...problems,
      },
    }),
    async (context) => {
      const film = await library.film(Number(context.req.valid('param').id));
      const { at } = context.req.valid('query');
      const result = await library.result(film.id);
      const { signal } = context.req.raw;
      const shown = await inTurn(signal, () => analyzer.places(film.path, result, at, { signal }));
      if (!shown) throw new InputError(`nothing is seen at ${at} s`, 'not-found');
      return context.json(
        {
          time: shown.frame.time,
          view: shown.view,
          point: plain(shown.point),
          frame: plain(shown.frame),
        },
        200,
      );
    },
  );
}

function plain({ constant, maps }: PlaceSums): PlaceSumsCard {
  return {
    constant,
    maps: maps.map((map) => ({ ...map, valence: [...map.valence], arousal: [...map.arousal] })),
  };
}
