import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDataSet, lirisLayout, openDataSet } from '../datasets/index.ts';
import { openMedia } from '../media/index.ts';
import { sampleRate } from '../support/sound.ts';
import { pythonHas, requirement } from '../support/testing.ts';
import { meanAffect, planFilm } from './film.ts';
import { affectOf, type Factors, factorNames, type Heard, type LawfulMoment, speedOf } from './laws.ts';
import { height, renderFrames, width } from './pictures.ts';
import { planAnnotations } from './plan.ts';
import { renderSound } from './sound.ts';
import { synthesize } from './synthesize.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-synthetic-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digest = (data: Uint8Array | Float32Array) =>
  createHash('sha1')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (product: (i: number) => number) => a.reduce((total, _, i) => total + product(i), 0);
  const covariance = sum((i) => (a[i]! - meanA) * (b[i]! - meanB));
  return covariance / Math.sqrt(sum((i) => (a[i]! - meanA) ** 2) * sum((i) => (b[i]! - meanB) ** 2));
}

describe('a synthetic film', () => {
  const film = planFilm(3, 1, 60);

  test('is the same whenever it is planned, and another with another seed', () => {
    expect(planFilm(3, 1, 60).factorsAt(17)).toEqual(film.factorsAt(17));
    expect(planFilm(4, 1, 60).factorsAt(17)).not.toEqual(film.factorsAt(17));
    expect(planFilm(3, 2, 60).factorsAt(17)).not.toEqual(film.factorsAt(17));
  });

  test('is made of shots without gaps', () => {
    expect(film.shots[0]!.start).toBe(0);
    expect(film.shots.at(-1)!.end).toBe(60);
    film.shots.slice(1).forEach((shot, i) => {
      expect(shot.start).toBe(film.shots[i]!.end);
    });
    expect(film.shotAt(film.shots[1]!.start)).toBe(film.shots[1]);
  });

  test('a stretch of it shows and sounds what the whole does there', () => {
    const whole = [...renderFrames(film, 0, 80)].map(digest);
    expect([...renderFrames(film, 60, 80)].map(digest)).toEqual(whole.slice(60));
    const [all, part] = [renderSound(film, 0, 4), renderSound(film, 3, 4)];
    const differences = part.map((sample, i) => Math.abs(sample - all[3 * sampleRate + i]!));
    expect(Math.max(...differences)).toBeLessThan(1e-4);
  });

  test('moves people as the laws say', () => {
    const factors = Object.fromEntries(factorNames.map((name) => [name, 0.5])) as unknown as Factors;
    const middle: LawfulMoment = { ...factors, still: false, heard: 'music', amplitude: 0.8 };
    const change = (to: Partial<LawfulMoment>, from: LawfulMoment = middle) => {
      const [before, after] = [affectOf(from), affectOf({ ...from, ...to })];
      return { valence: after.valence - before.valence, arousal: after.arousal - before.arousal };
    };
    expect(affectOf(middle).valence).toBe(3);
    for (const name of ['motion', 'cuts', 'tempo', 'timbre', 'color'] as const)
      expect(change({ [name]: 0.8 }).arousal, name).toBeGreaterThan(0.05);
    expect(change({ amplitude: 1.3 }).arousal).toBeGreaterThan(0.3);
    expect(change({ light: 0.8 }).arousal).toBeLessThan(-0.05);
    for (const name of ['light', 'color', 'consonance', 'mode'] as const)
      expect(change({ [name]: 0.8 }).valence, name).toBeGreaterThan(0.1);
    // whatever else holds: nothing changes sign in films as calm, or as silent, as films are
    const calm: LawfulMoment = { ...middle, still: true, heard: undefined };
    for (const from of [
      calm,
      { ...calm, motion: 0, light: 0 },
      { ...calm, motion: 1, still: false, color: 0 },
    ]) {
      expect(change({ color: from.color + 0.3 }, from).arousal).toBeGreaterThan(0.1);
      expect(change({ color: from.color + 0.3 }, from).valence).toBeGreaterThan(0.1);
      expect(change({ light: from.light + 0.3 }, from).valence).toBeGreaterThan(0.05);
    }
    // motion intensifies what is there
    const [pleasant, unpleasant] = [
      { ...middle, mode: 1 },
      { ...middle, mode: 0 },
    ];
    expect(change({ motion: 1 }, pleasant).valence).toBeGreaterThan(0.1);
    expect(change({ motion: 1 }, unpleasant).valence).toBeLessThan(-0.1);
    // only music has harmony, and a film without sound is neither loud nor quiet
    for (const heard of ['speech', 'noise', 'silence', undefined] as (Heard | undefined)[])
      expect(change({ consonance: 1 }, { ...middle, heard }).valence).toBe(0);
    expect(change({ amplitude: 2 }, calm).arousal).toBe(0);
  });

  test('sounds and looks as films do: with and without sound, stills, bars, frame rates', () => {
    const films = Array.from({ length: 150 }, (_, i) => planFilm(5, i, 90));
    const share = (holds: (film: (typeof films)[0]) => boolean) => films.filter(holds).length / films.length;
    expect(share(({ passages }) => passages.length === 0)).toBeCloseTo(0.1, 1);
    expect(share(({ style }) => style.bars.across + style.bars.along > 0)).toBeCloseTo(0.26, 1);
    expect(new Set(films.map(({ style }) => style.frameRate))).toEqual(
      new Set([24, 25, 30, 10, 12.5, 50, 60]),
    );
    const heard = new Set(films.flatMap((film) => film.passages.map((passage) => passage.heard)));
    expect(heard).toEqual(new Set(['music', 'speech', 'noise', 'silence']));
    const shots = films.flatMap((film) => film.shots);
    expect(shots.filter(({ still }) => still).length / shots.length).toBeCloseTo(0.06, 1);
    const speeds = films.flatMap((film) =>
      [10, 50].map((time) => speedOf({ ...film.factorsAt(time), still: false })),
    );
    speeds.sort((a, b) => a - b);
    expect(speeds[0]!).toBeLessThan(0.02);
    expect(speeds[speeds.length >> 1]!).toBeGreaterThan(0.1);
    expect(speeds[speeds.length >> 1]!).toBeLessThan(0.5);
    expect(speeds.at(-1)!).toBeGreaterThan(5);
  });

  test.each(['speech', 'noise', 'music'] as const)('%s is as loud as it is planned to be', (kind) => {
    const found = Array.from({ length: 40 }, (_, i) => planFilm(9, i, 60)).flatMap((film) =>
      film.passages
        .filter(({ heard, end, start }) => heard === kind && end - start > 8)
        .slice(0, 1)
        .map(({ start }) => {
          const sound = renderSound(film, start + 2, start + 6);
          const level = 10 * Math.log10(sound.reduce((sum, value) => sum + value * value, 0) / sound.length);
          const planned = [2.5, 3.5, 4.5, 5.5].reduce(
            (sum, t) => sum + film.factorsAt(start + t).loudness / 4,
            0,
          );
          return { level, planned: 30 * planned - 40 + film.style.mastering };
        }),
    );
    expect(found.length).toBeGreaterThan(8);
    const levels = found.map(({ level }) => level);
    expect(
      correlation(
        levels,
        found.map(({ planned }) => planned),
      ),
    ).toBeGreaterThan(0.95);
    const errors = found.map(({ level, planned }) => level - planned);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(3);
  });
});

