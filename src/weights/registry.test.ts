import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  fetchPretrained,
  type PretrainedFile,
  pretrainedFiles,
  pretrainedPath,
  trustedHash,
} from './registry.ts';
import { writeSafetensors } from './safetensors.ts';

let body: Buffer;
let requests = 0;
const server = createServer((_, response) => {
  requests++;
  response.end(body);
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

let folder: string;
let file: PretrainedFile;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-registry-'));
  vi.stubEnv('AFFECTLINE_CACHE', folder);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  file = { name: 'x', backbone: 'densenet', about: '', file: 'x.safetensors', url };
  const path = join(folder, 'sample');
  await writeSafetensors(
    path,
    new Map([['features.conv0.weight', { shape: [1], data: new Float32Array(1) }]]),
  );
  body = readFileSync(path);
  rmSync(path);
  requests = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a pretrained file is fetched once, then taken from the cache', async () => {
  const path = await fetchPretrained(file);
  expect(path).toBe(join(folder, 'weights', 'x.safetensors'));
  expect(readFileSync(path)).toEqual(body);
  expect(await fetchPretrained(file)).toBe(path);
  expect(await fetchPretrained(file, { offline: true })).toBe(path);
  expect(requests).toBe(1);
});

test('offline, nothing is asked of the network', async () => {
  await expect(fetchPretrained(file, { offline: true })).rejects.toThrow('--offline forbids fetching it');
  expect(requests).toBe(0);
});

test('a page that asks to sign in is not kept as weights, also where no hash is known', async () => {
  body = Buffer.from('<!DOCTYPE html><title>Virus scan warning</title>');
  await expect(fetchPretrained(file)).rejects.toThrow('a web page, not weights');
  expect(readdirSync(join(folder, 'weights'))).toEqual([]);
});

test('weights of another network are not kept', async () => {
  const other = join(folder, 'other');
  await writeSafetensors(other, new Map([['layer1.weight', { shape: [1], data: new Float32Array(1) }]]));
  body = readFileSync(other);
  await expect(fetchPretrained(file)).rejects.toThrow('of no network that is known');
  expect(readdirSync(join(folder, 'weights'))).toEqual([]);
});

test('where no hash is known, that of the first fetch is told, and kept to', async () => {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const told: string[] = [];
  const onFirstUse = (digits: string) => told.push(digits);
  const path = await fetchPretrained(file, { onFirstUse });
  expect(await trustedHash(file)).toBe(sha256);
  await fetchPretrained(file, { onFirstUse });
  expect(told).toEqual([sha256]);
  writeFileSync(path, Buffer.concat([body, Buffer.from('x')]));
  await expect(fetchPretrained(file)).rejects.toThrow(/another file than was fetched; .*, not [0-9a-f]{64};/);
  rmSync(path);
  body = Buffer.concat([body, Buffer.from('x')]);
  await expect(fetchPretrained(file)).rejects.toThrow('another file than was meant');
});

test('of a known hash, all of it is looked at, in the cache too', async () => {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const told: string[] = [];
  const path = await fetchPretrained({ ...file, sha256 }, { onFirstUse: (digits) => told.push(digits) });
  expect(told).toEqual([]);
  writeFileSync(path, 'x');
  await expect(fetchPretrained({ ...file, sha256 })).rejects.toThrow('another file than was fetched');
});

test('every known file has a name of its own, comes over HTTPS and stays in the cache folder', () => {
  expect(new Set(pretrainedFiles.map(({ name }) => name)).size).toBe(pretrainedFiles.length);
  for (const known of pretrainedFiles) {
    expect(known.url).toMatch(/^https:/);
    expect(pretrainedPath(known)).toBe(join(folder, 'weights', known.file));
    expect(known.file).toMatch(/^[\w.-]+$/);
    if (known.sha256?.length === 8) expect(known.file).toContain(known.sha256);
    else expect(known.sha256 ?? '').toMatch(/^([0-9a-f]{64})?$/);
  }
});
