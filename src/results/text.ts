import { stringify } from 'csv-stringify/sync';
import { dimensions, type FilmAffect } from '../affect/index.ts';

/** The model in a few words: "starter (compact; synthetic films)", or "untrained (paper)". */
export function modelName({ model }: FilmAffect): string {
  const { name, preset, trained, synthetic } = model;
  return `${trained === false ? 'untrained' : name} (${preset}${synthetic ? '; synthetic films' : ''})`;
}

/**
 * The curve as CSV (RFC 4180): one row a second, with the model and what the numbers are in each; with intervals, where
 * the model has them, and the shares of the streams, where they are known.
 */
export function toCsv(film: FilmAffect): string {
  const model = modelName(film);
  const streams = [...new Set(film.curve.flatMap(({ shares = {} }) => Object.keys(shares)))];
  const ends = film.curve.some(({ low, high }) => low && high) ? (['low', 'high'] as const) : [];
  const optional = [
    ...ends.flatMap((end) => dimensions.map((of) => `${of}_${end}`)),
    ...streams.flatMap((stream) => dimensions.map((of) => `${of}_of_${stream}`)),
  ];
  const digits = (value: number | undefined) => value?.toFixed(6) ?? '';
  const rows = film.curve.map(({ time, valence, arousal, ...point }) => [
    time,
    digits(valence),
    digits(arousal),
    model,
    film.affect.kind,
    ...ends.flatMap((end) => dimensions.map((of) => digits(point[end]?.[of]))),
    ...streams.flatMap((stream) => dimensions.map((of) => digits(point.shares?.[stream]?.[of]))),
  ]);
  return stringify([['time', 'valence', 'arousal', 'model', 'affect', ...optional], ...rows]);
}

/** The whole answer as one line of JSON, numbers to six decimals. No control character stays one, in names neither. */
export function toJsonLine(film: FilmAffect): string {
  const short = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value;
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(film, short).replace(/[\u007f-\u009f\u2028\u2029]/g, escaped)}\n`;
}
