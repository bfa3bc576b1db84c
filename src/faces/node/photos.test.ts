import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { onnxFile } from '../../graph/index.ts';
import { nodeRuntime } from '../../runtime/node/index.ts';
import { imageLibrary } from '../../support/images.ts';
import { graphModelExpression, readGraphModel } from '../../weights/index.ts';
import { openDetector } from '../detector.ts';
import { openExpressionReader } from '../expressions.ts';
import { areaOf, type DetectedFace, expressionNames, type FacePicture, faceNumbers } from '../index.ts';
import { faceFiles, hashesOf, openFaceReader } from './index.ts';
import { readNetwork } from './networks.ts';

/** Of Debian's opencv-doc. */
const photos = '/usr/share/doc/opencv-doc';
const files = (() => {
  try {
    return faceFiles();
  } catch {
    return undefined;
  }
})();
const lacks = !files || !existsSync(photos);
const needs = '(needs @vladmandic/human and opencv-doc)';

async function picture(name: string, shortSide = 128): Promise<FacePicture> {
  const sharp = await imageLibrary();
  const { width, height } = await sharp(join(photos, name)).metadata();
  const scale = shortSide / Math.min(width, height);
  const { data, info } = await sharp(join(photos, name))
    .flatten()
    .toColourspace('srgb')
    .resize(Math.round(width * scale), Math.round(height * scale))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

const runtime = nodeRuntime({ threads: 1 });
const detector = lacks ? undefined : await openDetector(await readNetwork(files.detector), runtime);
const reader = lacks ? undefined : await openExpressionReader(await readNetwork(files.expressions), runtime);
afterAll(async () => {
  await detector?.close();
  await reader?.close();
});

/** Middle and side as shares of the picture's width and height. */
const placeOf = ({ left, right, top, bottom }: DetectedFace, { width, height }: FacePicture) => [
  (left + right) / 2 / width,
  (top + bottom) / 2 / height,
  (bottom - top) / height,
];

test.skipIf(lacks)(`faces are found where they are, down to eight pixels ${needs}`, async () => {
  const places = {
    'examples/data/messi5.jpg': [[0.44, 0.33, 0.1]],
    'examples/data/basketball2.png': [[0.135, 0.24, 0.06]],
    'opencv4/html/facereg.jpg': [
      [0.24, 0.24, 0.32],
      [0.75, 0.25, 0.32],
      [0.24, 0.75, 0.32],
      [0.75, 0.73, 0.32],
    ],
  };
  for (const [name, expected] of Object.entries(places)) {
    const photo = await picture(name);
    const found = (await detector!.detect(photo)).map((face) => placeOf(face, photo));
    const order = (a: number[], b: number[]) =>
      Math.floor(2 * a[1]!) - Math.floor(2 * b[1]!) || a[0]! - b[0]!;
    expect(found).toHaveLength(expected.length);
    for (const [i, place] of found.sort(order).entries())
      for (const [k, value] of place.entries())
        expect(Math.abs(value - expected[i]![k]!), `${name} ${i} ${k}`).toBeLessThan(0.04);
  }
});

test.skipIf(lacks)(`photographs without people have no faces ${needs}`, async () => {
  const without = ['aero1', 'apple', 'baboon', 'building', 'butterfly', 'fruits', 'home', 'left01', 'orange'];
  for (const name of without)
    expect(await detector!.detect(await picture(`examples/data/${name}.jpg`)), name).toEqual([]);
});

test.skipIf(lacks)(`two who laugh are happy, one who does not is not ${needs}`, async () => {
  const photo = await picture('opencv4/html/facereg.jpg');
  const faces = await detector!.detect(photo);
  const at = (x: number, y: number) =>
    faces.find(({ left, right, top, bottom }) => left < x && x < right && top < y && y < bottom)!;
  const happy = expressionNames.indexOf('happy');
  const shares = async (x: number, y: number) =>
    await reader!.read(photo, at(x * photo.width, y * photo.height));
  for (const [x, y] of [
    [0.75, 0.25],
    [0.25, 0.75],
  ] as const) {
    const own = await shares(x, y);
    expect(own.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
    expect(own[happy]).toBeGreaterThan(0.9);
  }
  expect((await shares(0.25, 0.25))[happy]).toBeLessThan(0.2);
});

test.skipIf(lacks)(`the same networks in ONNX say the same ${needs}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-face-onnx-'));
  const written = async (name: 'detector' | 'expressions') => {
    const { outputs, parameters } = graphModelExpression(await readGraphModel(files![name]));
    const named = Object.fromEntries(outputs.map((output, i) => [`result${i}`, output]));
    const path = join(folder, `${name}.onnx`);
    writeFileSync(path, onnxFile(named, parameters, {}).bytes);
    return path;
  };
  const onnx = { detector: await written('detector'), expressions: await written('expressions') };
  const other = await openFaceReader(onnx);
  const own = await openFaceReader(files!);
  expect(other.hashes.detector).not.toBe(own.hashes.detector);
  const photo = await picture('opencv4/html/facereg.jpg');
  const found = await other.watcher().watch(photo, 0);
  const expected = await own.watcher().watch(photo, 0);
  expect(expected[faceNumbers.indexOf('is there a face')]).toBe(1);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  await other.close();
  await own.close();
  writeFileSync(onnx.detector, 'not a model');
  await expect(openFaceReader(onnx)).rejects.toThrow(/detector\.onnx: cannot open a session/);
  const text = join(folder, 'detector.txt');
  writeFileSync(text, 'not a model');
  await expect(openFaceReader({ ...onnx, detector: text })).rejects.toThrow(
    /detector\.txt: of networks of faces, \.json/,
  );
  rmSync(folder, { recursive: true });
});

test.skipIf(lacks)(
  `a film is looked at every 0.8 s, and what was seen holds in between ${needs}`,
  async () => {
    const opened = await openFaceReader(files!, { wanted: await hashesOf(files!) });
    const watcher = opened.watcher();
    const [people, home] = [
      await picture('opencv4/html/facereg.jpg'),
      await picture('examples/data/home.jpg'),
    ];
    const isThere = faceNumbers.indexOf('is there a face');
    const seen: number[] = [];
    for (const [time, photo] of [
      [0, people],
      [0.4, home],
      [0.8, home],
      [1.2, people],
      [1.6, people],
    ] as const)
      seen.push((await watcher.watch(photo, time))[isThere]!);
    expect(seen).toEqual([1, 1, 0, 0, 1]);
    const other = await opened.watcher().watch(people, 7);
    const total = (await detector!.detect(people)).reduce((sum, face) => sum + areaOf(face), 0);
    expect(other[faceNumbers.indexOf('count')]).toBeCloseTo(4 / 5, 6);
    expect(other[faceNumbers.indexOf('area')]).toBeCloseTo(Math.sqrt(total / 128 / 128), 4);
    await opened.close();
  },
);

test.skipIf(lacks)(`networks of another form or content are refused ${needs}`, async () => {
  const { detector, expressions } = files!;
  await expect(openFaceReader({ detector: expressions, expressions })).rejects.toThrow(
    /emotion\.json: gives \[1,7\]; of BlazeFace, \[1,896,1\] and \[1,896,16\] expected/,
  );
  await expect(openFaceReader({ detector, expressions: detector })).rejects.toThrow(
    /blazeface\.json: gives .*; \[1,7\] expected: angry, disgust/,
  );
  const hashes = await hashesOf(files!);
  const wanted = { ...hashes, detector: `sha256:${'0'.repeat(64)}` };
  await expect(openFaceReader(files!, { wanted })).rejects.toThrow(/has another content/);
});
