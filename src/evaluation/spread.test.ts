import { describe, expect, test } from 'vitest';
import type { LabeledClip } from '../datasets/index.ts';
import { Random } from '../support/random.ts';
import { evaluate } from './evaluate.ts';
import { ensembleOf, spreadOf } from './spread.ts';

describe('several trainings', () => {
  test('the ensemble is the mean of their predictions, clip by clip, in whatever order', () => {
    const first = [
      { id: 'a', valence: 1, arousal: 2 },
      { id: 'b', valence: 3, arousal: 4 },
    ];
    const second = [
      { id: 'b', valence: 4, arousal: 2 },
      { id: 'a', valence: 2, arousal: 5 },
    ];
    expect(ensembleOf([first, second])).toEqual([
      { id: 'a', valence: 1.5, arousal: 3.5 },
      { id: 'b', valence: 3.5, arousal: 3 },
    ]);
    expect(ensembleOf([first])).toBe(first);
    expect(() => ensembleOf([first, second.slice(1)])).toThrow("clip 'b' is not predicted by every training");
  });

  test('independent errors cancel in the ensemble; the spread is that of a sample', () => {
    const labels = Random.seeded(4);
    const clips = Array.from({ length: 300 }, (_, i): LabeledClip => {
      const id = String(i);
      const [valence, arousal] = [3 + labels.normal(), 3 + labels.normal()];
      return { id, name: id, path: `/${id}`, film: id, valence, arousal };
    });
    const trainings = [1, 2, 3].map((seed) => {
      const random = Random.seeded(seed);
      const guess = (label: number) => label + random.normal();
      return clips.map(({ id, valence, arousal }) => ({
        id,
        valence: guess(valence),
        arousal: guess(arousal),
      }));
    });
    const metrics = trainings.map((predictions) => evaluate(clips, predictions));
    const { valence } = spreadOf(metrics);
    const errors = metrics.map((of) => of.valence.mse);
    const center = (errors[0]! + errors[1]! + errors[2]!) / 3;
    expect(valence.mse.mean).toBeCloseTo(center, 12);
    const squares = errors.reduce((sum, error) => sum + (error - center) ** 2, 0);
    expect(valence.mse.deviation).toBeCloseTo(Math.sqrt(squares / 2), 12);
    const ensemble = evaluate(clips, ensembleOf(trainings));
    expect(Math.abs(ensemble.valence.mse / center - 1 / 3)).toBeLessThan(0.06);
    expect(() => spreadOf(metrics.slice(1, 2))).toThrow('1 trainings; two have a spread');
  });
});
