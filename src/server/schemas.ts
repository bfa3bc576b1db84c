import { z } from '@hono/zod-openapi';
import type { Affect, FilmAffect } from '../affect/index.ts';
import type { FilmDetails, FilmPage, JobCard, Problem, SceneCard } from './types.ts';

/** A pair of values. */
export const affect: z.ZodType<Affect> = z.object({ valence: z.number(), arousal: z.number() });

export const problem: z.ZodType<Problem> = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .openapi('Problem');

const card = z.object({
  id: z.int(),
  title: z.string(),
  duration: z.number(),
  added: z.iso.datetime(),
  state: z.enum(['current', 'stale', 'not-analyzed']),
  model: z.string().optional(),
  clip: affect.optional(),
  curve: z
    .object({ times: z.array(z.number()), valence: z.array(z.number()), arousal: z.array(z.number()) })
    .optional(),
});
export const filmPage: z.ZodType<FilmPage> = z
  .object({ films: z.array(card.openapi('FilmCard')), total: z.int(), next: z.int().optional() })
  .openapi('FilmPage');

const sceneName = z.object({
  quadrant: z.string(),
  certain: z.boolean().optional(),
  also: z.array(z.string()),
  words: z.array(z.string()),
});

const passage = z.object({
  kind: z.enum(['calm', 'tense', 'peak']),
  from: z.number(),
  to: z.number(),
  affect,
  certain: z.boolean().optional(),
});

export const filmDetails: z.ZodType<FilmDetails> = card
  .extend({
    affect: z.custom<FilmAffect>().optional().openapi({
      type: 'object',
      description: 'as in film.affect.json, whose JSON Schema comes with the package',
    }),
    class: sceneName.optional(),
    passages: z.array(passage),
  })
  .openapi('Film');

export const jobCard: z.ZodType<JobCard> = z
  .object({
    id: z.string(),
    title: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    done: z.number(),
    reason: z.string().optional(),
  })
  .openapi('Job');

export const scene: z.ZodType<SceneCard> = sceneName
  .extend({
    film: z.int(),
    title: z.string(),
    from: z.number(),
    to: z.number(),
    affect,
    uncertainty: z.number().optional(),
    distance: z.number(),
  })
  .openapi('Scene');

/** The number of a film, in a path. */
export const identifier: z.ZodObject<{ id: z.ZodString }> = z.object({
  id: z
    .string()
    .regex(/^\d{1,15}$/)
    .openapi({ param: { name: 'id', in: 'path' }, example: '1' }),
});

export interface JsonBody<Schema extends z.ZodType> {
  description: string;
  content: { 'application/json': { schema: Schema } };
}

/** A body of JSON, as a route describes it. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string): JsonBody<Schema> {
  return { description, content: { 'application/json': { schema } } };
}

/** What every route may answer beside its result. */
export const problems: Record<400 | 403 | 404, JsonBody<z.ZodType<Problem>>> = {
  400: json(problem, 'what was asked for makes no sense'),
  403: json(problem, 'asked from somewhere else, or without the token'),
  404: json(problem, 'there is no such thing'),
};
