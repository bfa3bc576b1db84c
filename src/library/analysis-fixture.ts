import { createHash } from 'node:crypto';
import { type AffectPoint, type FilmAffect, filmAffect, type ModelDescription } from '../affect/index.ts';
import { Random } from '../support/random.ts';
import type { Analysis } from './types.ts';

const hashOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export const modelA: ModelDescription = describe('a');
export const modelB: ModelDescription = describe('b');

function describe(name: string): ModelDescription {
  const contentHash = hashOf(`model ${name}`);
  return { name, preset: 'compact', trained: 'for a test', synthetic: true, scale: [1, 5], contentHash };
}

/** A curve that walks at random, of one point a second, on 1 … 5. */
export function randomCurve(seconds: number, random: Random, uncertain = false): AffectPoint[] {
  const walk = { valence: 3 + random.normal() / 2, arousal: 3 + random.normal() / 2 };
  const step = (value: number) =>
    Math.min(Math.max(value + 0.1 * (3 - value) + 0.15 * random.normal(), 1), 5);
  return Array.from({ length: seconds }, (_, time) => {
    walk.valence = step(walk.valence);
    walk.arousal = step(walk.arousal);
    const { valence, arousal } = walk;
    if (!uncertain) return { time, valence, arousal };
    return {
      time,
      valence,
      arousal,
      low: { valence: valence - 0.3, arousal: arousal - 0.2 },
      high: { valence: valence + 0.3, arousal: arousal + 0.2 },
    };
  });
}

/** The result of an analysis as it might be, of a film by this name. */
export function resultOf(name: string, curve: AffectPoint[], model: ModelDescription = modelA): FilmAffect {
  const mean = (of: 'valence' | 'arousal') => curve.reduce((sum, point) => sum + point[of], 0) / curve.length;
  return filmAffect({
    file: `/films/${name}`,
    contentHash: hashOf(name),
    duration: curve.length,
    coverage: 1,
    frameRate: 25,
    tracks: {},
    model,
    options: { streams: ['picture'], decoder: 'auto' },
    window: { length: 10, step: 1 },
    clip: { valence: mean('valence'), arousal: mean('arousal') },
    curve,
    unknown: [],
    streams: ['picture'],
    decoder: 'node-av',
    warnings: [],
  });
}

export function analysisOf(
  name: string,
  seconds: number,
  seed: number,
  model: ModelDescription = modelA,
): Analysis {
  const result = resultOf(name, randomCurve(seconds, Random.seeded(seed)), model);
  return { path: result.file, result };
}
