import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nodeRuntime, type Runtime } from '../../runtime/node/index.ts';
import { contentHashOfAll } from '../../support/content-hash.ts';
import { InputError } from '../../support/errors.ts';
import { openDetector } from '../detector.ts';
import { openExpressionReader } from '../expressions.ts';
import type { FaceHashes } from '../hashes.ts';
import { FaceWatcher } from '../watcher.ts';
import { networkFiles, readNetwork } from './networks.ts';

/** Where the networks of faces are. */
export interface FaceFiles {
  readonly detector: string;
  readonly expressions: string;
}

/** Networks of faces, ready for any number of films. */
export interface FaceReader {
  readonly hashes: FaceHashes;
  /** Watches one film. */
  watcher(): FaceWatcher;
  close(): Promise<void>;
}

/** The npm package whose networks are taken unless others are named; it is MIT-licensed, and the user's to install. */
const facePackage = '@vladmandic/human';

/**
 * The files that `AFFECTLINE_FACE_DETECTOR` and `AFFECTLINE_FACE_EXPRESSIONS` name, or those of the npm package
 * `@vladmandic/human` where it is installed.
 *
 * @throws InputError when there are none.
 */
export function faceFiles(): FaceFiles {
  const { AFFECTLINE_FACE_DETECTOR, AFFECTLINE_FACE_EXPRESSIONS } = process.env;
  const [detector, expressions] = [AFFECTLINE_FACE_DETECTOR, AFFECTLINE_FACE_EXPRESSIONS];
  if (detector && expressions) return { detector, expressions };
  const folder = packageFolder();
  if (!folder)
    throw new InputError(
      `the stream 'face' needs networks that do not come with this program: npm install ${facePackage}, or name files in AFFECTLINE_FACE_DETECTOR and AFFECTLINE_FACE_EXPRESSIONS`,
    );
  return {
    detector: detector || join(folder, 'models', 'blazeface.json'),
    expressions: expressions || join(folder, 'models', 'emotion.json'),
  };
}

/** Where the package is installed, for the user's program or for this one. */
function packageFolder(): string | undefined {
  const places = [join(process.cwd(), 'package.json'), import.meta.url].flatMap(
    (from) => createRequire(from).resolve.paths(facePackage) ?? [],
  );
  return places.map((place) => join(place, facePackage)).find((path) => existsSync(path));
}

/** What the files hold. */
export async function hashesOf({ detector, expressions }: FaceFiles): Promise<FaceHashes> {
  const hashOf = async (path: string) => contentHashOfAll(await networkFiles(path));
  return { detector: await hashOf(detector), expressions: await hashOf(expressions) };
}

/**
 * Reads the networks of faces and gets them ready.
 *
 * @param wanted what the files have to hold, where a model says so.
 * @throws InputError when they are not there, hold something else, or are of another form.
 */
export async function openFaceReader(
  files: FaceFiles,
  { wanted, runtime = nodeRuntime({ threads: 1 }) }: { wanted?: FaceHashes; runtime?: Runtime } = {},
): Promise<FaceReader> {
  const hashes = await hashesOf(files);
  for (const kind of ['detector', 'expressions'] as const)
    if (wanted && wanted[kind] !== hashes[kind])
      throw new InputError(
        `${files[kind]}: has another content (${hashes[kind]}) than the network that the model was trained beside (${wanted[kind]})`,
      );
  const detector = await openDetector(await readNetwork(files.detector), runtime);
  try {
    const reader = await openExpressionReader(await readNetwork(files.expressions), runtime);
    return {
      hashes,
      watcher: () => new FaceWatcher(detector, reader),
      close: async () => {
        await detector.close();
        await reader.close();
      },
    };
  } catch (error) {
    await detector.close();
    throw error;
  }
}
