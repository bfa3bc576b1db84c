import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Random } from '../src/support/random.ts';

/** Side of a texture in texels. It repeats in both directions. */
const side = 512;

/** Grays from 0 to 1, row by row, the finest level first; each level has half the side of the one before. */
export type Texture = readonly Float32Array[];

type Pattern = (random: Random) => (x: number, y: number) => number;

/** Patterns without a period, of many sizes at once. */
export const irregular: readonly Pattern[] = [clouds, leaves];

/** Patterns that look the same a few pixels further on, which a search mistakes; each with faint clouds, so that no two places are equal. */
export const repeating: readonly Pattern[] = [bricks, checks, bars, windows].map((pattern) => (random) => {
  const [regular, faint, dirt] = [pattern(random), clouds(random), 0.1 + 0.2 * random.uniform()];
  return (x, y) => regular(x, y) + dirt * (faint(x, y) - 0.5);
});

/** The texture of a pattern. */
export function painted(pattern: Pattern, random: Random): Texture {
  const value = pattern(random);
  return withCoarser(
    Float32Array.from({ length: side * side }, (_, p) => value(p % side, Math.floor(p / side))),
  );
}

const photographFolder = '/usr/share/doc/opencv-doc/examples/data';

/** Photographs of Debian's opencv-doc, by halves, so that what is reported on was not seen in choosing. */
const photographs = {
  choose: ['baboon.jpg', 'home.jpg', 'building.jpg', 'aero1.jpg', 'butterfly.jpg', 'graf1.png', 'stuff.jpg'],
  report: [
    'fruits.jpg',
    'board.jpg',
    'starry_night.jpg',
    'leuvenA.jpg',
    'messi5.jpg',
    'smarties.png',
    'cards.png',
  ],
} as const;

/** Whether opencv-doc is installed. */
export const havePhotographs: boolean = existsSync(photographFolder);

/** The photographs of a half as textures. */
export function photographed(half: keyof typeof photographs): Promise<Texture[]> {
  return Promise.all(
    photographs[half].map(async (file) => {
      const gray = sharp(join(photographFolder, file)).resize(side, side, { fit: 'fill' }).grayscale();
      return withCoarser(Float32Array.from(await gray.raw().toBuffer(), (value) => value / 255));
    }),
  );
}

function withCoarser(finest: Float32Array): Texture {
  const levels = [finest];
  for (let wide = side / 2; wide >= 1; wide /= 2) {
    const finer = levels.at(-1)!;
    levels.push(
      Float32Array.from({ length: wide * wide }, (_, p) => {
        const from = 2 * (p % wide) + 4 * wide * Math.floor(p / wide);
        return (finer[from]! + finer[from + 1]! + finer[from + 2 * wide]! + finer[from + 2 * wide + 1]!) / 4;
      }),
    );
  }
  return levels;
}

/**
 * The texture at a place, trilinear.
 *
 * @param x,y in widths of the texture.
 * @param footprint how wide a pixel is there, in widths of the texture.
 */
export function sampled(texture: Texture, x: number, y: number, footprint: number): number {
  const level = Math.min(Math.max(Math.log2(footprint * side), 0), texture.length - 1.001);
  const finer = Math.floor(level);
  const coarser = level - finer;
  return (1 - coarser) * bilinear(texture[finer]!, x, y) + coarser * bilinear(texture[finer + 1]!, x, y);
}

function bilinear(level: Float32Array, x: number, y: number): number {
  const wide = Math.sqrt(level.length);
  const [acrossAt, downAt] = [x * wide - 0.5, y * wide - 0.5];
  const [left, top] = [Math.floor(acrossAt), Math.floor(downAt)];
  const [across, down] = [acrossAt - left, downAt - top];
  const mask = wide - 1; // of a power of two
  const [x0, x1] = [left & mask, (left + 1) & mask];
  const [y0, y1] = [(top & mask) * wide, ((top + 1) & mask) * wide];
  const above = level[y0 + x0]! * (1 - across) + level[y0 + x1]! * across;
  const below = level[y1 + x0]! * (1 - across) + level[y1 + x1]! * across;
  return above * (1 - down) + below * down;
}

/** Value noise in seven octaves. */
function clouds(random: Random) {
  const octaves = [2, 4, 8, 16, 32, 64, 128].map((cells) => ({
    cells,
    values: Float32Array.from({ length: cells * cells }, () => random.uniform() - 0.5),
  }));
  return (x: number, y: number) => {
    let value = 0.5;
    for (const { cells, values } of octaves)
      value += (1.3 / Math.sqrt(cells)) * bilinear(values, (x + 0.5) / side, (y + 0.5) / side);
    return value;
  };
}

/** Discs over discs, small ones more often than large ones: the dead leaves of Matheron, whose statistics are those of photographs. */
function leaves(random: Random) {
  const values = new Float32Array(side * side).fill(0.5);
  for (let n = 0; n < 2500; n++) {
    const radius = 3 / Math.sqrt(1 - 0.998 * random.uniform());
    const [centerX, centerY, gray] = [side * random.uniform(), side * random.uniform(), random.uniform()];
    for (let y = Math.ceil(centerY - radius); y <= centerY + radius; y++) {
      const half = Math.sqrt(radius ** 2 - (y - centerY) ** 2);
      for (let x = Math.ceil(centerX - half); x <= centerX + half; x++)
        values[(y & (side - 1)) * side + (x & (side - 1))] = gray;
    }
  }
  return (x: number, y: number) => values[y * side + x]!;
}

function bricks(random: Random) {
  const [rows, columns] = [2 * (4 + random.integer(8)), 3 + random.integer(6)];
  const grays = Float32Array.from({ length: rows * columns }, () => 0.35 + 0.15 * random.uniform());
  return (x: number, y: number) => {
    const down = (y * rows) / side;
    const row = Math.floor(down);
    const across = (x * columns) / side + (row % 2) / 2;
    const inside = down - row > 0.15 && across % 1 > 0.08;
    return inside ? grays[row * columns + (Math.floor(across) % columns)]! : 0.75;
  };
}

function checks(random: Random) {
  const count = 2 * (3 + random.integer(8));
  return (x: number, y: number) =>
    (Math.floor((x * count) / side) + Math.floor((y * count) / side)) % 2 ? 0.7 : 0.3;
}

function bars(random: Random) {
  const [count, filled, upright] = [
    8 + random.integer(20),
    0.3 + 0.4 * random.uniform(),
    random.uniform() < 0.7,
  ];
  return (x: number, y: number) => ((((upright ? x : y) * count) / side) % 1 < filled ? 0.25 : 0.7);
}

function windows(random: Random) {
  const [columns, rows] = [4 + random.integer(8), 4 + random.integer(8)];
  return (x: number, y: number) => {
    const [across, down] = [((x * columns) / side) % 1, ((y * rows) / side) % 1];
    const glass = across > 0.3 && across < 0.75 && down > 0.2 && down < 0.8;
    return glass ? (down < 0.45 ? 0.15 : 0.25) : 0.65;
  };
}
