import { Random } from '../support/random.ts';
import { type LirisClip, type LirisFilm, lirisClipName, writeLirisAnnotations } from './layout.ts';

/**
 * Annotations of the layout and size of LIRIS-ACCEDE with labels from a random generator, and no videos:
 * for tests and benchmarks. Scores of neighboring clips of a film resemble each other, as they do in films.
 */
export function writeRandomAnnotations(
  root: string,
  { films = 160, clips = 9800, seed = 1 }: { films?: number; clips?: number; seed?: number } = {},
): LirisClip[] {
  const random = Random.seeded(seed);
  const raw: { film: number; start: number; end: number; valence: number; arousal: number }[] = [];
  for (let film = 0; film < films; film++) {
    const count = Math.floor(((film + 1) * clips) / films) - Math.floor((film * clips) / films);
    let [valence, arousal, frame] = [random.normal(), random.normal(), 0];
    for (let i = 0; i < count; i++) {
      valence = 0.8 * valence + 0.6 * random.normal();
      arousal = 0.8 * arousal + 0.6 * random.normal();
      const length = 200 + random.integer(100);
      const start = i > 0 && random.uniform() < 0.1 ? frame - 50 : frame + 1;
      raw.push({ film, start, end: start + length, valence, arousal });
      frame = start + length;
    }
  }
  const ranked = (key: 'valence' | 'arousal') => {
    const order = raw.map((_, i) => i).sort((a, b) => raw[a]![key] - raw[b]![key]);
    const ranks = new Array<number>(raw.length);
    order.forEach((clip, rank) => {
      ranks[clip] = rank;
    });
    return ranks;
  };
  const [valenceRanks, arousalRanks] = [ranked('valence'), ranked('arousal')];
  const score = (rank: number, lowest: number, highest: number) =>
    lowest + ((highest - lowest) * rank) / Math.max(1, raw.length - 1);
  const filmName = (film: number) => `Random_film_${film}`;
  const result = raw.map(
    ({ film, start, end }, id): LirisClip => ({
      id: String(id),
      name: lirisClipName(id),
      film: filmName(film),
      set: film % 4 === 0 ? 'train' : film % 4 === 1 ? 'validation' : 'test',
      start,
      end,
      valenceRank: valenceRanks[id]!,
      arousalRank: arousalRanks[id]!,
      valence: score(valenceRanks[id]!, 1.33, 3.59),
      arousal: score(arousalRanks[id]!, 1.32, 4.54),
      valenceVariance: 0.05,
      arousalVariance: 0.05,
      license: 'random numbers, no film',
    }),
  );
  const described = Array.from({ length: films }, (_, film): LirisFilm => {
    const members = result.filter((clip) => clip.film === filmName(film));
    return {
      name: filmName(film),
      title: `Random film <${film}> & numbers`,
      license: 'random numbers, no film',
      credits: 'nobody',
      genre: 'Random',
      language: 'none',
      length: (members.at(-1)?.end ?? 0) / 25,
      excerpts: members.length,
    };
  });
  writeLirisAnnotations(root, result, described);
  return result;
}
