import type { Field, FilmSource, Moment, MomentField } from '../streams/index.ts';
import { sampleRate } from '../support/sound.ts';
import { type FeatureTrack, stretchesOf, windowMean } from './track.ts';
import { Vectors } from './vectors.ts';

/** What a stretch of film is like, in numbers that people have words for. */
export type Quantity = 'light' | 'color' | 'contrast' | 'detail' | 'grain' | 'motion' | 'level';

const seen = ['light', 'color', 'contrast', 'detail', 'grain', 'motion'] as const;

/** Every so many pixels one is looked at. */
const pixelStep = 3;
/** Contrast and detail of a picture that has hardly any, so that its grain is a number. */
const [hardlyContrast, hardlyDetail] = [0.01, 0.001];
/** Power of what counts as silence, so that its level is a number: −90 dB. */
const silence = 1e-9;

/** A film that is read by others, and what it is like as they read it. */
export interface WatchedFilm {
  readonly film: FilmSource;
  /** Once all of it has been read. */
  quantities(): FilmQuantities;
}

/** The quantities over the time of a film. */
export interface FilmQuantities {
  /** Of each moment: the numbers of `seen`. */
  readonly seen: FeatureTrack;
  /** Of each second: the level. */
  readonly heard: FeatureTrack;
}

/** Measures a film on its way to the networks. */
export function watched(film: FilmSource): WatchedFilm {
  const times: number[] = [];
  const kept = new Vectors();
  const vectors: Float32Array[] = [];
  const motions: number[] = [];
  const fields: number[] = [];
  const levels = new Levels();
  const watchMoments = async function* (): AsyncGenerator<Moment, void, undefined> {
    for await (const moment of film.moments) {
      times.push(moment.time);
      vectors.push(kept.keep(Float32Array.from([...lookOf(moment), 0])));
      yield moment;
    }
  };
  const watchFields = async function* (): AsyncGenerator<MomentField, void, undefined> {
    for await (const field of film.fields) {
      motions[field.moment] = (motions[field.moment] ?? 0) + rootSpeedOf(field.field);
      fields[field.moment] = (fields[field.moment] ?? 0) + 1;
      yield field;
    }
  };
  const watchSound = async function* (): AsyncGenerator<Float32Array, void, undefined> {
    for await (const samples of film.sound) {
      levels.push(samples);
      yield samples;
    }
  };
  return {
    film: {
      info: film.info,
      moments: watchMoments(),
      fields: watchFields(),
      sound: watchSound(),
      summary: () => film.summary(),
      close: () => film.close(),
    },
    quantities() {
      const place = seen.indexOf('motion');
      for (const [i, vector] of vectors.entries()) vector[place] = (motions[i] ?? 0) / (fields[i] ?? 1);
      return {
        seen: { name: 'seen', stretches: stretchesOf(times, vectors, film.summary().decodedDuration) },
        heard: { name: 'heard', stretches: levels.stretches() },
      };
    },
  };
}

/** The means of the quantities within a stretch; of picture or sound that is not there, none. */
export function quantitiesWithin(
  { seen: pictures, heard }: FilmQuantities,
  from: number,
  to: number,
): Partial<Record<Quantity, number>> {
  const look = windowMean(pictures, from, to);
  const level = windowMean(heard, from, to);
  return {
    ...(look && Object.fromEntries(seen.map((name, i) => [name, look[i]!]))),
    ...(level && { level: level[0]! }),
  };
}

/**
 * Light, color (mean chroma), contrast (deviation of light) and detail (mean step from pixel to pixel), each 0 … 1; and
 * grain, the binary logarithm of detail over contrast: pictures of things lie below −2, noise above −1 however faint it is.
 */
function lookOf({ picture: { rgb, width, height } }: Moment): number[] {
  let [count, light, square, chroma, steps] = [0, 0, 0, 0, 0];
  for (let y = 0; y < height; y += pixelStep)
    for (let x = 0; x + 1 < width; x += pixelStep) {
      const i = 3 * (y * width + x);
      const [red, green, blue] = [rgb[i]! / 255, rgb[i + 1]! / 255, rgb[i + 2]! / 255];
      const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
      const next = (0.299 * rgb[i + 3]! + 0.587 * rgb[i + 4]! + 0.114 * rgb[i + 5]!) / 255;
      light += luma;
      square += luma * luma;
      chroma += Math.max(red, green, blue) - Math.min(red, green, blue);
      steps += Math.abs(next - luma);
      count++;
    }
  const mean = light / count;
  const contrast = Math.sqrt(Math.max(0, square / count - mean * mean));
  const detail = steps / count;
  const grain = Math.log2((detail + hardlyDetail) / (contrast + hardlyContrast));
  return [mean, chroma / count, contrast, detail, grain];
}

/** The root of the mean speed: small motions count, and large ones do not drown them. */
function rootSpeedOf({ u, v }: Field): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += Math.sqrt(u[i]! * u[i]! + v[i]! * v[i]!);
  return Math.sqrt(sum / u.length);
}

/** The level of each second of a waveform, in dB. */
class Levels {
  private readonly powers: { sum: number; count: number }[] = [];
  private samples = 0;

  push(samples: Float32Array): void {
    for (const sample of samples) {
      const second = Math.floor(this.samples++ / sampleRate);
      this.powers[second] ??= { sum: 0, count: 0 };
      this.powers[second]!.sum += sample * sample;
      this.powers[second]!.count++;
    }
  }

  stretches() {
    return this.powers.map(({ sum, count }, second) => ({
      begin: second,
      end: second + count / sampleRate,
      vector: Float32Array.of(10 * Math.log10(silence + sum / count)),
    }));
  }
}
