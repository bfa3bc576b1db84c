import { z } from 'zod';
import { dimensions } from './affect.ts';
import { type FilmAffect, schemaVersion } from './film-affect.ts';

const affect = z.looseObject({ valence: z.number(), arousal: z.number() });
const seconds = z.number().min(0);
const contentHash = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const estimate = affect.extend({
  low: affect.exactOptional(),
  high: affect.exactOptional(),
  shares: z.record(z.string(), affect).exactOptional(),
});
const track = z.looseObject({ track: z.int().min(1), of: z.int().min(1), codec: z.string() });

/**
 * `FilmAffect` as it is written. Keys that are not known here are let through, for keys are only ever added; numbers are
 * finite, and values lie on the model's scale.
 */
export const filmAffectSchema: z.ZodType<FilmAffect> = z
  .looseObject({
    schemaVersion: z.literal(schemaVersion),
    affect: z.looseObject({
      kind: z.literal('elicited'),
      statement: z.literal('what viewers are expected to feel, not what faces in the film show'),
    }),
    file: z.string(),
    contentHash,
    duration: seconds,
    coverage: z.number().min(0).max(1),
    frameRate: z.number().positive().exactOptional(),
    startTimecode: z
      .string()
      .regex(/^\d\d:\d\d:\d\d[:;]\d\d$/)
      .exactOptional(),
    tracks: z.looseObject({ picture: track.exactOptional(), sound: track.exactOptional() }),
    model: z.looseObject({
      name: z.string(),
      preset: z.string(),
      trained: z.union([z.string(), z.literal(false)]),
      synthetic: z.boolean(),
      scale: z.tuple([z.number(), z.number()]).readonly().exactOptional(),
      contentHash: contentHash.exactOptional(),
    }),
    options: z.looseObject({
      streams: z.array(z.string()),
      decoder: z.string(),
      videoTrack: z.int().exactOptional(),
      audioTrack: z.int().exactOptional(),
    }),
    window: z.looseObject({ length: z.number().positive(), step: z.number().positive() }),
    clip: estimate,
    curve: z.array(estimate.extend({ time: seconds })),
    intervals: z.looseObject({ confidence: z.number().gt(0).lt(1), method: z.string() }).exactOptional(),
    shots: z
      .array(
        estimate.extend({
          from: seconds,
          to: seconds,
          begins: z.enum(['start', 'cut', 'fade', 'dissolve']),
        }),
      )
      .exactOptional(),
    unknown: z.array(
      z.looseObject({
        code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
        reason: z.string().min(1),
        from: seconds.exactOptional(),
        to: seconds.exactOptional(),
      }),
    ),
    streams: z.array(z.string()),
    decoder: z.string(),
    warnings: z.array(z.string()),
  })
  .superRefine(({ clip, curve, shots = [], model: { scale } }, context) => {
    if (!scale) return;
    const [lowest, highest] = scale;
    for (const { low, high, ...value } of [clip, ...curve, ...shots])
      for (const { valence, arousal } of [value, low ?? value, high ?? value])
        if ([valence, arousal].some((number) => number < lowest || number > highest))
          context.addIssue({
            code: 'custom',
            message: `${dimensions.join(' or ')} beyond ${scale.join(' … ')}`,
          });
  });

/** JSON Schema (draft 2020-12) of `FilmAffect`, without what JSON Schema cannot say: that values lie on the model's scale. */
export function filmAffectJsonSchema(): object {
  return {
    $id: `film-affect-${schemaVersion}.schema.json`,
    title: 'FilmAffect',
    description:
      'How a film makes people feel: elicited valence and arousal, for the whole film and as a curve.',
    ...z.toJSONSchema(filmAffectSchema, { io: 'input' }),
  };
}

/** What a text of JSON holds, when that is a result of this version. @returns nothing when it is anything else. */
export function parseFilmAffect(text: string): FilmAffect | undefined {
  try {
    return filmAffectSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
