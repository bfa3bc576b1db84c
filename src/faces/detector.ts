import type { Runtime } from '../runtime/index.ts';
import { InputError } from '../support/errors.ts';
import { anchorNumbers, type DetectedFace, readFaces } from './blazeface.ts';
import { type FaceNetwork, type OpenedNetwork, openNetwork } from './network.ts';
import { cutSquare, type FacePicture } from './picture-parts.ts';

/**
 * Score of a face that counts. At 0.5, which is usual, an apple and a painted wall are faces, too; faces of 13 pixels have
 * scores from 0.8.
 */
const leastScore = 0.65;

/** What finds faces in pictures. */
export interface FaceDetector {
  /** The whole picture is looked at, letterboxed. @returns surest first, in pixels of the picture. */
  detect(picture: FacePicture): Promise<DetectedFace[]>;
  close(): Promise<void>;
}

/**
 * Makes a detector of the form of BlazeFace ready: its input is a color picture in −1 … 1; its outputs are of 896 anchors,
 * or of 512 and 384 apart, a score and 16 numbers each.
 *
 * @throws InputError when the network is of another form.
 */
export async function openDetector(network: FaceNetwork, runtime: Runtime): Promise<FaceDetector> {
  const opened = await openNetwork(network, runtime);
  try {
    const parts = partsOf(network.title, opened);
    return { detect: (picture) => detect(picture, opened, parts), close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Which outputs are scores and which are numbers, finer grid first. */
interface Parts {
  readonly scores: readonly number[];
  readonly numbers: readonly number[];
}

function partsOf(title: string, { channels, outputs }: OpenedNetwork): Parts {
  const anchors = (i: number) => outputs[i]![1]!;
  const ofWidth = (width: number) =>
    [...outputs.keys()]
      .filter((i) => outputs[i]!.length === 3 && outputs[i]![2] === width)
      .sort((a, b) => anchors(b) - anchors(a));
  const parts = { scores: ofWidth(1), numbers: ofWidth(anchorNumbers) };
  const counts = (indices: readonly number[]) => indices.map(anchors).join();
  const known = ['896', '512,384'];
  if (!known.includes(counts(parts.scores)) || counts(parts.scores) !== counts(parts.numbers))
    throw new InputError(
      `${title}: gives ${outputs.map((shape) => `[${shape}]`).join(', ')}; of BlazeFace, [1,896,1] and [1,896,16] expected, or both of 512 and 384 anchors`,
    );
  if (channels !== 3) throw new InputError(`${title}: takes one plane, not red, green and blue`);
  return parts;
}

async function detect(picture: FacePicture, network: OpenedNetwork, parts: Parts): Promise<DetectedFace[]> {
  const { width, height } = picture;
  const { side } = network;
  const longest = Math.max(width, height);
  const input = new Float32Array(3 * side * side);
  cutSquare(picture, { x: width / 2, y: height / 2, side: longest, angle: 0 }, side, input);
  for (let i = 0; i < input.length; i++) input[i] = input[i]! / 127.5 - 1;
  const found = await network.run(input);
  const joined = (indices: readonly number[]) =>
    Float32Array.from(indices.flatMap((i) => [...found[i]!.data]));
  const scale = longest / side;
  const [across, along] = [(longest - width) / 2, (longest - height) / 2];
  return readFaces(joined(parts.scores), joined(parts.numbers), side, leastScore).map((face) => ({
    ...face,
    left: Math.max(0, face.left * scale - across),
    right: Math.min(width, face.right * scale - across),
    top: Math.max(0, face.top * scale - along),
    bottom: Math.min(height, face.bottom * scale - along),
  }));
}
