// Starts the same thing twice or three times at once, 20 times each: a run, its resuming, the preparation of a cache.
// And flips bits in what is stored.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClipCache } from '../src/clips/index.ts';
import { writeFilm } from '../src/media/index.ts';
import { preprocessingFor } from '../src/streams/index.ts';
import { InputError } from '../src/support/errors.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { sampleRate } from '../src/support/sound.ts';
import { readCheckpoint } from '../src/training/checkpoint.ts';
import { initialParameters, parseConfiguration, train } from '../src/training/index.ts';

const repetitions = process.argv.includes('--few') ? 2 : 20;
const mostFlips = 500;
const clipCount = 4;
const side = 128;

const configuration = parseConfiguration(
  'preset: compact\nstreams: [sound]\nsoundSeconds: 3\nbatchSize: 2\nepochs: 2\ntrain: { sound: frozen }',
  'the benchmark',
);
const preprocessing = preprocessingFor('compact');
const films = (folder: string) => Array.from({ length: clipCount }, (_, i) => join(folder, `${i}.mp4`));

/** Three seconds of gray and a tone. */
async function makeFilm(path: string, i: number): Promise<void> {
  await writeFilm(path, {
    ...{ width: side, height: side, frameRate: 4 },
    frames: Array.from({ length: 12 }, () => new Uint8Array(side * side * 3).fill(40 * i)),
    waveform: [Float32Array.from({ length: 3 * sampleRate }, (_, k) => 0.3 * Math.sin((k * (1 + i)) / 20))],
  });
}

async function prepare(folder: string, cache: string): Promise<void> {
  await new ClipCache(join(folder, cache), preprocessing).prepare(films(folder).map((path) => ({ path })));
}

async function trainIn(folder: string, run: string): Promise<void> {
  const cache = new ClipCache(join(folder, 'clips'), preprocessing);
  const clips = await Promise.all(
    films(folder).map(async (film, i) => ({
      clip: await cache.open({ path: film }),
      valence: 1 + i,
      arousal: 4 - i,
    })),
  );
  await train({
    configuration,
    folder: join(folder, run),
    train: clips,
    validation: clips.slice(0, 2),
    parameters: await initialParameters(configuration),
    model: { name: 'benchmark', trained: 'tones', synthetic: true, preprocessing },
  });
}

