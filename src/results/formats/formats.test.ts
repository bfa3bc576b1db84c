import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { elicited, type FilmAffect } from '../../affect/index.ts';
import { writeAtomically } from '../../support/files.ts';
import { requirement } from '../../support/testing.ts';
import { formats, parquetParts, tableParts } from '../index.ts';
import { frameAt, frameCountOf, frameOf, timecode } from './timecode.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';
const hasReaders = requirement(
  'pympi, opentimelineio with its CMX 3600 adapter, pandas and duckdb (a Python with them, named in AFFECTLINE_PYTHON)',
  () =>
    String(
      execFileSync(python, [
        '-c',
        'import pympi, opentimelineio as o, pandas, duckdb; print("cmx_3600" in o.adapters.available_adapter_names())',
      ]),
    ).includes('True'),
);
const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffprobe', ['-version']).length > 0);

const readBack = (...given: string[]) =>
  JSON.parse(
    execFileSync(python, [fileURLToPath(new URL('read_back.py', import.meta.url)), ...given], {
      encoding: 'utf8',
    }),
  );

/** Calm for 30 s, then excited and unpleasant. */
function filmOf(changes: Partial<FilmAffect> = {}): FilmAffect {
  const value = (time: number) =>
    time < 30 ? { valence: 3.0625, arousal: 2 } : { valence: 2, arousal: 4 + time / 1000 };
  const around = (time: number, sign: number) => ({
    valence: value(time).valence + 0.5 * sign,
    arousal: value(time).arousal + 0.25 * sign,
  });
  return {
    schemaVersion: 1,
    affect: elicited,
    file: 'films/Tom & "Jerry" --> <1940>, 日本.mp4',
    contentHash: `sha256:${'0'.repeat(64)}`,
    duration: 60,
    coverage: 1,
    frameRate: 29.97,
    startTimecode: '01:00:00;00',
    tracks: {},
    model: { name: 'model', preset: 'compact', trained: 'for a test', synthetic: true, scale: [1, 5] },
    options: { streams: ['picture', 'sound'], decoder: 'auto' },
    window: { length: 10, step: 1 },
    clip: { valence: 2.5, arousal: 3 },
    curve: Array.from({ length: 60 }, (_, time) => ({
      time,
      ...value(time),
      low: around(time, -1),
      high: around(time, 1),
      shares: { base: { valence: 3, arousal: 3 }, sound: { valence: 0.5, arousal: -0.5 } },
    })),
    intervals: { confidence: 0.9, method: 'by hand' },
    shots: [
      { from: 0, to: 29.5, begins: 'start', valence: 3, arousal: 2 },
      { from: 29.5, to: 29.51, begins: 'cut', valence: 3, arousal: 3 },
      { from: 29.51, to: 60, begins: 'cut', valence: 2, arousal: 4 },
    ],
    unknown: [],
    streams: ['picture', 'sound'],
    decoder: 'node-av',
    warnings: [],
    ...changes,
  };
}

const film = filmOf();

async function written(format: string, of: FilmAffect = film, name = 'film.affect'): Promise<string[]> {
  const { endings, write } = formats.find((known) => known.name === format)!;
  const contents = await write({ film: of, name });
  expect(contents).toHaveLength(endings.length);
  return endings.map((ending, index) => {
    const path = join(folder, name + ending);
    writeFileSync(path, contents[index]!);
    return path;
  });
}

function ffprobe(path: string, ...options: string[]) {
  return JSON.parse(
    execFileSync('ffprobe', ['-v', 'error', '-of', 'json', ...options, path], { encoding: 'utf8' }),
  );
}

test.skipIf(!hasFfmpeg)('ffprobe reads the subtitles, a cue a second', async () => {
  for (const format of ['vtt', 'srt']) {
    const [path] = await written(format);
    const { packets, streams } = ffprobe(path!, '-show_packets', '-show_streams');
    expect(streams[0].codec_name).toBe(format === 'vtt' ? 'webvtt' : 'subrip');
    expect(packets).toHaveLength(60);
    expect(packets.map((packet: { pts_time: string }) => Number(packet.pts_time))).toEqual(
      film.curve.map(({ time }) => time),
    );
    const text = execFileSync('ffmpeg', ['-v', 'error', '-i', path!, '-f', 'srt', '-'], {
      encoding: 'utf8',
    }).replaceAll('\r\n', '\n');
    expect(text).toContain('calm\nvalence 3.06 (2.56 … 3.56), arousal 2.00 (1.75 … 2.25)');
    expect(text).toContain('excited and unpleasant');
    expect(String(await formats.find(({ name }) => name === format)!.write({ film, name: 'x' }))).toContain(
      elicited.statement,
    );
  }
  const long = filmOf({
    curve: [{ time: 90_061.5, valence: 3, arousal: 3 }],
    duration: 90_062.5,
  });
  expect(
    String(await formats.find(({ name }) => name === 'srt')!.write({ film: long, name: 'x' })),
  ).toContain('25:01:01,500 --> 25:01:02,500');
});

