import type { FilmAffect } from '../affect/index.ts';

/** The model in a few words: "starter (compact; synthetic films)", or "untrained (paper)". */
export function modelName({ model }: FilmAffect): string {
  const { name, preset, trained, synthetic } = model;
  return `${trained === false ? 'untrained' : name} (${preset}${synthetic ? '; synthetic films' : ''})`;
}

/** The curve as CSV, one row a second; the last column says which model it is from. */
export function toCsv(film: FilmAffect): string {
  const model = modelName(film);
  const rows = film.curve.map(({ time, valence, arousal }) =>
    [time, valence.toFixed(6), arousal.toFixed(6), quoted(model)].join(','),
  );
  return `${['time,valence,arousal,model', ...rows].join('\n')}\n`;
}

/** RFC 4180: a field with a comma, a quote or a line break stands in quotes. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** The whole answer as one line of JSON, numbers to six decimals. */
export function toJsonLine(film: FilmAffect): string {
  const short = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value;
  return `${JSON.stringify(film, short)}\n`;
}
