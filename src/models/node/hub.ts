// Models of the Hugging Face Hub: fetched into its local cache, or found there.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import { makeFolder } from '../../support/folders.ts';
import { readSmallText } from '../../support/regular-file.ts';
import { download } from '../../weights/index.ts';

/** What the names of models on the hub begin with where a folder could be named. */
const prefix = 'hf:';

/** Files of the layout and the most bytes of each; the README may be missing. */
const files = [
  { name: 'config.json', largest: 2 ** 20, needed: true },
  { name: 'model.safetensors', largest: 2 ** 30, needed: true },
  { name: 'README.md', largest: 2 ** 20, needed: false },
] as const;

const largestAnswer = 4 * 2 ** 20;
const commit = /^[0-9a-f]{40}$/;

/** What the hub says of a model (`GET /api/models/OWNER/NAME/revision/REVISION?blobs=true`), as far as it is used. */
const answerSchema = z.object({
  sha: z.string().regex(commit),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      /** SHA-1 of the file as git stores it. */
      blobId: z.string().regex(commit).optional(),
      /** Of large files. */
      lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullish(),
    }),
  ),
});

/** A model on the hub. */
interface Reference {
  readonly owner: string;
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** Whether it names a model on the hub, not a folder. */
export function isOnHub(place: string): boolean {
  return place.startsWith(prefix);
}

/**
 * The folder of a model on the hub, in the cache that Hugging Face's own programs use (`HF_HUB_CACHE`, or `hub` in
 * `HF_HOME`). The hub (`HF_ENDPOINT`) is asked which commit the revision is, and what is not here is fetched: over HTTPS, of
 * bounded size, checked by hash. Where it cannot be asked, or `HF_HUB_OFFLINE` is 1, the commit known last is used.
 *
 * @param place `hf:owner/name` or `hf:owner/name@revision`.
 * @throws InputError when the model is neither there nor here, or is not one of ours.
 */
export async function hubFolder(place: string): Promise<string> {
  const reference = parseReference(place);
  const { owner, name, revision } = reference;
  const repository = join(hubCache(), `models--${owner}--${name}`);
  const known = await knownSnapshot(repository, revision);
  if (known !== undefined && (commit.test(revision) || isOffline())) return known;
  if (isOffline())
    throw new InputError(`${place}: is not in ${hubCache()}, and HF_HUB_OFFLINE is set`, 'not-found');
  let answer: z.infer<typeof answerSchema>;
  try {
    answer = await ask(reference);
  } catch (error) {
    if (known !== undefined) return known;
    throw error instanceof InputError ? new InputError(`${place}: ${error.message}`, 'not-found') : error;
  }
  return await fetchSnapshot(place, reference, repository, answer);
}

function parseReference(place: string): Reference {
  const [, owner, name, revision = 'main'] =
    /^hf:([\w-][\w.-]*)\/([\w-][\w.-]*)(?:@([\w-][\w./-]*))?$/.exec(place) ?? [];
  if (
    owner === undefined ||
    name === undefined ||
    /\.\.|--/.test(`${owner} ${name}`) ||
    revision.includes('..')
  )
    throw new InputError(`'${place}': a model on the hub is named hf:owner/name, or hf:owner/name@revision`);
  return { owner, name, revision };
}

function hubCache(): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  if (HF_HUB_CACHE) return HF_HUB_CACHE;
  return join(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), 'hub');
}

function isOffline(): boolean {
  return ['1', 'true', 'yes', 'on'].includes((process.env.HF_HUB_OFFLINE ?? '').toLowerCase());
}

/** The snapshot that the revision was last, if all of it is here. */
async function knownSnapshot(repository: string, revision: string): Promise<string | undefined> {
  const ref = join(repository, 'refs', ...revision.split('/'));
  const sha = commit.test(revision) ? revision : existsSync(ref) ? await readRef(ref) : '';
  const folder = join(repository, 'snapshots', sha);
  const isWhole = files.every(({ name, needed }) => !needed || existsSync(join(folder, name)));
  return commit.test(sha) && isWhole ? folder : undefined;
}

async function readRef(path: string): Promise<string> {
  return (await readSmallText(path, 'name of a commit', 1000)).trim();
}

function addressOf(...parts: string[]): string {
  const endpoint = (process.env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (!URL.canParse(endpoint)) throw new InputError(`HF_ENDPOINT '${endpoint}' is no address`);
  return [endpoint, ...parts.map(encodeURIComponent)].join('/');
}

async function ask({ owner, name, revision }: Reference): Promise<z.infer<typeof answerSchema>> {
  const url = `${addressOf('api', 'models', owner, name, 'revision', revision)}?blobs=true`;
  const folder = await mkdtemp(join(tmpdir(), 'affectline-hub-'));
  try {
    const path = join(folder, 'answer.json');
    await download({ url, path, largest: largestAnswer, stallSeconds: 10, retrySeconds: 0.1 });
    const { data } = answerSchema.safeParse(parsed(await readSmallText(path, 'answer', largestAnswer)));
    if (data) return data;
    throw new InputError(`${url}: the answer does not say which commit and which files there are`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Brings the files of a commit into the cache as Hugging Face's own programs lay them there. */
async function fetchSnapshot(
  place: string,
  { owner, name, revision }: Reference,
  repository: string,
  { sha, siblings }: z.infer<typeof answerSchema>,
): Promise<string> {
  const snapshot = join(repository, 'snapshots', sha);
  const listed = files.flatMap((file) => {
    const there = siblings.find(({ rfilename }) => rfilename === file.name);
    const hash = there?.lfs?.sha256 ?? there?.blobId;
    if (hash !== undefined) return [{ ...file, hash, isLarge: Boolean(there?.lfs) }];
    if (!there && !file.needed) return [];
    throw new InputError(
      `${place}: holds no ${file.name}${there ? ' with a hash' : ''}; a model of ours has config.json and model.safetensors`,
      'unusable-model',
    );
  });
  for (const { name: file, largest, hash, isLarge } of listed) {
    const blob = join(repository, 'blobs', hash);
    if (!existsSync(blob))
      await download({
        url: addressOf(owner, name, 'resolve', sha, file),
        path: blob,
        largest,
        ...(isLarge ? { sha256: hash } : { check: (path) => checkGitHash(path, hash, `${place}: ${file}`) }),
      });
    makeFolder(snapshot);
    await pointTo(hash, blob, join(snapshot, file));
  }
  if (!commit.test(revision)) {
    const ref = join(repository, 'refs', ...revision.split('/'));
    makeFolder(dirname(ref));
    await writeAtomically(ref, sha);
  }
  return snapshot;
}

/** Git names a file by the SHA-1 of its length and its bytes. */
async function checkGitHash(path: string, expected: string, what: string): Promise<void> {
  const hash = createHash('sha1').update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  if (hash.digest('hex') !== expected) throw new InputError(`${what}: another file than the hub announced`);
}

/** A link, as in the cache of Hugging Face; a copy where the system has no links for everybody. */
async function pointTo(hash: string, blob: string, path: string): Promise<void> {
  if (existsSync(path)) return;
  await symlink(join('..', '..', 'blobs', hash), path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') await copyFile(blob, path);
  });
}
