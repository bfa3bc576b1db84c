import { isKnown } from './errors.ts';
import type { FlowField } from './schedule.ts';

/** Colors of 8 bits a channel; `data` holds red, green, blue for each pixel, row by row. */
export interface ColorImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The color wheel of the Middlebury benchmark (Baker et al., IJCV 2011): 55 hues, more of them where the eye
 * tells more apart. From one named color to the next, one channel rises or falls.
 */
const wheel: readonly (readonly [number, number, number])[] = [
  ...arc(15, (t) => [255, t, 0]), // red → yellow
  ...arc(6, (t) => [255 - t, 255, 0]), // yellow → green
  ...arc(4, (t) => [0, 255, t]), // green → cyan
  ...arc(11, (t) => [0, 255 - t, 255]), // cyan → blue
  ...arc(13, (t) => [t, 0, 255]), // blue → magenta
  ...arc(6, (t) => [255, 0, 255 - t]), // magenta → red
];

function arc(steps: number, color: (t: number) => [number, number, number]): [number, number, number][] {
  return Array.from({ length: steps }, (_, step) => color(Math.floor((255 * step) / steps)));
}

/**
 * The flow as colors: the hue is the direction (red to the right, yellow-green down, cyan-blue left, violet up), the saturation
 * the length. No motion is white, unknown flow is black.
 *
 * @param fullLength displacement, in pixels, that gets the full color; longer ones get darker. The longest of the
 *   field when not given. For a video give one value for all frames, or the colors flicker.
 */
export function flowColors(flow: FlowField, fullLength: number = longest(flow)): ColorImage {
  const { width, height } = flow;
  const data = new Uint8Array(width * height * 3);
  const scale = fullLength > 0 ? 1 / fullLength : 0;
  for (let p = 0; p < width * height; p++) {
    const [u, v] = [flow.u[p]!, flow.v[p]!];
    if (isKnown(u, v)) data.set(colorOf(u * scale, v * scale), 3 * p);
  }
  return { width, height, data };
}

/** Length of the longest known displacement, in pixels; 0 when none is known. */
export function longest({ u, v }: FlowField): number {
  let length = 0;
  for (let p = 0; p < u.length; p++) {
    if (isKnown(u[p]!, v[p]!)) length = Math.max(length, Math.hypot(u[p]!, v[p]!));
  }
  return length;
}

function colorOf(u: number, v: number): [number, number, number] {
  const length = Math.hypot(u, v);
  const turn = Math.atan2(-v, -u) / Math.PI; // −1 … 1
  const position = ((turn + 1) / 2) * (wheel.length - 1);
  const before = Math.floor(position);
  const from = wheel[before]!;
  const to = wheel[(before + 1) % wheel.length]!;
  const between = position - before;
  const channel = (c: 0 | 1 | 2) => {
    const hue = ((1 - between) * from[c] + between * to[c]) / 255;
    return Math.floor(255 * (length <= 1 ? 1 - length * (1 - hue) : hue * 0.75));
  };
  return [channel(0), channel(1), channel(2)];
}
