import type { Random } from '../support/random.ts';
import type { FilmStyle } from './film.ts';

/** Side of a texture, a power of two; it repeats seamlessly. */
export const textureSide = 256;

/** A repeating random pattern, 0 … 255 with mean about 128: waves of random direction, bent by the style. */
export function patternOf(random: Random, { pattern, detail }: FilmStyle): Uint8Array {
  const field = new Float32Array(textureSide * textureSide);
  const waves = 20;
  for (let wave = 0; wave < waves; wave++) {
    const length = 1 + detail * random.uniform() ** 0.7;
    const angle = 2 * Math.PI * random.uniform();
    addWave(field, Math.round(length * Math.cos(angle)), Math.round(length * Math.sin(angle)), random);
  }
  const deviation = Math.sqrt(waves / 2);
  const bend = bends[pattern];
  return Uint8Array.from(field, (value) => 127.5 + 127.5 * bend(value / deviation));
}

/** Normal values to −1 … 1. */
const bends: Record<FilmStyle['pattern'], (value: number) => number> = {
  clouds: (value) => Math.tanh(0.8 * value),
  cells: (value) => Math.tanh(4 * value),
  ridges: (value) => 1 - 2 * Math.exp(-1.5 * value * value),
  bands: (value) => Math.sin(4 * value),
};

/** Adds cos(2π(kx·x + ky·y) / side + phase), as a sum of products of a row and a column. */
function addWave(field: Float32Array, kx: number, ky: number, random: Random): void {
  const phase = 2 * Math.PI * random.uniform();
  const angle = (2 * Math.PI) / textureSide;
  const cosX = Float64Array.from({ length: textureSide }, (_, x) => Math.cos(angle * kx * x + phase));
  const sinX = Float64Array.from({ length: textureSide }, (_, x) => Math.sin(angle * kx * x + phase));
  for (let y = 0; y < textureSide; y++) {
    const [cosY, sinY] = [Math.cos(angle * ky * y), Math.sin(angle * ky * y)];
    const row = y * textureSide;
    for (let x = 0; x < textureSide; x++) field[row + x]! += cosX[x]! * cosY - sinX[x]! * sinY;
  }
}

/**
 * 256 colors for the values of a pattern: luma rises by `contrast` about `luma`, hues turn through the palette,
 * `saturation` is the share of what the luma allows.
 *
 * @returns red, green, blue 0 … 255 of each.
 */
export function paletteOf(
  hues: readonly number[],
  { luma, contrast, saturation }: { luma: number; contrast: number; saturation: number },
): Float32Array {
  const colors = new Float32Array(256 * 3);
  const reach = Math.min(contrast, 2 * luma, 2 * (1 - luma));
  for (let value = 0; value < 256; value++) {
    const l = luma + reach * (value / 255 - 0.5);
    const hue = hues[Math.min(hues.length - 1, Math.floor((value / 256) * hues.length))]!;
    const pure = [0, 1, 2].map((channel) => 0.5 + 0.5 * Math.cos(2 * Math.PI * (hue - channel / 3)));
    const own = lumaOf(pure);
    const tint = pure.map((part) => part - own);
    const most = Math.min(
      ...tint.map((part) => (part > 0 ? (1 - l) / part : part < 0 ? l / -part : Infinity)),
    );
    for (let channel = 0; channel < 3; channel++)
      colors[value * 3 + channel] = 255 * (l + saturation * most * tint[channel]!);
  }
  return colors;
}

function lumaOf([red, green, blue]: readonly number[]): number {
  return 0.299 * red! + 0.587 * green! + 0.114 * blue!;
}

/** The pattern in colors; red, green, blue of each place. */
export function colored(pattern: Uint8Array, palette: Float32Array): Float32Array {
  const texture = new Float32Array(pattern.length * 3);
  for (let i = 0; i < pattern.length; i++)
    for (let channel = 0; channel < 3; channel++)
      texture[i * 3 + channel] = palette[pattern[i]! * 3 + channel]!;
  return texture;
}
