import type { FilmAffect } from '../affect/index.ts';

/** The model in a few words: "starter (compact; synthetic films)", or "untrained (paper)". */
export function modelName({ model }: FilmAffect): string {
  const { name, preset, trained, synthetic } = model;
  return `${trained === false ? 'untrained' : name} (${preset}${synthetic ? '; synthetic films' : ''})`;
}

/** The whole answer as one line of JSON, numbers to six decimals. No control character stays one, in names neither. */
export function toJsonLine(film: FilmAffect): string {
  const short = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value;
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(film, short).replace(/[\u007f-\u009f\u2028\u2029]/g, escaped)}\n`;
}
