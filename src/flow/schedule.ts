import { unknownName } from '../support/errors.ts';

/** A dense displacement field in pixels: the point (x, y) of the first frame is at (x + u, y + v) in the second. */
export interface FlowField {
  readonly width: number;
  readonly height: number;
  /** To the right; `width * height` values, row by row. */
  readonly u: Float32Array;
  /** Downwards. */
  readonly v: Float32Array;
}

/** Brightness from 0 (black) to 255 (white), row by row. */
export interface GrayImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Float32Array;
}

export type FlowPreset = 'fast' | 'standard' | 'accurate';

/** What both implementations of the flow (`brox.ts` and the kernel) can be asked for. */
export interface BroxOptions {
  /** How much work goes into a pair; `'standard'` when not given. */
  readonly preset?: FlowPreset | undefined;
  /** One robust function around both constancy terms together, as in the paper's energy (5); separate ones when not given. */
  readonly joint?: boolean | undefined;
  /** A flow to start from, of the frames' size, such as that of the pair before; when not given the search starts from rest. */
  readonly initial?: FlowField | undefined;
}

/** Every constant of the method. The names in brackets are the paper's. */
export interface Schedule {
  /** Width and height of a pyramid level as a share of those of the next finer one (η). */
  readonly scaleFactor: number;
  /** Levels whose shorter side would be below this many pixels are left out. */
  readonly coarsestSide: number;
  /** Standard deviation, in pixels, of the Gaussian that both frames are smoothed with first (σ). */
  readonly presmoothing: number;
  /** Standard deviation, in pixels of the finer level, of the Gaussian that each coarser level is made with. */
  readonly reductionSmoothing: number;
  /** Steps of the outer fixed-point iteration on each level, a warp each (index k). */
  readonly warps: number;
  /** Steps of the inner fixed-point iteration after each warp, an update of the robust weights each (index l). */
  readonly innerSteps: number;
  /** Sweeps of successive over-relaxation on each linear system. */
  readonly sweeps: number;
  /** Over-relaxation (ω), between 0 and 2. */
  readonly relaxation: number;
  /** Weight of smoothness (α). */
  readonly smoothness: number;
  /** Weight of gradient constancy against brightness constancy (γ). */
  readonly gradientWeight: number;
  /** The small number in Ψ(s²) = √(s² + ε²) of the constancy terms (ε). The paper has 0.001 everywhere. */
  readonly dataEpsilon: number;
  /** The same in the smoothness term, where a small one keeps edges sharp. */
  readonly smoothnessEpsilon: number;
  /** Whether a 5 × 5 median goes over the flow after each warp; not in the paper (`median.ts`). */
  readonly median: boolean;
}

/*
 * Chosen on four Middlebury pairs together with eight synthetic ones (photographs and film frames as layers that move,
 * turn and occlude each other, with noise and changes of light), and watched on real clips for outliers.
 */
const standard: Schedule = {
  scaleFactor: 0.65,
  coarsestSide: 16,
  presmoothing: 0.76,
  reductionSmoothing: 0.55,
  warps: 3,
  innerSteps: 3,
  sweeps: 5,
  relaxation: 1.96,
  smoothness: 41,
  gradientWeight: 17,
  dataEpsilon: 0.1,
  smoothnessEpsilon: 0.001,
  median: false,
};

export const schedules: Readonly<Record<FlowPreset, Schedule>> = {
  fast: { ...standard, scaleFactor: 0.5, reductionSmoothing: 0.75 },
  standard,
  accurate: {
    ...standard,
    scaleFactor: 0.75,
    reductionSmoothing: 0.48,
    warps: 4,
    innerSteps: 3,
    sweeps: 6,
    smoothness: 28, // the median does a part of it
    median: true,
  },
};

/**
 * The constants for a preset. With one joint robust function the gradients count √γ times as much as the brightness,
 * not γ times as with one for each; smoothness has to count for less in proportion.
 *
 * @throws InputError when there is no such preset.
 */
export function scheduleOf(preset: FlowPreset, joint: boolean): Schedule {
  if (!Object.hasOwn(schedules, preset)) throw unknownName('preset', preset, Object.keys(schedules));
  const schedule = schedules[preset];
  if (!joint) return schedule;
  return { ...schedule, smoothness: schedule.smoothness / Math.sqrt(schedule.gradientWeight) };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Sizes of the pyramid's levels, the finest (the frames' own) first.
 * Level n is the frame times ηⁿ, rounded; a frame smaller than the coarsest side is its own only level.
 */
export function levelSizes(frame: Size, { scaleFactor, coarsestSide }: Schedule): Size[] {
  const sizes = [{ width: frame.width, height: frame.height }];
  while (true) {
    const scale = scaleFactor ** sizes.length;
    const width = Math.round(frame.width * scale);
    const height = Math.round(frame.height * scale);
    if (Math.min(width, height) < coarsestSide) return sizes;
    sizes.push({ width, height });
  }
}
