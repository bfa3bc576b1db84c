// A film second by second, as a head over time takes it, and the answer in parts that it gives.
import { dimensions } from '../affect/index.ts';
import { type FilmFeatures, windowMean } from '../features/index.ts';
import type { Model } from '../models/index.ts';
import { curveOfSeconds, inputsOfSecond, type TemporalHead } from '../networks/index.ts';
import { curveOf, windowsOf } from './curve.ts';
import { type Parts, partsOf } from './parts.ts';
import { Contribution } from './track.ts';

/** Seconds that a point of a temporal head's curve stands for: the head looks around it by itself. */
export const secondWindow = { length: 1, step: 1 } as const;

/**
 * What a temporal head takes of a film: for each second, from half a second before it until half a second after it, the
 * mean-linear head's answer (valence, arousal), then the mean features of each of its tracks. Features that the second does
 * not have are zeros, and the number behind those of a track that a film may lack says whether it has them (1 or 0).
 *
 * @param count how many seconds, as many as its curve has points.
 * @returns [count · `inputsOfSecond`], second by second.
 */
export function secondsOf(model: Model, features: FilmFeatures, count: number): Float32Array {
  const { network } = model;
  const windows = windowsOf(count, secondWindow.length);
  const answers = curveOf(partsOf(model, features), windows);
  const inputs = network.heads.flatMap((head) => head.inputs);
  const width = inputsOfSecond(network);
  const seconds = new Float32Array(windows.length * width);
  windows.forEach(({ from, to }, i) => {
    let place = i * width;
    for (const dimension of dimensions) seconds[place++] = answers[i]![dimension];
    for (const { track: name, channels, masked } of inputs) {
      const track = features.tracks.find((own) => own.name === name);
      const mean = track && windowMean(track, from, to);
      if (mean) seconds.set(mean, place);
      place += channels;
      if (masked) seconds[place++] = mean ? 1 : 0;
    }
  });
  return seconds;
}

/**
 * The answer of a temporal head: any stretch of film is the mean of its seconds. What streams add cannot be told, for the
 * head is not linear.
 *
 * @param seconds those of `secondsOf`.
 */
export function temporalParts(head: TemporalHead, parameters: Model['head'], seconds: Float32Array): Parts {
  const half = secondWindow.length / 2;
  const curve = curveOfSeconds(head, parameters, seconds).map((affect, time) => ({
    ...affect,
    begin: time - half,
    end: time + half,
  }));
  return {
    bias: { valence: 0, arousal: 0 },
    tracks: new Map([['', new Contribution(curve)]]),
    isDivided: false,
  };
}