const opencv = requirement('OpenCV for Python (python3-opencv)', () => pythonHas('/usr/bin/python3', 'cv2'));

test.skipIf(!opencv)(
  'what is planned can be seen and heard, by measures of OpenCV and numpy (needs OpenCV)',
  () => {
    const frames = 6;
    // with music where the stretch lies, so that its timbre can be heard, and without bars
    const soundingFilms = Array.from({ length: 400 }, (_, i) => planFilm(11, i, 60))
      .filter((film) => {
        const shot = film.shots.find(({ start, end, still }) => !still && end - start > 0.7 && start > 4);
        const { bars, grain } = film.style;
        const music = [0, 1, 2, 3].every((after) => shot && film.heardAt(shot.start + after) === 'music');
        return music && bars.across + bars.along === 0 && grain < 2;
      })
      .slice(0, 40);
    const stretches = Array.from({ length: 40 }, (_, i) => {
      const film = soundingFilms[i]!;
      // A stretch without a cut, so that every pair of frames shows motion.
      const shot = film.shots.find(({ start, end, still }) => !still && end - start > 0.7 && start > 4)!;
      const { frameRate } = film.style;
      const start = Math.round(shot.start * frameRate);
      const pictures = [...renderFrames(film, start, start + frames)];
      const sound = renderSound(film, shot.start, shot.start + 3);
      const path = join(folder, `${i}`);
      writeFileSync(`${path}.rgb`, Buffer.concat(pictures));
      writeFileSync(`${path}.f32`, new Uint8Array(sound.buffer));
      const sounding = [0.5, 1.5, 2.5].map((time) => film.factorsAt(shot.start + time));
      const heard = (name: keyof Factors) => sounding.reduce((sum, factors) => sum + factors[name] / 3, 0);
      return {
        path,
        seen: film.factorsAt(shot.start + 0.1),
        frameRate,
        mastering: film.style.mastering,
        register: film.style.register,
        loudness: heard('loudness'),
        timbre: heard('timbre'),
      };
    });
    const measured: Record<'light' | 'color' | 'motion' | 'loudness' | 'timbre', number>[] = JSON.parse(
      execFileSync(
        '/usr/bin/python3',
        [
          '-c',
          `import cv2, json, sys, numpy as np
result = []
dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
for path in sys.argv[1:]:
  rgb = np.fromfile(path + '.rgb', np.uint8).reshape(${frames}, ${height}, ${width}, 3)
  gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in rgb]
  flow = [dis.calc(a, b, None) for a, b in zip(gray, gray[1:])]
  lab = [cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for frame in rgb]
  sound = np.fromfile(path + '.f32', np.float32).astype(float)
  power = np.abs(np.fft.rfft(sound)) ** 2
  result.append(dict(light=float(np.mean(gray)), motion=float(np.mean(np.linalg.norm(flow, axis=-1))),
    color=float(np.mean(np.hypot(np.array(lab)[..., 1], np.array(lab)[..., 2]))),
    loudness=float(10 * np.log10((sound ** 2).mean())), timbre=float(np.log((power * np.fft.rfftfreq(len(sound))).sum() / power.sum()))))
print(json.dumps(result))`,
          ...stretches.map(({ path }) => path),
        ],
        { env: { ...process.env, OMP_NUM_THREADS: '1' } },
      ).toString(),
    );
    const agreement = (name: keyof (typeof measured)[0], planned: readonly number[]) =>
      correlation(
        measured.map((measures) => measures[name]),
        planned,
      );
    const seen = (name: keyof Factors) => stretches.map(({ seen }) => seen[name]);
    // brightness is heard beside the notes that are played
    for (const [i, { register }] of stretches.entries()) measured[i]!.timbre -= (register / 12) * Math.LN2;
    expect(agreement('light', seen('light'))).toBeGreaterThan(0.9);
    expect(agreement('color', seen('color'))).toBeGreaterThan(0.6);
    // per second and by its logarithm, as it is planned; below a thousandth of a pixel nothing can be measured
    for (const [i, { frameRate }] of stretches.entries())
      measured[i]!.motion = Math.log(0.01 + (measured[i]!.motion * frameRate) / 25);
    expect(agreement('motion', seen('motion'))).toBeGreaterThan(0.85);
    expect(
      agreement(
        'loudness',
        stretches.map(({ loudness, mastering }) => 30 * loudness + mastering),
      ),
    ).toBeGreaterThan(0.9);
    expect(
      agreement(
        'timbre',
        stretches.map(({ timbre }) => timbre),
      ),
    ).toBeGreaterThan(0.7);
    // A single frame says nothing of motion.
    expect(Math.abs(agreement('light', seen('motion')))).toBeLessThan(0.4);
  },
);

