import { elementCount, type Tensor } from '../support/tensor.ts';

/** A parameter as `parametersOf` lists it. */
interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The first layer of SoundNet takes in numbers up to 256, not around 1 as all others: at fresh weights its variance is
 * twice the waveform's, here of a root mean square of 0.1.
 */
const loudness = 2 * (256 * 0.1) ** 2;

/**
 * Fresh weights: Kaiming uniform for layers that a ReLU follows (He et al. 2015), PyTorch's for the regression, batch
 * norms the identity, biases 0. Each parameter depends on the seed and its own name only.
 */
export function randomParameters(values: Iterable<Named>, seed: number): Map<string, Tensor> {
  const parameters = new Map<string, Tensor>();
  const named = [...values];
  // one large buffer goes back to the system when it is garbage; many small ones leave holes between others
  const all = new Float32Array(named.reduce((sum, { shape }) => sum + elementCount(shape), 0));
  let start = 0;
  for (const { name, shape } of named) {
    const data = all.subarray(start, start + elementCount(shape));
    start += data.length;
    if (shape.length > 1) {
      const inputs = data.length / shape[0]!;
      fillUniform(data, Math.sqrt((name.endsWith('regression.weight') ? 1 : 6) / inputs), hash(name, seed));
    } else if (name.endsWith('sound.conv1.1.running_var')) data.fill(loudness);
    else if (name.endsWith('.weight') || name.endsWith('running_var')) data.fill(1);
    parameters.set(name, { shape, data });
  }
  return parameters;
}

/** Uniform in [−bound, bound], by Mulberry32: eight million numbers in well under 0.1 s. */
function fillUniform(data: Float32Array, bound: number, seed: number): void {
  const scale = (2 * bound) / 2 ** 32;
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    data[i] = ((mixed ^ (mixed >>> 14)) >>> 0) * scale - bound;
  }
}

/** FNV-1a. */
function hash(text: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}
