import { InputError, unknownName } from '../support/errors.ts';

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

/** How much work goes into a pair of frames; `docs/flow.md` has what each costs and gives. */
export type FlowPreset = 'fast' | 'standard' | 'accurate';

/** What both implementations of the flow (`brox.ts` and the kernel) can be asked for. */
export interface BroxOptions {
  /** How much work goes into a pair; `'standard'` when not given. */
  readonly preset?: FlowPreset | undefined;
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
  /**
   * Steps of the outer fixed-point iteration, a warp each (index k): on the finest level, on the next, and on each coarser
   * one, where they cost little and large motions are found.
   */
  readonly warps: readonly [number, number, number];
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
  /**
   * Brightness constancy is divided by the slope of the brightness, √(|∇I|² + ζ²), so that it measures a distance in
   * pixels and strong edges do not outweigh the rest (Zimmer, Bruhn and Weickert, "Optic Flow in Harmony", IJCV 2011).
   * This is ζ, in gray levels a pixel: slopes well below it are taken for noise.
   */
  readonly slopeFloor: number;
  /** The same for gradient constancy, divided by the curvature of the brightness; in gray levels a pixel². */
  readonly curvatureFloor: number;
  /** The small number in Ψ(s²) = √(s² + ε²) of the constancy terms, in pixels (ε). The paper has 0.001 everywhere. */
  readonly dataEpsilon: number;
  /** The same in the smoothness term, where a small one keeps edges sharp. */
  readonly smoothnessEpsilon: number;
  /**
   * Smoothness counts 1/√(1 + |∇I|²/K²) as much, for motion often changes where the picture does (Alvarez, Weickert and Sánchez,
   * IJCV 2000). This is K, in gray levels a pixel.
   */
  readonly edgeSlope: number;
  /**
   * The coarsest level whose shorter side has at least so many pixels starts from a search of patches (`search.ts`), which finds
   * what moves farther than it is wide; in a smaller frame none does. 0: none.
   */
  readonly searchedSide: number;
}

/* Each was chosen for a reason, and measured: docs/flow.md. */
const standard: Schedule = {
  scaleFactor: 0.65,
  coarsestSide: 8,
  presmoothing: 0.76,
  reductionSmoothing: 0.55,
  warps: [2, 3, 4],
  innerSteps: 3,
  sweeps: 5,
  relaxation: 1.96,
  smoothness: 3,
  gradientWeight: 3,
  slopeFloor: 5,
  curvatureFloor: 1,
  dataEpsilon: 0.02,
  smoothnessEpsilon: 0.001,
  edgeSlope: 30,
  searchedSide: 50,
};

/** What each preset does: how the pyramid is built, and how often its levels are warped and relaxed. */
export const schedules: Readonly<Record<FlowPreset, Schedule>> = {
  fast: { ...standard, scaleFactor: 0.5, reductionSmoothing: 0.75, warps: [1, 2, 4], searchedSide: 0 },
  standard,
  accurate: {
    ...standard,
    scaleFactor: 0.75,
    reductionSmoothing: 0.48,
    warps: [4, 4, 4],
    sweeps: 6,
    // more warps follow noise further
    smoothness: 3.3,
  },
};

/** @throws InputError when there is no such preset. */
export function scheduleOf(preset: FlowPreset): Schedule {
  if (!Object.hasOwn(schedules, preset)) throw unknownName('preset', preset, Object.keys(schedules));
  return schedules[preset];
}

/** Most pixels of a frame: the kernel's memory, up to 140 bytes a pixel, has to fit what 32-bit WebAssembly can address. */
export const mostFlowPixels: number = 2 ** 24;
const longestSide = 2 ** 14;

/** @throws InputError when there is no flow of frames of this size. */
export function checkFrameSize({ width, height }: Size): void {
  if (!(width >= 2 && height >= 2))
    throw new InputError(`a frame of ${width}×${height} is too small for the flow; at least 2×2 pixels`);
  if (width * height > mostFlowPixels || Math.max(width, height) > longestSide)
    throw new InputError(
      `a frame of ${width}×${height} is too large for the flow; at most 2²⁴ pixels, and 2¹⁴ on a side`,
    );
}

/** Of a picture or a field, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Level extends Size {
  readonly warps: number;
  /** Whether a search of patches starts it. */
  readonly searched: boolean;
}

/**
 * The pyramid's levels, the finest (of the frames' own size) first.
 * Level n is the frame times ηⁿ, rounded; a frame smaller than the coarsest side is its own only level.
 */
export function levelsOf({ width, height }: Size, schedule: Schedule): Level[] {
  const { scaleFactor, coarsestSide, warps, searchedSide } = schedule;
  const sizeOf = (n: number) => ({
    width: Math.round(width * scaleFactor ** n),
    height: Math.round(height * scaleFactor ** n),
  });
  const reaches = (n: number, side: number) => Math.min(sizeOf(n).width, sizeOf(n).height) >= side;
  const levels: Level[] = [];
  for (let n = 0; n === 0 || reaches(n, coarsestSide); n++) {
    const searched = searchedSide > 0 && reaches(n, searchedSide) && !reaches(n + 1, searchedSide);
    levels.push({ ...sizeOf(n), warps: warps[Math.min(n, 2)]!, searched });
  }
  return levels;
}