/** This program again, with a task. */
function start(...task: string[]): ChildProcess {
  return spawn(process.execPath, [process.argv[1]!, 'task', ...task], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function end(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

/** What a run has come to: its weights. */
const resultOf = (folder: string, run: string) => {
  const model = join(folder, run, 'best', 'model.safetensors');
  return existsSync(model) ? createHash('sha256').update(readFileSync(model)).digest('hex') : 'none';
};

async function twice(folder: string, name: string, half: boolean) {
  const row = { times: repetitions, wrong: 0, lost: 0, 'the second told who': 0, 'both in turn': 0 };
  for (let i = 0; i < repetitions; i++) {
    const run = `${name}-${i}`;
    if (half) {
      const first = start('train', folder, run);
      while (!existsSync(join(folder, run, 'last', 'checkpoint.json')) && first.exitCode === null)
        await sleep(5);
      first.kill('SIGKILL');
      await end(first);
    }
    const both = [start('train', folder, run), start('train', folder, run)];
    const ends = await Promise.all(both.map(end));
    const refused = ends.filter(({ code }) => code === 1);
    if (refused.length === 0) row['both in turn']++;
    if (refused.length === 1 && /process \d+ on .* is training in/.test(refused[0]!.said))
      row['the second told who']++;
    if (refused.length === 2) row.lost++;
    if (resultOf(folder, run) !== resultOf(folder, 'alone')) row.wrong++;
  }
  return row;
}

async function onOneCache(folder: string) {
  const row = { times: repetitions, wrong: 0, lost: 0, 'the second told who': 0, 'both in turn': 0 };
  const contents = async (cache: string) => {
    const clips = new ClipCache(join(folder, cache), preprocessing);
    return JSON.stringify(await Promise.all(films(folder).map((film) => contentOf(clips, film))));
  };
  for (let i = 0; i < repetitions; i++) {
    const cache = `clips-${i}`;
    mkdirSync(join(folder, cache));
    writeFileSync(join(folder, cache, 'thesis.tmp'), 'of the user');
    const ends = await Promise.all([0, 1, 2].map(() => end(start('prepare', folder, cache))));
    const there = readdirSync(join(folder, cache)).filter((name) => name.endsWith('.tmp'));
    if (String(there) !== 'thesis.tmp' || ends.some(({ code }) => code !== 0)) row.lost++;
    if ((await contents(cache)) !== (await contents('clips'))) row.wrong++;
    row['both in turn']++;
  }
  return row;
}

/** All that a prepared clip holds; two files of the same clip may have their parts in another order. */
async function contentOf(cache: ClipCache, film: string): Promise<unknown> {
  const clip = await cache.open({ path: film });
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const segments = await clip.segments(Array.from({ length: clip.segmentCount }, (_, i) => i));
  return [
    ...[clip.duration, clip.handcrafted, hash(new Uint8Array((await clip.waveform()).buffer))],
    ...segments.map(({ time, picture, fields }) => [
      time,
      hash(picture.rgb),
      fields.map((field) => JSON.stringify(field)),
    ]),
  ];
}

/** Flips a bit of a file, and puts the file back. @returns whether what is read then differs and nobody says so. */
async function flipped(
  file: string,
  random: Random,
  good: string,
  read: () => Promise<unknown>,
): Promise<boolean> {
  const whole = readFileSync(file);
  const bytes = Buffer.from(whole);
  const at = random.integer(bytes.length);
  bytes[at] = bytes[at]! ^ (1 << random.integer(8));
  writeFileSync(file, bytes);
  try {
    return JSON.stringify(await read()) !== good;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return false;
  } finally {
    writeFileSync(file, whole);
  }
}

async function bitFlips(folder: string) {
  const random = Random.seeded(500);
  const last = join(folder, 'alone', 'last');
  const features = join(folder, 'alone', 'features');
  const cache = new ClipCache(join(folder, 'clips'), preprocessing);
  const clip = await cache.pathOf({ path: films(folder)[0]! });
  const checkpoint = async () => {
    const { parameters, optimizer, progress } = (await readCheckpoint(last))!;
    const text = (tensors: ReadonlyMap<string, { data: Float32Array }>) =>
      [...tensors].map(([name, { data }]) => [
        name,
        createHash('sha256')
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
          .digest('hex'),
      ]);
    return [text(parameters), optimizer.step, text(optimizer.tensors), progress];
  };
  const readFeatures = async () => {
    rmSync(join(folder, 'again'), { recursive: true, force: true });
    mkdirSync(join(folder, 'again'));
    // a run that reads the features of the first
    cpSync(features, join(folder, 'again', 'features'), { recursive: true });
    await trainIn(folder, 'again');
    return resultOf(folder, 'again');
  };
  const kinds: [string, number, () => string, () => Promise<unknown>][] = [
    ['prepared clips', 240, () => clip, () => contentOf(cache, films(folder)[0]!)],
    ['checkpoints', 240, () => join(last, pick(readdirSync(last), random)), checkpoint],
    ['features', mostFlips - 480, () => join(features, pick(readdirSync(features), random)), readFeatures],
  ];
  const rows: Record<string, { flips: number; 'read as good': number }> = {};
  for (const [kind, flips, file, read] of kinds) {
    const row = { flips: repetitions < 20 ? 4 : flips, 'read as good': 0 };
    const good = JSON.stringify(await read());
    for (let i = 0; i < row.flips; i++) if (await flipped(file(), random, good, read)) row['read as good']++;
    rows[kind] = row;
  }
  return rows;
}

function pick(names: string[], random: Random): string {
  return names[random.integer(names.length)]!;
}

const [, , word, task, folder, name] = process.argv;
if (word === 'task') {
  try {
    await (task === 'train' ? trainIn(folder!, name!) : prepare(folder!, name!));
  } catch (error) {
    process.stderr.write(String(error));
    process.exit(error instanceof InputError ? 1 : 70);
  }
} else {
  const place = mkdtempSync(join(tmpdir(), 'affectline-at-once-'));
  for (const [i, film] of films(place).entries()) await makeFilm(film, i);
  await prepare(place, 'clips');
  await trainIn(place, 'alone');
  console.log(`${repetitions} times each, goal 0 wrong, 0 lost · ${describeMachine()}`);
  console.table({ 'three on one cache': await onOneCache(place) });
  console.table(await bitFlips(place));
  console.table({ 'two starts of a run': await twice(place, 'start', false) });
  console.table({ 'two resumes of a run': await twice(place, 'resume', true) });
  rmSync(place, { recursive: true });
}
