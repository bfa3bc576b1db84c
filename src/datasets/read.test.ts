import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeRandomAnnotations } from './annotation-fixture.ts';
import { checkDataSet, checkText } from './check.ts';
import { lirisLayout } from './layout.ts';
import { problemText } from './problems.ts';
import { openDataSet, readAnnotations } from './read.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'affectline-datasets-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const edit = (file: string, change: (text: string) => string) =>
  writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));
const problemsOf = () => readAnnotations(root).problems.first.map(problemText);
function replaceLine(file: string, line: number, content: string) {
  edit(file, (text) =>
    text
      .split('\n')
      .map((old, i) => (i === line - 1 ? content : old))
      .join('\n'),
  );
}

describe('LIRIS-ACCEDE', () => {
  test('what is written is what is read', () => {
    const written = writeRandomAnnotations(root, { films: 8, clips: 60 });
    const { clips, films, problems, format, files } = readAnnotations(root);
    expect(problems.text()).toBe('');
    expect(format).toBe('liris-accede');
    expect(files).toHaveLength(4);
    expect(clips).toEqual(
      written.map(({ license: _, ...clip }) => ({
        ...clip,
        path: join(root, lirisLayout.clips, clip.name),
      })),
    );
    expect(films).toHaveLength(8);
    expect(films[2]).toMatchObject({
      name: 'Random_film_2',
      title: 'Random film <2> & numbers',
      language: 'none',
    });
    expect(films[2]!.length).toBeGreaterThan(10);
  });

  test('the example of the original description is understood, and 0 is the test set', () => {
    mkdirSync(join(root, 'LIRIS-ACCEDE-annotations/annotations'), { recursive: true });
    mkdirSync(join(root, 'LIRIS-ACCEDE-data'));
    const header =
      'id\tname\tvalenceRank\tarousalRank\tvalenceValue\tarousalValue\tvalenceVariance\tarousalVariance';
    writeFileSync(
      join(root, lirisLayout.ranking),
      `${header}\r\n0\tACCEDE00000.mp4\t0\t0\t2.5\t1.5\t0.1\t0.2\r\n`,
    );
    writeFileSync(join(root, lirisLayout.sets), 'id\tname\tset\n0\tACCEDE00000.mp4\t0\n');
    writeFileSync(
      join(root, lirisLayout.description),
      `<?xml version="1.0"?><library><media><id>0</id><name>ACCEDE00000.mp4</name>
       <license>20 Mississippi shared under Creative Commons</license><movie>20_Mississippi.mp4</movie>
       <start>833</start><end>1094</end></media></library>`,
    );
    const { clips, problems } = readAnnotations(root);
    expect(problems.text()).toBe('');
    expect(clips).toMatchObject([
      { film: '20_Mississippi', set: 'test', start: 833, end: 1094, valence: 2.5, arousal: 1.5 },
    ]);
  });

  test('the parts of a film are one film', () => {
    writeRandomAnnotations(root, { films: 4, clips: 8 });
    edit(lirisLayout.description, (text) =>
      text
        .replaceAll('Random_film_0.mp4', 'Dabbler_1_2.mp4')
        .replaceAll('Random_film_1.mp4', 'Dabbler_2_2.mp4')
        .replaceAll('Random_film_2.mp4', 'Apollo_1_3.mp4'),
    );
    const films = new Set(readAnnotations(root).clips.map((clip) => clip.film));
    expect(films).toEqual(new Set(['Dabbler', 'Apollo_1_3', 'Random_film_3']));
  });

  test('every malformed line is reported with its file and line', () => {
    writeRandomAnnotations(root, { films: 4, clips: 20 });
    const { ranking, sets, description } = lirisLayout;
    const rankingLines = readFileSync(join(root, ranking), 'utf8').split('\n');
    const changed = (line: number, column: number, value: string) =>
      replaceLine(ranking, line, rankingLines[line - 1]!.split('\t').with(column, value).join('\t'));
    changed(2, 4, '2,5,');
    changed(3, 5, '7.5');
    changed(4, 1, '../../etc/passwd');
    changed(5, 2, '1.5');
    changed(6, 2, rankingLines[6]!.split('\t')[2]!);
    replaceLine(ranking, 8, 'a b c');
    replaceLine(sets, 10, '8\tACCEDE00008.mp4\t3');
    edit(description, (text) => text.replace(/<start>(\d+)<\/start>/, '<start>99999999</start>'));
    const problems = problemsOf();
    for (const expected of [
      `${ranking}:2: valenceValue '2,5,': a number expected`,
      `${ranking}:3: arousalValue 7.5: 1 to 5 expected`,
      `${ranking}:4: name '../../etc/passwd': the name of a file expected, without a path`,
      `${ranking}:5: valenceRank '1.5': a whole number expected`,
      `${ranking}:8: 1 fields; 8 expected: id name valenceRank arousalRank valenceValue arousalValue valenceVariance arousalVariance`,
      `${sets}:10: set 3: 0 to 2 expected`,
    ])
      expect(problems).toContain(expected);
    expect(problems.some((text) => /ranking.txt:7: valenceRank \d+ is given twice/.test(text))).toBe(true);
    expect(
      problems.some((text) => /description.xml:\d+: end \d+ does not lie after start 99999999/.test(text)),
    ).toBe(true);
    expect(problems).toContain(`${ranking}:10: ACCEDE00008.mp4 is not in ACCEDEsets.txt`);
    expect(() => openDataSet(root)).toThrow(/has \d+ problems:\n.*ACCEDEranking.txt:2: valenceValue/);
  });

  test('lines of an element are counted in XML, and broken XML says where', () => {
    writeRandomAnnotations(root, { films: 2, clips: 6 });
    const text = readFileSync(join(root, lirisLayout.description), 'utf8');
    const line = text.slice(0, text.indexOf('<name>ACCEDE00003')).split('\n').length - 2;
    edit(lirisLayout.description, (old) => old.replace('ACCEDE00003.mp4', '/ACCEDE00003.mp4'));
    expect(problemsOf()[0]).toBe(
      `${lirisLayout.description}:${line}: name '/ACCEDE00003.mp4': the name of a file expected, without a path`,
    );
    writeFileSync(join(root, lirisLayout.description), text.replace('</movie>', '</film>'));
    expect(problemsOf()[0]).toMatch(/ACCEDEdescription.xml:\d+: is not well-formed XML/);
  });

  test('entities that a file defines are not expanded', () => {
    writeRandomAnnotations(root, { films: 2, clips: 6 });
    const bomb = '<!DOCTYPE library [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<library>';
    edit(lirisLayout.movies, (text) => text.replace('<library>', bomb).replace('Random film &lt;0', '&b;'));
    expect(readAnnotations(root).films[0]!.title).toBe('&b;> & numbers');
  });

  test('a missing file of the set, and a line without its partner, are problems', () => {
    writeRandomAnnotations(root, { films: 4, clips: 20 });
    edit(lirisLayout.ranking, (text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
    rmSync(join(root, lirisLayout.sets));
    const problems = problemsOf();
    expect(problems[0]).toBe('ACCEDEsets.txt: is missing; without it there is no official split');
    expect(problems[1]).toMatch(
      /ACCEDEdescription.xml:\d+: ACCEDE00019.mp4 has no line in ACCEDEranking.txt/,
    );
  });

  test('an instruction that is never closed is a problem, not an exception', () => {
    writeRandomAnnotations(root, { films: 3, clips: 12 });
    const file = join(root, lirisLayout.movies);
    writeFileSync(file, `${readFileSync(file, 'utf8')}<?`);
    expect(readAnnotations(root).problems.count).toBeGreaterThan(0);
  });

  test('random damage is a problem or changes nothing, and never an exception', () => {
    writeRandomAnnotations(root, { films: 3, clips: 12 });
    const files = [lirisLayout.ranking, lirisLayout.sets, lirisLayout.description, lirisLayout.movies];
    const originals = files.map((file) => readFileSync(join(root, file), 'utf8'));
    const clips = readAnnotations(root).clips.length;
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(30),
        fc.string(),
        (which, at, length, text) => {
          const original = originals[which]!;
          const from = Math.floor(at * original.length);
          writeFileSync(
            join(root, files[which]!),
            original.slice(0, from) + text + original.slice(from + length),
          );
          const { clips: read, problems } = readAnnotations(root);
          writeFileSync(join(root, files[which]!), original);
          return read.length === clips || problems.count > 0;
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('MediaEval 2016', () => {
  test('has no header, names no film, and ends its lines with CR alone, as the original', () => {
    mkdirSync(join(root, 'annotations'));
    mkdirSync(join(root, 'data'));
    writeFileSync(
      join(root, 'annotations/MEDIAEVAL16-Global_prediction.txt'),
      'MEDIAEVAL16_00000.mp4 3.1 2.25\rMEDIAEVAL16_00001.mp4 2 4\r\rMEDIAEVAL16_00001.mp4 2 4\r',
    );
    writeFileSync(join(root, 'data/MEDIAEVAL16_00000.mp4'), 'x');
    const { clips, problems, format } = readAnnotations(root);
    expect(format).toBe('mediaeval-2016');
    expect(clips).toHaveLength(2);
    expect(clips[0]).toMatchObject({
      id: 'MEDIAEVAL16_00000',
      path: join(root, 'data/MEDIAEVAL16_00000.mp4'),
      valence: 3.1,
      arousal: 2.25,
    });
    expect(problems.text()).toBe(
      'annotations/MEDIAEVAL16-Global_prediction.txt:4: MEDIAEVAL16_00001.mp4 is given twice',
    );
  });
});

describe("labels of one's own", () => {
  const csv = (text: string) => writeFileSync(join(root, 'labels.csv'), text);

  test('CSV with quotes, JSON Lines with the same content', () => {
    csv('film,path,valence,arousal,start\n"One, ""two""",a/b.mp4,2.5,4,\nTwo,c.mp4,1,5,3.5\n');
    const expected = [
      { film: 'One, "two"', path: join(root, 'a/b.mp4'), name: 'b.mp4', valence: 2.5, arousal: 4 },
      { film: 'Two', path: join(root, 'c.mp4'), valence: 1, arousal: 5, start: 3.5 },
    ];
    expect(readAnnotations(root).problems.text()).toBe('');
    expect(readAnnotations(root).clips).toMatchObject(expected);
    rmSync(join(root, 'labels.csv'));
    const rows = [
      { film: 'One, "two"', path: 'a/b.mp4', valence: 2.5, arousal: 4 },
      { film: 'Two', path: 'c.mp4', valence: 1, arousal: 5, start: 3.5 },
    ];
    writeFileSync(join(root, 'labels.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    expect(readAnnotations(root).clips).toMatchObject(expected);
  });

  test('paths that leave the folder, missing columns and bad scores are refused', () => {
    csv(
      'path,valence,arousal,set\n../x.mp4,2,2,\n/etc/passwd,2,2,\na.mp4,nan,2,\nb.mp4,2,2,some\n,2,2,\nd.mp4,2,2\nc.mp4,2,"2,\n',
    );
    expect(problemsOf()).toEqual([
      'labels.csv:8: a quoted field is not closed, or text follows its closing quote',
      "labels.csv:2: path '../x.mp4' leads out of the data set's folder",
      "labels.csv:3: path '/etc/passwd' leads out of the data set's folder",
      "labels.csv:4: valence 'nan': a number expected",
      "labels.csv:5: set 'some': one of train, validation, test expected",
      'labels.csv:6: path is missing',
      'labels.csv:7: 3 fields; 4 expected: path, valence, arousal, set',
    ]);
    csv('path,valence,mood\n');
    expect(problemsOf()).toEqual([
      "labels.csv:1: the header lacks arousal; it has 'path', 'valence', 'mood'",
    ]);
  });

  test('what spreadsheets write is read: semicolons, tabs, decimal commas, UTF-16, CR alone, blank lines, other columns', () => {
    const rows = [
      ['Path', 'note', 'valence', 'arousal', 'film'],
      ['a.mp4', 'über; "gut"', '2,5', '4', 'One'],
      ['', '', '', '', ''],
      ['b.mp4', '', '1', '4,25', 'One'],
    ];
    const quote = (field: string) => (/[",;\t]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
    const variants: Uint8Array[] = [';', '\t', ','].flatMap((delimiter) =>
      ['\n', '\r\n', '\r'].flatMap((end) => {
        const cell = (field: string) =>
          delimiter === ',' && /^\d,/.test(field) ? field.replace(',', '.') : quote(field);
        const text = rows.map((row) => row.map(cell).join(delimiter) + end).join('') + end;
        return [
          Buffer.from(text),
          Buffer.from(`\ufeff${text}`),
          Buffer.from(`\ufeff${text}`, 'utf16le'),
          Buffer.from(text, 'utf16le'),
          Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
          Buffer.from(text, 'latin1'),
        ];
      }),
    );
    for (const bytes of variants) {
      writeFileSync(join(root, 'labels.csv'), bytes);
      const { clips, problems } = readAnnotations(root);
      expect(problems.text()).toBe('');
      expect(clips).toMatchObject([
        { id: 'a.mp4', valence: 2.5, arousal: 4, film: 'One' },
        { id: 'b.mp4', valence: 1, arousal: 4.25, film: 'One' },
      ]);
    }
    expect(variants).toHaveLength(54);
  });

  test('an endless quoted field and millions of lines are problems, not faults', () => {
    csv(`path,valence,arousal\na.mp4,2,2\n"${'x'.repeat(8e6)}`);
    expect(problemsOf()[0]).toMatch(/^labels.csv:3: a line is longer than 65536 characters/);
    csv(`path,valence,arousal\n${'a.mp4,2,2\n'.repeat(600_000)}`);
    expect(problemsOf()).toEqual([
      'labels.csv: has more than 500,000 lines; labels of at most so many clips expected',
    ]);
  });

  test('a link out of the folder is not followed', () => {
    csv('path,valence,arousal\nlink.mp4,2,2\n');
    symlinkSync('/etc/passwd', join(root, 'link.mp4'));
    expect(() => openDataSet(root)).toThrow(/lacks 1 of 1 clips/);
    expect(checkText(checkDataSet(root))).toMatch(/link.mp4: is a link out of the data set's folder/);
  });
});

describe('check', () => {
  test('counts clips, films, splits, overlaps, missing and empty files', () => {
    const clips = writeRandomAnnotations(root, { films: 8, clips: 80 });
    mkdirSync(join(root, lirisLayout.clips));
    clips.slice(0, 78).forEach(({ name }, i) => {
      writeFileSync(join(root, lirisLayout.clips, name), i === 5 ? '' : 'video');
    });
    const report = checkDataSet(root);
    const overlapping = clips.filter(
      (clip, i) => i > 0 && clip.film === clips[i - 1]!.film && clip.start <= clips[i - 1]!.end,
    );
    expect(overlapping.length).toBeGreaterThan(0);
    expect(report).toMatchObject({
      clips: 80,
      films: 8,
      missing: 2,
      empty: 1,
      problemCount: 3,
      usable: false,
    });
    expect(report.overlaps).toBe(overlapping.length);
    expect(report.splits).toEqual([
      { set: 'train', clips: 20, films: 2 },
      { set: 'validation', clips: 20, films: 2 },
      { set: 'test', clips: 40, films: 4 },
    ]);
    expect(report.valence!.lowest).toBeCloseTo(1.33, 12);
    expect(report.filmsAcrossSplits).toEqual([]);
    const text = checkText(report);
    expect(text).toContain(`${lirisLayout.clips}/ACCEDE00078.mp4: is missing`);
    expect(text).toContain(`${lirisLayout.clips}/ACCEDE00005.mp4: is empty`);
  });

  test('a film in two parts of the split is named', () => {
    writeRandomAnnotations(root, { films: 4, clips: 20 });
    replaceLine(lirisLayout.sets, 2, '0\tACCEDE00000.mp4\t0');
    expect(checkDataSet(root).filmsAcrossSplits).toEqual(['Random_film_0']);
  });

  test('a file with ten thousand bad lines gives a bounded report', () => {
    writeRandomAnnotations(root, { films: 4, clips: 20 });
    appendFileSync(join(root, lirisLayout.ranking), 'bad\n'.repeat(10_000));
    const report = checkDataSet(root);
    expect(report.problemCount).toBe(10_020);
    expect(report.problems).toHaveLength(200);
    expect(checkText(report)).toContain('… and 9980 more');
  });

  test('a folder without annotations, and none at all', () => {
    expect(() => checkDataSet(root)).toThrow(/holds no annotations known here: LIRIS-ACCEDE/);
    expect(() => checkDataSet(join(root, 'nothing'))).toThrow(/is not a folder/);
    expect(() => readAnnotations(root, 'liris')).toThrow(/unknown format 'liris'; one of: liris-accede/);
  });
});

test('start and end cut clips out of a file, several out of one; where a film is named, the file is the cut', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-cuts-'));
  for (const name of ['a.mp4', 'b.mp4', 'c.mp4']) writeFileSync(join(folder, name), '');
  const rows = ['a.mp4,2,3,,0,5', 'a.mp4,3,3,,5,9.5', 'b.mp4,2,2,,1,', 'c.mp4,1,1,a film,100,110'];
  writeFileSync(join(folder, 'labels.csv'), `path,valence,arousal,film,start,end\n${rows.join('\n')}\n`);
  const { clips, problems } = readAnnotations(folder);
  expect(problems.count).toBe(0);
  expect(clips.map(({ id, film, part }) => [id, film, part])).toEqual([
    ['a.mp4#0-5', 'a.mp4', { start: 0, end: 5 }],
    ['a.mp4#5-9.5', 'a.mp4', { start: 5, end: 9.5 }],
    ['b.mp4#1-', 'b.mp4', { start: 1 }],
    ['c.mp4', 'a film', undefined],
  ]);
  rmSync(folder, { recursive: true });
});
