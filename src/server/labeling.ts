import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Dimension } from '../affect/index.ts';
import {
  choiceAgreement,
  type LabelScene,
  Labels,
  labelsCsv,
  nextPair,
  rankedScenes,
  raterName,
} from '../labeling/index.ts';
import { grouped } from '../support/grouped.ts';
import { Random } from '../support/random.ts';
import type { Context } from './context.ts';
import { json, problem, problems } from './schemas.ts';
import type { LabelOverview, LabelSceneCard } from './types.ts';

export const dimension: z.ZodEnum<{ valence: 'valence'; arousal: 'arousal' }> = z.enum([
  'valence',
  'arousal',
]);
/** A rater's name, as it is given; `raterName` looks at it. */
export const rater: z.ZodString = z.string().min(1).max(80);

const sceneCard: z.ZodType<LabelSceneCard> = z
  .object({ id: z.int(), film: z.int(), title: z.string(), from: z.number(), to: z.number() })
  .openapi('LabelScene');
const overview: z.ZodType<LabelOverview> = z
  .object({
    scenes: z.int(),
    raters: z.array(z.object({ name: z.string(), choices: z.int() })),
    agreement: z.object({ pairs: z.int(), same: z.number().optional(), alpha: z.number().optional() }),
    ranking: z.array(
      z.object({
        ...{ id: z.int(), film: z.int(), title: z.string(), from: z.number(), to: z.number() },
        ...{ choices: z.int(), strength: z.number(), rank: z.int(), score: z.number() },
      }),
    ),
  })
  .openapi('Labels');
const choice = z.object({
  ...{ rater, dimension, pair: z.tuple([z.int().min(1), z.int().min(1)]) },
  chosen: z.int().min(1).optional().openapi({ description: 'nothing: the rater cannot say' }),
});

/** Scenes compared in pairs by raters, and what that makes of them. */
export function labelRoutes(app: OpenAPIHono, { library }: Context): void {
  const labels = new Labels(library);

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/labels/scenes',
      request: {
        body: {
          content: {
            'application/json': { schema: z.object({ films: z.array(z.int().min(1)).max(500).optional() }) },
          },
          required: true,
        },
      },
      responses: {
        200: json(z.object({ scenes: z.int() }), 'scenes of these films, or of all, can be compared'),
        507: json(problem, 'more scenes than can be compared'),
        ...problems,
      },
    }),
    async (context) => {
      const { films } = context.req.valid('json');
      return context.json({ scenes: await labels.addScenes(films) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/labels/pair',
      request: { query: z.object({ rater, dimension }) },
      responses: {
        200: json(
          z.object({ pair: z.array(sceneCard).optional() }),
          'the two scenes this rater is asked about next; nothing when all are answered',
        ),
        ...problems,
      },
    }),
    async (context) => {
      const { rater, dimension } = context.req.valid('query');
      const seed = Math.floor(2 ** 31 * Math.random());
      const [scenes, choices] = [await labels.scenes(), await labels.choices(dimension)];
      const pair = nextPair(scenes, choices, raterName(rater), Random.seeded(seed));
      return context.json({ ...(pair && { pair: pair.map(cardOf) }) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/labels/choices',
      request: { body: { content: { 'application/json': { schema: choice } }, required: true } },
      responses: { 204: { description: 'it is kept' }, ...problems },
    }),
    async (context) => {
      const { rater, dimension, pair, chosen } = context.req.valid('json');
      await labels.choose(rater, dimension, pair, chosen);
      return context.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/labels',
      request: { query: z.object({ dimension }) },
      responses: { 200: json(overview, 'raters, their agreement, and the scenes by rank'), ...problems },
    }),
    async (context) => context.json(await overviewOf(labels, context.req.valid('query').dimension), 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/labels/labels.csv',
      responses: {
        200: { description: 'path, valence, arousal, start, end: labels that training takes' },
        ...problems,
      },
    }),
    async (context) => {
      context.header('content-disposition', 'attachment; filename="labels.csv"');
      context.header('content-type', 'text/csv; charset=utf-8');
      return context.body(await labelsCsv(labels));
    },
  );
}

async function overviewOf(labels: Labels, dimension: Dimension): Promise<LabelOverview> {
  const [scenes, choices] = [await labels.scenes(), await labels.choices(dimension)];
  return {
    scenes: scenes.length,
    raters: [...grouped(choices, ({ rater }) => rater)].map(([name, own]) => ({ name, choices: own.length })),
    agreement: choiceAgreement(choices),
    ranking: rankedScenes(scenes, choices).map((scene) => {
      const { choices, strength, rank, score } = scene;
      return { ...cardOf(scene), choices, strength, rank, score };
    }),
  };
}

function cardOf({ id, film, title, from, to }: LabelScene): LabelSceneCard {
  return { id, film, title, from, to };
}
