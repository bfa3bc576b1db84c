import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeLayout } from '../../exports/index.ts';
import { requirement } from '../../support/testing.ts';
import { readModel, starterFolder } from './index.ts';

const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';
const hasClient = requirement('huggingface_hub (a Python with it, named in AFFECTLINE_PYTHON)', () => {
  execFileSync(python, ['-c', 'import huggingface_hub'], { stdio: 'ignore' });
  return true;
});

const root = mkdtempSync(join(tmpdir(), 'affectline-hub-test-'));
const sha = 'a'.repeat(40);
const sha1 = (bytes: Buffer) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const names = ['README.md', 'config.json', 'model.safetensors'];
const original = new Map<string, Buffer>();
let content: Map<string, Buffer>;
let requests: string[] = [];
/** After so many bytes the connection is cut, once. */
let cutAfter = 0;
let listed: (answer: { sha: string; siblings: object[] }) => unknown;

/** A hub with one model, as far as Hugging Face's client and ours ask it. */
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url!, 'http://localhost');
  requests.push(`${request.method} ${pathname}${request.headers.range ? ` ${request.headers.range}` : ''}`);
  if (pathname === '/api/models/someone/starter/revision/main') {
    const siblings = names.map((name) => {
      const bytes = original.get(name)!;
      const lfs = name.endsWith('.safetensors') && { lfs: { sha256: sha256(bytes), size: bytes.length } };
      return { rfilename: name, size: bytes.length, blobId: sha1(bytes), ...lfs };
    });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(listed({ sha, siblings })));
    return;
  }
  const [, revision, file] = /^\/someone\/starter\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  const bytes = content.get(file ?? '');
  if (!bytes || (revision !== sha && revision !== 'main')) {
    response.writeHead(404).end();
    return;
  }
  const hash = file!.endsWith('.safetensors') ? sha256(original.get(file!)!) : sha1(original.get(file!)!);
  const headers = { etag: `"${hash}"`, 'x-repo-commit': sha, 'accept-ranges': 'bytes' };
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(start > 0 ? 206 : 200, {
    ...headers,
    ...range,
    'content-length': bytes.length - start,
  });
  if (request.method === 'HEAD') response.end();
  else if (cutAfter > 0 && file!.endsWith('.safetensors')) {
    response.write(bytes.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 200));
    cutAfter = 0;
  } else response.end(bytes.subarray(start));
});

const environment = { ...process.env };
let home: string;
beforeAll(async () => {
  await writeLayout(join(root, 'layout'), await readModel(starterFolder), { layout: 'hugging-face' });
  for (const name of names) original.set(name, readFileSync(join(root, 'layout', name)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  home = mkdtempSync(join(root, 'home-'));
  content = new Map(original);
  requests = [];
  cutAfter = 0;
  listed = (answer) => answer;
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const name of ['HF_HUB_CACHE', 'HF_HUB_OFFLINE']) delete process.env[name];
  Object.assign(process.env, { HF_HOME: home, HF_ENDPOINT: endpoint, HF_HUB_DISABLE_TELEMETRY: '1' });
});
afterEach(() => {
  process.env = { ...environment };
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});

const repository = () => join(home, 'hub/models--someone--starter');
const starterHash = async () => (await readModel(starterFolder)).description.contentHash;

test('a model comes from the hub once, then from the cache, asked for or offline; it is the same model', async () => {
  const model = await readModel('hf:someone/starter');
  expect(model.description.contentHash).toBe(await starterHash());
  expect(requests).toEqual([
    'GET /api/models/someone/starter/revision/main',
    ...['config.json', 'model.safetensors', 'README.md'].map(
      (name) => `GET /someone/starter/resolve/${sha}/${name}`,
    ),
  ]);
  expect(readFileSync(join(repository(), 'refs/main'), 'utf8')).toBe(sha);
  expect(lstatSync(join(repository(), 'snapshots', sha, 'config.json')).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(repository(), 'blobs'))).toHaveLength(3);

  requests = [];
  await readModel('hf:someone/starter');
  expect(requests).toEqual(['GET /api/models/someone/starter/revision/main']);
  requests = [];
  await readModel(`hf:someone/starter@${sha}`);
  process.env.HF_HUB_OFFLINE = '1';
  await readModel('hf:someone/starter');
  expect(requests).toEqual([]);
  delete process.env.HF_HUB_OFFLINE;
  process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
  expect((await readModel('hf:someone/starter')).description.name).toBe('starter');
});

