import type { Runtime } from '../runtime/index.ts';
import { InputError } from '../support/errors.ts';
import type { DetectedFace } from './blazeface.ts';
import { type FaceNetwork, openNetwork } from './network.ts';
import { cutSquare, type FacePicture } from './picture-parts.ts';

/** What the default network tells apart, in the order of its answers: the classes of FER-2013 (Goodfellow et al. 2013). */
export const expressionNames = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** What reads expressions off faces. */
export interface ExpressionReader {
  /** @returns shares of the `expressionNames`, 0 … 1; their sum is 1. */
  read(picture: FacePicture, face: DetectedFace): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Sides of the square that is cut out, over those of the detector's box, which ends at the brows and the chin. */
const surround = 1.25;

/**
 * Makes a network of expressions ready: its input is a square picture of a face in −1 … 1, gray or in color, its output a
 * share of each of the `expressionNames`.
 *
 * @throws InputError when the network is of another form.
 */
export async function openExpressionReader(
  network: FaceNetwork,
  runtime: Runtime,
): Promise<ExpressionReader> {
  const opened = await openNetwork(network, runtime);
  const { channels, side, outputs } = opened;
  const wanted = expressionNames.length;
  if (outputs.map(String).join(';') !== `1,${wanted}`) {
    await opened.close();
    throw new InputError(
      `${network.title}: gives ${outputs.map((shape) => `[${shape}]`).join(', ')}; [1,${wanted}] expected: ${expressionNames.join(', ')}`,
    );
  }
  return {
    read: async (picture, face) => {
      const color = new Float32Array(3 * side * side);
      cutSquare(picture, squareAround(face), side, color);
      const input = channels === 3 ? color : grayOf(color);
      for (let i = 0; i < input.length; i++) input[i] = input[i]! / 127.5 - 1;
      return (await opened.run(input))[0]!.data;
    },
    close: () => opened.close(),
  };
}

/** Upright in the face, with the eyes level. */
function squareAround({ left, top, right, bottom, angle }: DetectedFace) {
  const side = surround * Math.max(right - left, bottom - top);
  return { x: (left + right) / 2, y: (top + bottom) / 2, side, angle };
}

/** Luma as ITU-R BT.601 has it. */
function grayOf(planes: Float32Array): Float32Array {
  const area = planes.length / 3;
  return Float32Array.from(
    { length: area },
    (_, i) => 0.299 * planes[i]! + 0.587 * planes[area + i]! + 0.114 * planes[2 * area + i]!,
  );
}
