// Displacements as gray levels.
import { largestDisplacement } from '../../streams/index.ts';

/** The level of no displacement. */
export const rest = 128;
/** Levels to either side of it. */
const levels = 127;

/** What each level stands for. The root keeps small displacements, which most films are made of, finer than large ones. */
export const displacements: Float32Array = Float32Array.from({ length: 256 }, (_, level) => {
  const root = (level - rest) / levels;
  return Math.sign(root) * root * root * largestDisplacement;
});

/** The level that a displacement is stored as: its signed root, ±20 mapped to 1..255, what is longer clipped. */
export function levelOf(displacement: number): number {
  const root = Math.sqrt(Math.min(1, Math.abs(displacement) / largestDisplacement)) * levels;
  return Math.round(displacement < 0 ? rest - root : rest + root);
}

/**
 * The levels of displacements, as `levelOf` has them, without a root for each.
 *
 * @param target as many bytes.
 */
export function writeLevels(plane: Float32Array, target: Uint8Array): void {
  table ??= new LevelTable();
  const { near, far, firstFar } = table;
  const bits = new Uint32Array(plane.buffer, plane.byteOffset, plane.length);
  for (let i = 0; i < bits.length; i++) {
    const own = bits[i]!;
    const head = own >>> tailBits;
    target[i] = own < firstFar[head]! ? near[head]! : far[head]!;
  }
}

/** Made with the first field: it takes some milliseconds. */
let table: LevelTable | undefined;

const tailBits = 16;
const heads = 2 ** 16;

/** Heads of positive numbers: below the first all are at rest, from the second on all are clipped, from the third on none is finite. */
const firstMoving = headOf(2 ** -12);
const firstClipped = headOf(2 * largestDisplacement);
const infinite = headOf(Infinity);

function headOf(number: number): number {
  return new Uint32Array(Float32Array.of(number).buffer)[0]! >>> tailBits;
}

/**
 * Levels by the first 16 bits of a float32: its sign, its exponent and 7 bits of its fraction. Numbers that share them
 * differ by less than a 128th, their roots by less than a 256th, at most half a level: the level changes once or not at all.
 */
class LevelTable {
  /** The levels of the first number with these bits and of the last. */
  readonly near: Uint8Array = new Uint8Array(heads);
  readonly far: Uint8Array = new Uint8Array(heads);
  /** The first one that has the latter, as the bits of a float32. */
  readonly firstFar: Uint32Array = new Uint32Array(heads);

  constructor() {
    const number = new Float32Array(1);
    const bitsOfNumber = new Uint32Array(number.buffer);
    const levelOfBits = (bits: number) => {
      bitsOfNumber[0] = bits;
      return levelOf(number[0]!);
    };
    for (const sign of [0, heads / 2]) {
      this.near.fill(rest, sign, sign + firstMoving);
      this.far.fill(rest, sign, sign + firstMoving);
      const longest = levelOf(sign === 0 ? largestDisplacement : -largestDisplacement);
      this.near.fill(longest, sign + firstClipped, sign + infinite);
      this.far.fill(longest, sign + firstClipped, sign + infinite);
    }
    for (let head = 0; head < heads; head++) {
      const size = head % (heads / 2);
      if (size < firstMoving || (size >= firstClipped && size < infinite)) continue;
      let first = head * 2 ** tailBits;
      let last = first + 2 ** tailBits - 1;
      const [near, far] = [levelOfBits(first), levelOfBits(last)];
      while (near !== far && first < last) {
        const middle = Math.floor((first + last) / 2);
        if (levelOfBits(middle) === far) last = middle;
        else first = middle + 1;
      }
      this.near[head] = near;
      this.far[head] = far;
      this.firstFar[head] = first;
    }
  }
}