test('cut in the middle, it goes on from there', async () => {
  cutAfter = 300_000;
  await readModel('hf:someone/starter');
  const weights = requests.filter((request) => request.includes('safetensors'));
  expect(weights).toHaveLength(2);
  expect(weights[1]).toMatch(/bytes=\d+-$/);
});

test('other files than the hub announced are refused, and leave nothing', async () => {
  for (const name of ['config.json', 'model.safetensors']) {
    content = new Map(original);
    const changed = Buffer.from(original.get(name)!);
    changed[changed.length - 3]! ^= 1;
    content.set(name, changed);
    await expect(readModel('hf:someone/starter'), name).rejects.toThrow(/another file than/);
  }
  expect(readdirSync(join(repository(), 'blobs'))).toEqual([sha1(original.get('config.json')!)]);
});

test('what the hub says is not trusted', async () => {
  listed = ({ siblings }) => ({ sha: '../../../somewhere', siblings });
  await expect(readModel('hf:someone/starter')).rejects.toThrow(/does not say which commit/);
  listed = () => 'x'.repeat(5 * 2 ** 20);
  await expect(readModel('hf:someone/starter')).rejects.toThrow(/too many for this file/);
  listed = ({ siblings }) => ({ sha, siblings: siblings.slice(0, 2) });
  await expect(readModel('hf:someone/starter')).rejects.toThrow(/holds no model\.safetensors/);
  // a large file under the name of a small one
  content.set('config.json', Buffer.alloc(2 ** 20 + 1, ' '));
  listed = (answer) => answer;
  await expect(readModel('hf:someone/starter')).rejects.toThrow(/too many for this file/);
  expect(readdirSync(join(repository(), 'blobs'))).toEqual([]);
});

test('names that are none, models that are not there or of another program, are told plainly', async () => {
  for (const name of ['hf:starter', 'hf:../x', 'hf:a/..', 'hf:a/b/c', 'hf:a--b/c', 'hf:a/b@../../x', 'hf:'])
    await expect(readModel(name), name).rejects.toThrow(/named hf:owner\/name/);
  await expect(readModel('hf:someone/else')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(/^hf:someone\/else: .*404/),
  });
  process.env.HF_HUB_OFFLINE = '1';
  await expect(readModel('hf:someone/starter')).rejects.toThrow(/HF_HUB_OFFLINE is set/);
  writeFileSync(join(home, 'config.json'), '{"model_type":"bert"}');
  await expect(readModel(home)).rejects.toThrow(/model_type is "bert", not "affectline"/);
});

test('a folder goes to the layout and back without a changed byte', async () => {
  const back = join(root, 'back');
  const layout = await readModel(join(root, 'layout'));
  await writeLayout(back, layout, { layout: 'own' });
  for (const name of ['model.json', 'model.safetensors'])
    expect(readFileSync(join(back, name)).equals(readFileSync(join(starterFolder, name))), name).toBe(true);
  expect((await readModel(back)).description.contentHash).toBe(await starterHash());
  await expect(writeLayout(back, layout, { layout: 'own' })).rejects.toMatchObject({ code: 'exists' });
});

test.skipIf(!hasClient)(
  'Hugging Face’s own client and we read each other’s cache (needs huggingface_hub)',
  async () => {
    const ask = async (script: string, ...given: string[]) =>
      JSON.parse((await promisify(execFile)(python, ['-c', script, ...given])).stdout);
    const card = await ask(
      'import sys, json, huggingface_hub as h; print(json.dumps(h.ModelCard.load(sys.argv[1]).data.to_dict()))',
      join(root, 'layout/README.md'),
    );
    expect(card).toMatchObject({ library_name: 'affectline', pipeline_tag: 'video-classification' });

    await readModel('hf:someone/starter');
    const theirs = `import json, huggingface_hub as h
print(json.dumps([h.hf_hub_download("someone/starter", n, local_files_only=True) for n in ("config.json", "model.safetensors")]))`;
    expect(await ask(theirs)).toEqual(
      ['config.json', 'model.safetensors'].map((name) => join(repository(), 'snapshots', sha, name)),
    );

    rmSync(join(home, 'hub'), { recursive: true });
    await ask(theirs.replace(', local_files_only=True', ''));
    process.env.HF_HUB_OFFLINE = '1';
    expect((await readModel('hf:someone/starter')).description.contentHash).toBe(await starterHash());
  },
);
