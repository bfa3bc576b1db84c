import type { FilmAffect } from '../affect/index.ts';

/** Seconds: a scene ends at the first cut after the shortest, or at the longest; as the clips of LIRIS-ACCEDE. */
const shortest = 8;
const longest = 12;

/**
 * A film in scenes of 8 to 12 s, which end where shots end as far as possible. The last may have up to 16 s, so that
 * no shorter rest remains; a film of less than 8 s is one scene.
 *
 * @returns beginnings and ends in seconds, one after the other, without gaps.
 */
export function scenesOf({
  duration,
  shots = [],
}: Pick<FilmAffect, 'duration' | 'shots'>): { from: number; to: number }[] {
  const cuts = shots.map(({ from }) => from).filter((time) => time > 0 && time < duration);
  const scenes: { from: number; to: number }[] = [];
  let from = 0;
  while (duration - from >= 2 * shortest) {
    const cut = cuts.find(
      (time) => time >= from + shortest && time <= Math.min(from + longest, duration - shortest),
    );
    const to = cut ?? from + Math.min(longest, Math.max(shortest, (duration - from) / 2));
    scenes.push({ from, to });
    from = to;
  }
  if (duration > from) scenes.push({ from, to: duration });
  return scenes;
}