test.skipIf(!hasFfmpeg)('ffmpeg takes the chapters into a film', async () => {
  const [path] = await written('chapters');
  const target = join(folder, 'chapters.mkv');
  const picture = ['-f', 'lavfi', '-i', 'color=s=16x16:r=1:d=60'];
  execFileSync('ffmpeg', ['-v', 'error', ...picture, '-i', path!, '-map_chapters', '1', target]);
  const { chapters } = ffprobe(target, '-show_chapters');
  expect(
    chapters.map((chapter: { start_time: string; end_time: string; tags: { title: string } }) => [
      Number(chapter.start_time),
      Number(chapter.end_time),
      chapter.tags.title,
    ]),
  ).toEqual([
    [0, 30, 'calm (valence 3.06, arousal 2.00)'],
    [30, 60, 'excited and unpleasant (valence 2.00, arousal 4.04)'],
  ]);
});

describe.skipIf(!hasReaders)('read back by other programs', () => {
  test('ELAN, by pympi', async () => {
    const [document] = await written('elan');
    const read = readBack('elan', document!.slice(0, -'.eaf'.length));
    expect(read.tiers['elicited affect'].map((annotation: unknown[]) => annotation.slice(0, 2))).toEqual([
      [0, 30_000],
      [30_000, 60_000],
    ]);
    expect(read.tiers['elicited affect'][1][2]).toBe('excited and unpleasant (valence 2.00, arousal 4.04)');
    expect(read.tiers.shots.map((annotation: unknown[]) => annotation.slice(0, 2))).toEqual([
      [0, 29_500],
      [29_500, 29_510],
      [29_510, 60_000],
    ]);
    expect(read).toMatchObject({
      links: ['./film.affect_tsconf.xml', './film.affect.timeseries.csv'],
      source: 'film.affect.timeseries.csv',
      columns: { valence: 'valence', arousal: 'arousal' },
      rows: 60,
    });
  });

  test("OpenTimelineIO's own program reads the timeline; shots shorter than a frame are left out", async () => {
    const [path] = await written('otio');
    const read = readBack('timeline', path!);
    const rate = 30_000 / 1001;
    const start = frameOf('01:00:00;00', frameCountOf(rate))!;
    const name = 'Tom & "Jerry" --> <1940>, 日本.mp4';
    expect(read.start).toBe('01:00:00;00');
    expect(read.clips).toEqual([
      [name, start, 884, rate],
      [name, start + 884, 1798 - 884, rate],
    ]);
    expect(read.shots).toEqual([2, 4]);
    expect(read.markers.slice(0, 2)).toEqual(['calm', 'excited and unpleasant']);
    expect(read.markers[2]).toMatch(/^peak: valence 2\.00 /);
  });

  test('the edit list, by the CMX 3600 reader of OpenTimelineIO', async () => {
    const [path] = await written('edl');
    const name = 'Tom & "Jerry" -> <1940>, ??.mp4';
    expect(readBack('edit_list', path!, '30000/1001')).toEqual([
      [name, '01:00:00;00', 884],
      [name, '01:00:29;14', 914],
    ]);
    const plain = filmOf({
      shots: [{ from: 0, to: 60, begins: 'start', valence: 3, arousal: 3 }],
      file: 'a.mp4',
    });
    const { startTimecode: _, frameRate: __, ...bare } = plain;
    const [other] = await written('edl', bare, 'bare');
    expect(readBack('edit_list', other!, '25')).toEqual([['a.mp4', '00:00:00:00', 1500]]);
  });

  test('the traces of EmotionML lie between 0 and 1, and the film triggers them', async () => {
    const [path] = await written('emotionml');
    const read = readBack('emotion_ml', path!);
    expect(read.vocabulary).toEqual(['valence', 'arousal']);
    const [frequency, samples] = read.traces.arousal;
    expect(frequency).toBe('1Hz');
    expect(samples.split(' ').map(Number)).toEqual(
      film.curve.map(({ arousal }) => Number(((arousal - 1) / 4).toFixed(4))),
    );
    expect(read.references[0]).toEqual([
      'Tom%20&%20%22Jerry%22%20--%3E%20%3C1940%3E,%20%E6%97%A5%E6%9C%AC.mp4',
      'triggeredBy',
    ]);
    expect(read.references[1][0]).toMatch(/#t=0\.000,29\.500$/);
    const { scale: _, ...unscaled } = film.model;
    await expect(written('emotionml', filmOf({ model: unscaled }))).rejects.toThrow(
      'this model has no scale',
    );
  });

  test('one table of films with different streams, by DuckDB and pandas', async () => {
    const silent = filmOf({
      file: 'a.mp4',
      curve: [{ time: 0, valence: 1.5, arousal: 2.5 }],
    });
    const [parquet, csv] = ['films.parquet', 'films.csv'].map((name) => join(folder, name));
    const films = () => [film, silent];
    await writeAtomically(parquet!, parquetParts(films));
    await writeAtomically(csv!, tableParts(films));
    const read = readBack('tables', parquet!, csv!);
    expect(read.types).toEqual(['VARCHAR', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'DOUBLE']);
    expect(read.parquet).toHaveLength(61);
    expect(read.parquet.find(([name]: [string]) => name === 'a.mp4')).toEqual(['a.mp4', 0, 1.5, null, null]);
    expect(read.csv.find(([name]: [string]) => name === 'a.mp4')).toEqual(['a.mp4', 0, 1.5, null, null]);
    expect(read.csv[40]).toEqual([film.file, 40, 2, 3.79, 0.5]);
    expect(read.parquet.find(([name, time]: [string, number]) => name === film.file && time === 40)).toEqual([
      film.file,
      40,
      2,
      film.curve[40]!.low!.arousal,
      0.5,
    ]);
  });

  test('a table that is written in several groups of rows is one file', async () => {
    const long = (file: string) =>
      filmOf({
        file,
        curve: Array.from({ length: 40_000 }, (_, time) => ({ time, valence: 2, arousal: 4 })),
      });
    const names = ['long.parquet', 'long.csv'].map((name) => join(folder, name)) as [string, string];
    const films = function* () {
      for (const file of ['1.mp4', '2.mp4', '3.mp4']) yield long(file);
      yield film;
    };
    await writeAtomically(names[0], parquetParts(films));
    await writeAtomically(names[1], tableParts(films));
    expect(readBack('counts', ...names)).toEqual({ parquet: [120_060, 4, 2], csv: 120_060 });
  }, 60_000);
});

test('timecode counts as SMPTE ST 12 says: numbers are dropped, but no frames', () => {
  const ntsc = frameCountOf(29.97);
  expect(ntsc).toEqual({ nominal: 30, rate: 30_000 / 1001, dropsFrames: true });
  expect([1799, 1800, 17_981, 17_982, 107_892].map((frame) => timecode(frame, ntsc))).toEqual([
    '00:00:59;29',
    '00:01:00;02',
    '00:09:59;29',
    '00:10:00;00',
    '01:00:00;00',
  ]);
  for (let frame = 0; frame < 40_000; frame += 7) expect(frameOf(timecode(frame, ntsc), ntsc)).toBe(frame);
  expect(frameOf('00:01:00;00', ntsc)).toBeUndefined();
  expect(timecode(3600 * 24 * 25 + 3, frameCountOf(25))).toBe('00:00:00:03');
  expect(frameCountOf(23.976)).toMatchObject({ nominal: 24, dropsFrames: false });
  expect(frameCountOf(59.94)).toMatchObject({ nominal: 60, dropsFrames: true });
  expect([undefined, 0, 17].map((rate) => frameCountOf(rate).rate)).toEqual([25, 25, 25]);
  expect(frameAt(10, ntsc)).toBe(300);
});

test('a film of one point, without shots, is handed over in every format', async () => {
  const { shots: _, startTimecode: __, frameRate: ___, ...rest } = filmOf({ duration: 0.04 });
  const short: FilmAffect = { ...rest, curve: film.curve.slice(0, 1) };
  for (const { name } of formats) expect((await written(name, short, 'short')).length).toBeGreaterThan(0);
});
