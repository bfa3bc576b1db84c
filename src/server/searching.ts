import { basename } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  emotionWords,
  type Quadrant,
  quadrants,
  type Scene,
  type SceneFilter,
  sceneClass,
  shapeFromPoints,
  shapeFromWords,
} from '../search/index.ts';
import { InputError } from '../support/errors.ts';
import type { Context } from './context.ts';
import { json, problems, scene } from './schemas.ts';
import type { SceneCard } from './types.ts';

const number = z.coerce.number();
const filter = {
  limit: number.int().min(1).max(1000).default(20),
  films: z
    .string()
    .regex(/^\d{1,15}(,\d{1,15})*$/)
    .optional()
    .openapi({ description: 'numbers of films with commas between them' }),
  shortest: number.min(0).optional(),
  longest: number.min(0).optional(),
  uncertainty: number.min(0).max(2).optional(),
};
const asked = z.object({
  ...filter,
  valence: number.min(-1).max(1).optional(),
  arousal: number.min(-1).max(1).optional(),
  quadrant: z.enum(Object.keys(quadrants) as [Quadrant, ...Quadrant[]]).optional(),
  word: z.string().max(100).optional(),
  shape: z.string().max(300).optional(),
  length: number.min(5).max(3600).default(60),
  like: number.int().min(1).optional(),
  from: number.min(0).default(0),
  to: number.min(0).default(10),
});
const drawn = z.object({
  ...filter,
  dimension: z.enum(['valence', 'arousal']).default('arousal'),
  length: z.number().min(5).max(3600).default(60),
  points: z.array(z.number().min(-1).max(1)).min(2).max(1000),
});
const found = z.object({ scenes: z.array(scene) });

export function searchRoutes(app: OpenAPIHono, { library, search }: Context): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/search',
      request: { query: asked },
      responses: {
        200: json(
          found,
          'scenes, the nearest first; one of a point, quadrant, word, shape and like is given',
        ),
        ...problems,
      },
    }),
    async (context) => {
      const query = context.req.valid('query');
      const { valence, arousal, quadrant, word, shape, like } = query;
      const ways = [valence ?? arousal, quadrant, word, shape, like].filter((way) => way !== undefined);
      if (ways.length !== 1)
        throw new InputError('give one of valence with arousal, quadrant, word, shape and like');
      const only = filterOf(query);
      const ask = async (): Promise<Scene[]> => {
        if (quadrant !== undefined) return await search.quadrant(quadrant, only);
        if (word !== undefined) return await search.word(word, only);
        if (shape !== undefined) return await search.shape(shapeFromWords(shape, query.length), only);
        if (like !== undefined)
          return await search.example((await library.film(like)).id, query.from, query.to, only);
        if (valence === undefined || arousal === undefined)
          throw new InputError('a point has both valence and arousal');
        return await search.point({ valence, arousal }, only);
      };
      return context.json({ scenes: (await ask()).map(cardOf) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/search/shape',
      request: { body: { content: { 'application/json': { schema: drawn } }, required: true } },
      responses: { 200: json(found, 'scenes whose curve looks like the one that was drawn'), ...problems },
    }),
    async (context) => {
      const { points, length, dimension, ...rest } = context.req.valid('json');
      const scenes = await search.shape(shapeFromPoints(points, length, dimension), filterOf(rest));
      return context.json({ scenes: scenes.map(cardOf) }, 200);
    },
  );

  const words = z.object({
    words: z.array(z.object({ word: z.string(), valence: z.number(), arousal: z.number() })),
    source: z.string(),
  });
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/words',
      responses: { 200: json(words, 'emotion words, and where people place them, −1 … 1'), ...problems },
    }),
    (context) =>
      context.json(
        {
          words: Array.from(emotionWords, ([word, affect]) => ({ word, ...affect })),
          source: 'Warriner, Kuperman & Brysbaert (2013), doi 10.3758/s13428-012-0314-x',
        },
        200,
      ),
  );
}

function filterOf({
  limit,
  films,
  shortest,
  longest,
  uncertainty,
}: {
  limit: number;
  films?: string | undefined;
  shortest?: number | undefined;
  longest?: number | undefined;
  uncertainty?: number | undefined;
}): SceneFilter {
  return {
    limit,
    ...(films !== undefined && { films: films.split(',').map(Number) }),
    ...(shortest !== undefined && { shortest }),
    ...(longest !== undefined && { longest }),
    ...(uncertainty !== undefined && { uncertainty }),
  };
}

function cardOf({ path, ...scene }: Scene): SceneCard {
  return { ...scene, title: basename(path), ...sceneClass(scene.affect, scene.uncertainty) };
}
