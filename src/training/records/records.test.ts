import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type EpochRecord, writeRecords } from './records.ts';
import { crc32c, eventFile } from './tensorboard.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-records-'));
afterAll(() => rmSync(folder, { recursive: true }));

const epoch = (number: number): EpochRecord => ({
  epoch: number,
  wallTime: 1.7e9 + number,
  seconds: 10,
  waited: 0.25,
  learningRate: 0.001,
  trainLoss: 1 / number,
  validationError: 0.9,
  valenceError: 0.5,
  arousalError: 0.75,
  valenceR: 0.1,
  arousalR: -0.2,
});

// RFC 3720, appendix B.4
test.each([
  ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['32 incrementing bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['"123456789"', Buffer.from('123456789'), 0xe3069283],
])('CRC-32C of %s', (_, data, crc) => {
  expect(crc32c(data)).toBe(crc);
});

test('an event file is framed as TFRecords, and holds tag, step and value', () => {
  const file = eventFile([{ tag: 'loss', step: 300, value: 0.5, wallTime: 1.5 }]);
  const messages: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    messages.push(file.subarray(at + 12, at + 12 + length));
    at += 16 + length;
    expect(at).toBeLessThanOrEqual(file.length);
  }
  expect(messages[0]!.includes('brain.Event:2')).toBe(true);
  // wall_time 1.5; step 300; summary { value { tag "loss", simple_value 0.5 } }
  expect(messages[1]!.toString('hex')).toBe('09000000000000f83f10ac022a0d0a0b0a046c6f7373150000003f');
});

test('the files of a run are written whole, and again after each epoch', async () => {
  await writeRecords(folder, [epoch(1)]);
  await writeRecords(folder, [epoch(1), epoch(2)]);
  expect(readdirSync(folder).sort()).toEqual([
    'events.out.tfevents.affectline',
    'metrics.jsonl',
    'results.csv',
  ]);
  const csv = readFileSync(join(folder, 'results.csv'), 'utf8').split('\n');
  expect(csv).toEqual([
    'epoch,wallTime,seconds,waited,learningRate,trainLoss,validationError,valenceError,arousalError,valenceR,arousalR',
    '1,1700000001,10,0.25,0.001,1,0.9,0.5,0.75,0.1,-0.2',
    '2,1700000002,10,0.25,0.001,0.5,0.9,0.5,0.75,0.1,-0.2',
    '',
  ]);
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).epoch)).toEqual([1, 2]);
});
