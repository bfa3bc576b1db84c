import { InputError } from '../support/errors.ts';

/** The number types found in weight files. All become float32 in memory; files are little-endian, as are we. */
export const elementBytes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  uint64: 8,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

export type ElementType = keyof typeof elementBytes;

/**
 * Numbers of the given type as float32. Float32 bytes at an aligned place are viewed, not copied, so the result may
 * share memory with `bytes`; integers beyond 2^24 and float64 are rounded.
 */
export function toFloat32(bytes: Uint8Array, type: ElementType): Float32Array {
  const size = elementBytes[type];
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const count = bytes.length / size;
  switch (type) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float64':
      return new Float32Array(new Float64Array(buffer, byteOffset, count));
    case 'float16':
      return decodeFloat16(new Uint16Array(buffer, byteOffset, count));
    case 'bfloat16':
      return decodeBfloat16(new Uint16Array(buffer, byteOffset, count));
    case 'int64':
      return decodeBig(new BigInt64Array(buffer, byteOffset, count));
    case 'uint64':
      return decodeBig(new BigUint64Array(buffer, byteOffset, count));
    case 'int32':
      return new Float32Array(new Int32Array(buffer, byteOffset, count));
    case 'uint32':
      return new Float32Array(new Uint32Array(buffer, byteOffset, count));
    case 'int16':
      return new Float32Array(new Int16Array(buffer, byteOffset, count));
    case 'uint16':
      return new Float32Array(new Uint16Array(buffer, byteOffset, count));
    case 'int8':
      return new Float32Array(new Int8Array(buffer, byteOffset, count));
    case 'uint8':
    case 'bool':
      return new Float32Array(new Uint8Array(buffer, byteOffset, count));
  }
}

/** Nearest float16 of each number, ties to even (IEEE 754); a finite number beyond ±65504 is an error naming `name`. */
export function toFloat16(values: Float32Array, name: string): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    half[i] = float16Bits(bits[i]!);
    if ((half[i]! & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) {
      throw new InputError(`parameter '${name}' holds ${values[i]}, too large for float16; write float32`);
    }
  }
  return half;
}

/** Sign 1, exponent 8 (bias 127), mantissa 23 bits → sign 1, exponent 5 (bias 15), mantissa 10 bits. */
function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and more, infinity
  const normal = magnitude >= 0x38800000;
  // A subnormal float16 counts in steps of 2^-24, so its mantissa is shifted by how far the exponent falls short.
  const shift = normal ? 13 : Math.min(126 - (magnitude >>> 23), 31);
  const value = normal ? magnitude - 0x38000000 : (magnitude & 0x7fffff) | 0x800000;
  const floor = value >>> shift;
  const remainder = value & (2 ** shift - 1);
  const middle = 2 ** (shift - 1);
  const roundUp = remainder > middle || (remainder === middle && (floor & 1) === 1);
  return sign | (floor + (roundUp ? 1 : 0));
}

/** Every float16 as float32, made once when the first is met. */
let float16Values: Float32Array | undefined;

function decodeFloat16(halves: Uint16Array): Float32Array {
  float16Values ??= new Float32Array(65536).map((_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 31;
    const mantissa = half & 1023;
    if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
  });
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = float16Values[halves[i]!]!;
  return values;
}

/** A bfloat16 is the upper half of a float32. */
function decodeBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

function decodeBig(integers: BigInt64Array | BigUint64Array): Float32Array {
  const values = new Float32Array(integers.length);
  for (let i = 0; i < integers.length; i++) values[i] = Number(integers[i]);
  return values;
}
