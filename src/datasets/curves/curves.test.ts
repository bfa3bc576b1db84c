import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agreementOf, alignedRaters, bestLag } from '../../affect/index.ts';
import { InputError } from '../../support/errors.ts';
import { requirement } from '../../support/testing.ts';
import type { CurveLabels } from './curve-labels.ts';
import { readCurves } from './read.ts';

const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const emoFilm = process.env.AFFECTLINE_EMOFILM ?? join(data, 'emofilm');
const forrest = process.env.AFFECTLINE_STUDYFORREST ?? join(data, 'studyforrest');

const python = (script: string, input: unknown) =>
  JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', `import json, sys\ninput = json.load(sys.stdin)\n${script}`], {
      input: JSON.stringify(input),
      maxBuffer: 2 ** 26,
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
    }).toString(),
  );
const numpy = requirement('numpy (python3-numpy)', () => python('import numpy; print(1)', 0) === 1);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'affectline-curves-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function file(path: string, content: string): string {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  return join(root, path);
}
const values = (curve: CurveLabels | undefined, track: string) => [...curve!.tracks.get(track)!.mean];
const refusal = (path = root) => {
  try {
    readCurves(path);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return 'nothing was refused';
};

describe('formats', () => {
  test('Continuous LIRIS-ACCEDE: a file a dimension, mean and deviation', () => {
    file(
      'continuous-annotations/After_The_Rain_Valence.txt',
      'Time\tMean\tStd\n0\t0.1\t0.2\n1\t-0.25\t0.2\n',
    );
    file(
      'continuous-annotations/After_The_Rain_Arousal.txt',
      'Time\tMean\tStd\r\n0\t0.5\t0\r\n1\t0.75\t0\r\n',
    );
    const [curve] = readCurves(root);
    expect(curve).toMatchObject({ film: 'After_The_Rain', kind: 'elicited', lag: 'as rated' });
    expect([[...curve!.times], values(curve, 'valence'), values(curve, 'arousal')]).toEqual([
      [0, 1],
      [0.1, -0.25],
      [0.5, 0.75],
    ]);
    file('continuous-annotations/After_The_Rain_Arousal.txt', 'Time\tMean\tStd\n0\t0.5\t0\n');
    expect(refusal()).toContain("moments; those of After_The_Rain's other file expected");
  });

  test('MediaEval 2017: windows stand for their middle; 2018: seconds', () => {
    file(
      'Chatter-MEDIAEVAL2017-valence_arousal.txt',
      'Segment beginning (s)\tSegment end (s)\tMean of valence\tMean of arousal\n0\t10\t0.1\t-0.2\n5\t15\t0.3\t-0.4\n',
    );
    file(
      'annotations/MEDIAEVAL18_03_Valence-Arousal.txt',
      'Time\tValence\tArousal\n0\t0.5\t0.25\n1\t0.5\t0.125\n',
    );
    const [other, seventeen] = readCurves(root).toSorted((a, b) => b.film.localeCompare(a.film));
    expect([[...seventeen!.times], values(seventeen, 'valence'), values(seventeen, 'arousal')]).toEqual([
      [5, 10],
      [0.1, 0.3],
      [-0.2, -0.4],
    ]);
    expect(other!.film).toBe('MEDIAEVAL18_03');
    expect(values(other, 'arousal')).toEqual([0.25, 0.125]);
  });

  test('fear of MediaEval: windows of 2017, stretches of 2018, none in a film without', () => {
    file('Chatter-MEDIAEVAL2017-valence_arousal.txt', '0\t10\t0.1\t-0.2\n5\t15\t0.3\t-0.4\n');
    file('Chatter-MEDIAEVAL2017-fear.txt', 'Segment beginning\tSegment end\tFear\n0\t10\t0\n5\t15\t1\n');
    file('MEDIAEVAL18_03_Valence-Arousal.txt', '0 0 0\n1 0 0\n2 0 0\n3 0 0\n');
    file('MEDIAEVAL18_03_Fear.txt', '1 3\n');
    file('MEDIAEVAL18_04_Valence-Arousal.txt', '0 0 0\n1 0 0\n');
    file('MEDIAEVAL18_04_Fear.txt', '');
    file('MEDIAEVAL18_05_Fear.txt', '0 1.5\n');
    const curves = new Map(readCurves(root).map((curve) => [curve.film, curve]));
    expect([...curves.keys()].toSorted()).toEqual([
      'Chatter',
      'MEDIAEVAL18_03',
      'MEDIAEVAL18_04',
      'MEDIAEVAL18_05',
    ]);
    expect(values(curves.get('Chatter'), 'fear')).toEqual([0, 1]);
    expect(values(curves.get('MEDIAEVAL18_03'), 'fear')).toEqual([0, 1, 1, 0]);
    expect(values(curves.get('MEDIAEVAL18_04'), 'fear')).toEqual([0, 0]);
    expect([...curves.get('MEDIAEVAL18_05')!.tracks.keys()]).toEqual(['fear']);
    file('Chatter-MEDIAEVAL2017-fear.txt', '0\t10\t0\n');
    expect(refusal()).toContain(
      "Chatter-MEDIAEVAL2017-fear.txt: the moments of Chatter's other file expected",
    );
    file('MEDIAEVAL18_03_Fear.txt', '3 1\n');
    expect(refusal()).toContain('MEDIAEVAL18_03_Fear.txt:1: end 1 does not lie after begin 3');
  });

  test('NOVA: annotators of a session, as text and as bytes; other schemes are passed over', () => {
    const described = (
      annotator: string,
      ftype: string,
      size: number,
      scheme = 'valence',
      type = 'CONTINUOUS',
    ) =>
      `<?xml version="1.0" ?>\n<annotation ssi-v="3">\n<info ftype="${ftype}" size="${size}" />\n` +
      `<meta annotator="${annotator}" />\n<scheme name="${scheme}" type="${type}" sr="4" min="0" max="1" />\n</annotation>\n`;
    file('Sea/viewer.valence.ann.annotation', described('ann', 'ASCII', 3));
    file('Sea/viewer.valence.ann.annotation~', '0.25;1\nnan;0\n0.75;1\n');
    file('Sea/viewer.valence.ben.annotation', described('ben', 'BINARY', 2));
    const bytes = Buffer.alloc(16);
    [0.5, 1, 1, 0.5].forEach((value, i) => {
      bytes.writeFloatLE(value, 4 * i);
    });
    writeFileSync(join(root, 'Sea/viewer.valence.ben.annotation~'), bytes);
    file('Sea/viewer.laughter.ann.annotation', described('ann', 'ASCII', 0, 'laughter', 'DISCRETE'));
    const [curve, ...others] = readCurves(root);
    expect(others).toEqual([]);
    expect(curve).toMatchObject({ film: 'Sea', kind: 'depicted', scale: { lowest: 0, highest: 1 } });
    expect([...curve!.times]).toEqual([0, 0.25, 0.5]);
    expect(curve!.tracks.get('valence')!.raters).toEqual([
      { name: 'ann', values: Float64Array.of(0.25, Number.NaN, 0.75) },
      { name: 'ben', values: Float64Array.of(0.5, 1, Number.NaN) },
    ]);
    file('Sea/viewer.valence.ann.annotation~', '0.25;1\nx;0\n');
    expect(refusal()).toContain("viewer.valence.ann.annotation~:2: value 'x': a number expected");
    file('Sea/viewer.valence.ann.annotation~', '0.25;1\n');
    expect(refusal()).toContain('viewer.valence.ann.annotation~: 1 values; 3 expected, as its header says');
    rmSync(join(root, 'Sea/viewer.valence.ann.annotation~'));
    expect(refusal()).toContain('viewer.valence.ann.annotation~: is missing; it holds the values');
    file('Sea/viewer.valence.ann.annotation', '<annotation><info></annotation>');
    expect(refusal()).toContain('viewer.valence.ann.annotation: is not well-formed XML');
  });

  test('COGNIMUSE: viewers are kept apart, experienced and intended too', () => {
    file('experienced/subj1_1_BMI.dat', '0.00 0.5 0.1\n0.04 0.6 0.2\n0.08 0.7 0.3\n');
    file('experienced/subj2_1_BMI.dat', '0.00 -0.5 0.3\n0.08 -0.7 0.5\n');
    file('intended/subj1_1_BMI.dat', '0.00 1 1\n0.04 1 1\n');
    const [experienced, intended] = readCurves(root);
    expect([experienced!.kind, intended!.kind]).toEqual(['elicited', 'intended']);
    const { raters, mean } = experienced!.tracks.get('arousal')!;
    expect(raters.map(({ name }) => name)).toEqual(['subj1_1', 'subj2_1']);
    expect([...raters[1]!.values]).toEqual([0.3, 0.4, 0.5]);
    [0.2, 0.3, 0.4].forEach((value, i) => {
      expect(mean[i]).toBeCloseTo(value, 12);
    });
  });

  test('VEATIC: a number for each frame', () => {
    file('rating_averaged/7_valence.csv', '0.1\n0.2\n0.3\n');
    file('rating_averaged/7_arousal.csv', '-0.1\n-0.2\n-0.3\n');
    const [curve] = readCurves(root, { frameRate: 30 });
    expect(curve).toMatchObject({ film: '7', kind: 'depicted' });
    expect([...curve!.times]).toEqual([0, 1 / 30, 2 / 30]);
    expect(values(curve, 'arousal')).toEqual([-0.1, -0.2, -0.3]);
    file('rating_averaged/7_arousal.csv', '-0.1\nx\n-0.3\n');
    expect(refusal()).toContain("7_arousal.csv:2: column 1 'x': a number expected");
  });

  test('Emo-FilM: columns are named beside, valence is Good − Bad and arousal Alert', () => {
    file(
      'Annot_Tiny_stim.json',
      JSON.stringify({ SamplingFrequency: 2, StartTime: 1, Columns: ['Bad', 'Alert', 'Good'] }),
    );
    file('Annot_Tiny_stim.tsv', '0.5\t1\t1.5\n-1\t2\t1\n');
    const [curve] = readCurves(root);
    expect([[...curve!.times], values(curve, 'valence'), values(curve, 'arousal')]).toEqual([
      [1, 1.5],
      [0.5, 1],
      [1, 2],
    ]);
    expect([...curve!.tracks.keys()]).toEqual(['valence', 'arousal', 'Bad', 'Alert', 'Good']);
    file('Annot_Tiny_stim.tsv', '0.5\t1\t1.5\n-1\t2\n');
    expect(refusal()).toContain('Annot_Tiny_stim.tsv:2: 2 numbers; 3 expected, as in the first line');
    rmSync(join(root, 'Annot_Tiny_stim.json'));
    expect(refusal()).toContain('Annot_Tiny_stim.json: is missing; it names the columns');
  });

  test('studyforrest: sums over the characters of a second', () => {
    const header = 'onset\tduration\tcharacter\tarousal\tvalence_positive\tvalence_negative\te_fear\n';
    file(
      'emotions_av_1s_events_run-2_events.tsv',
      `${header}1.0\t2.0\tFORREST\t-0.5\t0.75\t0.25\t0\n2.0\t2.0\tJENNY\t1\t0\t1\t0\n`,
    );
    const [curve] = readCurves(root);
    expect(curve).toMatchObject({ film: 'Forrest Gump run 2', kind: 'depicted', lag: 'none' });
    expect([[...curve!.times], values(curve, 'arousal'), values(curve, 'valence')]).toEqual([
      [0.5, 1.5, 2.5, 3.5],
      [0, -0.5, 0.5, 1],
      [0, 0.5, -0.5, -1],
    ]);
    file('emotions_av_1s_events_run-2_events.tsv', `${header}1.0\t2.0\tFORREST\t7\t0.75\t0.25\t0\n`);
    expect(refusal()).toContain('run-2_events.tsv:2: arousal 7: -1 to 1 expected');
  });

  test('CARMA in both its layouts, and DARMA: files of one film are its raters', () => {
    const table = (rating: number) =>
      'Filename,Lower Label,Upper Label,Minimum Value,Midpoint Value,Maximum Value,Number of Steps,Second,Rating\n' +
      [1, 2]
        .map((second) => `D:\\films\\Sea.avi,low,high,-100,0,100,9,${second},${rating * second}\n`)
        .join('');
    file('ann_arousal.csv', table(10));
    file(
      'ben_arousal.csv',
      'Time of Rating,x\nMultimedia File,Sea.avi\nMinimum Value,-100\nMaximum Value,100\nSecond,Rating\n%%%%%%,%%%%%%\n1,30\n2,60\n',
    );
    file('joystick/carl.csv', 'Multimedia File,Sky.mp4\nSecond,X,Y\n0.5,10,20\n1,11,21\n');
    const curves = readCurves(root);
    const sea = curves.find(({ film }) => film === 'Sea')!;
    expect(sea.scale).toEqual({ lowest: -100, highest: 100 });
    expect(sea.tracks.get('arousal')!.raters.map(({ name }) => name)).toEqual(['ann_arousal', 'ben_arousal']);
    expect(values(sea, 'arousal')).toEqual([20, 40]);
    const sky = curves.find(({ film }) => film === 'Sky')!;
    expect([values(sky, 'valence'), values(sky, 'arousal')]).toEqual([
      [10, 11],
      [20, 21],
    ]);
  });

  test('CSV of one’s own: means or raters, semicolons and decimal commas, moments not rated', () => {
    file('Sea.csv', 'time,valence,arousal\n0,1,2\n0.5,1.5,2.5\n');
    file('Sky.csv', 'Time;valence_Ann;note;valence_Ben;arousal_Ann\n0;1,5;x;2,5;3\n1;;y;3;4\n');
    const [sea, sky] = readCurves(root);
    expect([sea!.film, [...sea!.times], values(sea, 'valence')]).toEqual(['Sea', [0, 0.5], [1, 1.5]]);
    const { raters, mean } = sky!.tracks.get('valence')!;
    expect(raters).toEqual([
      { name: 'Ann', values: Float64Array.of(1.5, Number.NaN) },
      { name: 'Ben', values: Float64Array.of(2.5, 3) },
    ]);
    expect([...mean]).toEqual([2, 3]);
    const [scaled] = readCurves(file('Scaled.csv', 'time,valence,lowest,highest\n0,1,1,5\n1,2,1,5\n'));
    expect(scaled!.scale).toEqual({ lowest: 1, highest: 5 });
    expect(sea!.scale).toBeUndefined();
    const mixed = file('Mixed.csv', 'time,valence,lowest,highest\n0,1,1,5\n1,2,0,5\n');
    expect(refusal(mixed)).toContain('Mixed.csv:3: another lowest or highest than in the first line');
    rmSync(mixed);
    const bad = file('Bad.csv', 'time,valence\n0,1\n0,2\n1,x\n');
    expect(refusal(bad)).toContain("Bad.csv:3: time '0' does not lie after 0");
    expect(refusal(bad)).toContain("Bad.csv:4: valence 'x': a number expected");
  });

  test('a folder without curves says what is known', () => {
    file('notes.txt', 'nothing');
    expect(refusal()).toMatch(/holds no curves known here: Emo-FilM .*; studyforrest/);
  });
});

describe('against numpy', () => {
  const script = `import numpy as np
def lag(signal, ratings, lo, hi):
  rs = []
  for L in range(lo, hi + 1):
    a, b = (signal[:len(signal) - L], ratings[L:]) if L >= 0 else (signal[-L:], ratings[:L])
    rs.append(np.corrcoef(a, b)[0, 1])
  return int(np.argmax(rs)) + lo, float(max(rs))
def agreement(x):
  k, n = x.shape
  i, j = np.triu_indices(k, 1)
  c = np.cov(x, ddof=0); v = np.diag(c); m = x.mean(1)
  ccc = 2 * c / (v[:, None] + v[None] + (m[:, None] - m[None]) ** 2)
  g = x.mean()
  msr = k * ((x.mean(0) - g) ** 2).sum() / (n - 1)
  msc = n * ((m - g) ** 2).sum() / (k - 1)
  mse = ((x - x.mean(0)[None] - m[:, None] + g) ** 2).sum() / ((n - 1) * (k - 1))
  return dict(r=np.corrcoef(x)[i, j].mean(), ccc=ccc[i, j].mean(), iccSingle=(msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n), iccMean=(msr - mse) / (msr + (msc - mse) / n))
print(json.dumps([dict(lag=lag(np.array(f['signal']), np.array(f['ratings']), 0, 8), agreement=agreement(np.array(f['raters']))) for f in input]))`;

  /** Ratings that trail a slow wave, each by its own delay. */
  const made = Array.from({ length: 4 }, (_, film) => {
    const wave = (t: number) => Math.sin(t / (9 + film)) + 0.5 * Math.sin(t / 23 + film);
    const rater = (delay: number, j: number) =>
      Array.from({ length: 300 }, (_, t) => wave(t - delay) + 0.3 * Math.sin(t * (7.1 + j)) + 0.1 * j);
    return {
      signal: Array.from({ length: 300 }, (_, t) => wave(t)),
      ratings: rater(3 + film, 9),
      raters: [1, 2, 3, 4].map(rater),
    };
  });

  function compare(films: typeof made): void {
    const expected: { lag: [number, number]; agreement: Record<string, number> }[] = python(script, films);
    films.forEach(({ signal, ratings, raters }, i) => {
      const { seconds, r } = bestLag(signal, ratings, 1);
      expect([seconds, r]).toEqual([expected[i]!.lag[0], expect.closeTo(expected[i]!.lag[1], 9)]);
      const own = agreementOf(raters);
      for (const [name, value] of Object.entries(expected[i]!.agreement))
        expect(own[name as keyof typeof own], name).toBeCloseTo(value, 9);
    });
  }

  test.skipIf(!numpy)('agreement and lag of made ratings (needs numpy)', () => {
    compare(made);
    expect(made.map(({ signal, ratings }) => bestLag(signal, ratings, 1).seconds)).toEqual([3, 4, 5, 6]);
  });

  test.skipIf(!numpy || !existsSync(emoFilm))(
    'agreement and lag of items of 13 real films, as if raters (needs numpy and Emo-FilM, AFFECTLINE_EMOFILM)',
    () => {
      const curves = readCurves(emoFilm);
      expect(curves).toHaveLength(13);
      const lines = readdirSync(emoFilm).filter((name) => name.endsWith('.tsv')).length;
      expect(lines).toBe(13);
      const item = (curve: CurveLabels, name: string) => values(curve, name);
      compare(
        curves.map((curve) => ({
          signal: item(curve, 'IntenseEmotion'),
          ratings: item(curve, 'Heartrate'),
          raters: ['Alert', 'IntenseEmotion', 'Heartrate', 'Muscle'].map((name) => item(curve, name)),
        })),
      );
    },
  );

  test.skipIf(!numpy || !existsSync(forrest))(
    'Forrest Gump’s arousal by second (needs numpy and studyforrest, AFFECTLINE_STUDYFORREST)',
    () => {
      const curves = readCurves(forrest);
      expect(curves.map(({ film }) => film)).toEqual(
        [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `Forrest Gump run ${n}`),
      );
      const expected: number[][] = python(
        `import numpy as np, csv
out = []
for k in range(1, 9):
  rows = list(csv.DictReader(open(f'{input}/emotions_av_1s_events_run-{k}_events.tsv'), delimiter='\\t'))
  a = np.zeros(2000); v = np.zeros(2000)
  for e in rows:
    s, d = float(e['onset']), float(e['duration'])
    a[round(s):round(s + d)] += float(e['arousal']); v[round(s):round(s + d)] += float(e['valence_positive']) - float(e['valence_negative'])
  out.append([a.sum(), (a ** 2).sum(), v.sum(), (v ** 2).sum()])
print(json.dumps(out))`,
        forrest,
      );
      curves.forEach((curve, i) => {
        const sums = ['arousal', 'valence'].flatMap((name) => [
          values(curve, name).reduce((a, b) => a + b, 0),
          values(curve, name).reduce((a, b) => a + b * b, 0),
        ]);
        sums.forEach((sum, j) => {
          expect(sum).toBeCloseTo(expected[i]![j]!, 6);
        });
      });
    },
  );
});

test('raters that trail each other are brought together, and agree better for it', () => {
  const wave = (t: number) => Math.sin(t / 9) + 0.5 * Math.sin(t / 23);
  const raters = [0, 2, 4, 6].map((delay) => Array.from({ length: 400 }, (_, t) => wave(t - delay)));
  const { raters: aligned, lags } = alignedRaters(raters, 1);
  expect(lags).toEqual([-3, -1, 1, 3]);
  expect(agreementOf(raters).r).toBeLessThan(0.95);
  expect(agreementOf(aligned).r).toBeCloseTo(1, 9);
});