describe('labels', () => {
  test('follow the truth with the errors of comparing people, in sets that share no film', () => {
    const { clips, planned, films } = planAnnotations({ films: 12, clips: 240, seed: 5 });
    const byName = new Map(planned.map((film) => [film.name, film]));
    const truth = clips.map(({ film, start, end }) => {
      const { frameRate } = byName.get(film)!.style;
      return meanAffect(byName.get(film)!, start / frameRate, (end + 1) / frameRate);
    });
    for (const dimension of ['valence', 'arousal'] as const) {
      const agreement = correlation(
        truth.map((affect) => affect[dimension]),
        clips.map((clip) => clip[dimension]),
      );
      expect(agreement).toBeGreaterThan(0.93);
      expect(agreement).toBeLessThan(0.999);
    }
    expect(films.reduce((sum, film) => sum + film.excerpts, 0)).toBe(240);
    for (const clip of clips) {
      const { frameRate } = byName.get(clip.film)!.style;
      const seconds = (clip.end - clip.start + 1) / frameRate;
      expect(seconds).toBeGreaterThanOrEqual(8);
      expect(seconds).toBeLessThanOrEqual(12.2);
      expect(clip.end / frameRate).toBeLessThan(byName.get(clip.film)!.length);
    }
  });
});

describe('synthesize', () => {
  const options = { films: 3, clips: 4, seed: 2, threads: 2 };

  test('renders a data set, is interrupted and continued, and gives the same files again', async () => {
    const root = join(folder, 'set');
    const interruption = new AbortController();
    const stopped = synthesize(root, {
      ...options,
      signal: interruption.signal,
      onProgress: (done) => done >= 1 && interruption.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    const videos = join(root, lirisLayout.clips);
    const left = readdirSync(videos);
    expect(left.length).toBeGreaterThanOrEqual(1);
    expect(left.length).toBeLessThan(4);
    expect(left.every((name) => /^SYNTHETIC\d{5}\.mp4$/.test(name))).toBe(true);
    expect(checkDataSet(root)).toMatchObject({ usable: false, missing: 4 - left.length });

    const seen: number[] = [];
    await synthesize(root, { ...options, onProgress: (done) => seen.push(done) });
    expect(seen.at(0)).toBe(left.length);
    expect(seen.at(-1)).toBe(4);
    expect(checkDataSet(root)).toMatchObject({ usable: true, synthetic: true, clips: 4, films: 3 });

    const { clips } = openDataSet(root);
    const media = await openMedia(clips[1]!.path, { rgbEvery: 0 });
    for await (const _ of media);
    const { coverage, frames, hasSound } = await media.summary();
    expect({ coverage: Math.round(coverage), frames, hasSound }).toEqual({
      coverage: 1,
      frames: clips[1]!.end! - clips[1]!.start! + 1,
      hasSound: true,
    });

    const again = join(folder, 'again');
    await synthesize(again, options);
    for (const path of Object.values(lirisLayout).slice(1))
      expect(readFileSync(join(again, path), 'utf8')).toBe(readFileSync(join(root, path), 'utf8'));
    for (const name of readdirSync(videos))
      expect(digest(readFileSync(join(again, lirisLayout.clips, name)))).toBe(
        digest(readFileSync(join(videos, name))),
      );
  });

  test('continues nothing that it did not begin', async () => {
    await expect(synthesize(join(folder, 'set'), { ...options, seed: 3 })).rejects.toThrow(
      /begun with other options/,
    );
    await expect(synthesize(folder, options)).rejects.toThrow(/holds other files/);
    await expect(synthesize(join(folder, 'x'), { ...options, films: 2 })).rejects.toThrow(
      '2 films cannot be synthesized; 3 to 1000 expected',
    );
  });
});
