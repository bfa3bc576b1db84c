// Dense optical flow after Brox, Bruhn, Papenberg & Weickert (ECCV 2004), the whole of it for one frame size.
// From outside: `configure` once, `addLevel` from the frame's own size to the coarsest; then for every frame its gray
// values to `input()` and `prepare(slot)`, and for every pair, from the coarsest level to the finest, `solveLevel(level, first, second)`;
// `readFlow()` leaves the field at `resultU()`, `resultV()`.
import { VECTOR, allocate, allocateFlow, allocateImage, blocksOf, clearFlow, flowHalf, flowLine, imageStride, repeatEdge } from './layout';
import { resample, tapTable } from './pyramid';
import { SAMPLE_BLOCK, sampleSpline } from './derivatives';
import { DATA_BLOCK, placeBytes, warp } from './warp';
import { weightBytes, solve, systemBytes } from './solver';
import { medianBytes, medianFilter, unpackRow } from './median';
import { expand, expandTable } from './expand';
import { allocateDetail, writeDetail } from './detail';
import { Search, search } from './search';
import { fuse } from './fusion';

/** Two frames are held: those of the pair, or of a clip the one that is shared and the next. */
const SLOTS = 2;

class Level {
  /** Taps that make this level from the one below (or from the frame). */
  columns: usize = 0;
  rows: usize = 0;
  /** Per slot: spline surface, and image and gradient at the pixels. */
  surface: StaticArray<usize> = new StaticArray<usize>(SLOTS);
  samples: StaticArray<usize> = new StaticArray<usize>(SLOTS);
  flow: usize = 0;
  mask: usize = 0;
  /** Where the columns of this level fall in the next coarser one. */
  expansion: usize = 0;
  /** Of a level that starts from a search of patches: what it works on, and per slot what patches are compared by. */
  search: Search | null = null;
  details: StaticArray<usize> = new StaticArray<usize>(SLOTS);
  constructor(public width: i32, public height: i32, public warps: i32) {}
}

const levels: Level[] = [];
let alpha: f32, gamma: f32, omega: f32, dataEpsilon: f32, smoothnessEpsilon: f32, smoothing: f64, antialiasing: f64;
let slopeFloor: f32, curvatureFloor: f32, edgeSlope: f32, inner: i32, sweeps: i32;
let frame: usize, spare: usize, row: usize, data: usize, places: usize, weights: usize, system: usize, u: usize, v: usize;

/**
 * @param smoothing σ of the Gaussian on the frame, in pixels
 * @param antialiasing σ of the Gaussian between levels, in pixels of the finer
 * @param slopeFloor_ see `Schedule`, as for all constants
 */
export function configure(
  alpha_: f32, gamma_: f32, omega_: f32, dataEpsilon_: f32, smoothnessEpsilon_: f32, smoothing_: f64, antialiasing_: f64,
  slopeFloor_: f32, curvatureFloor_: f32, edgeSlope_: f32, inner_: i32, sweeps_: i32,
): void {
  alpha = alpha_;
  gamma = gamma_;
  omega = omega_;
  dataEpsilon = dataEpsilon_;
  smoothnessEpsilon = smoothnessEpsilon_;
  smoothing = smoothing_;
  antialiasing = antialiasing_;
  slopeFloor = slopeFloor_;
  curvatureFloor = curvatureFloor_;
  edgeSlope = edgeSlope_;
  inner = inner_;
  sweeps = sweeps_;
}

export function addLevel(width: i32, height: i32, warps: i32, searched: bool): void {
  const level = new Level(width, height, warps);
  if (levels.length == 0) {
    frame = allocateImage(width, height);
    spare = allocateImage(width, height);
    row = allocate(max<usize>(2 * (<usize>imageStride(width) + 16) * 4, medianBytes(width)));
    data = allocate(DATA_BLOCK * 2 * blocksOf(width) * height);
    places = allocate(placeBytes(width));
    weights = allocate(weightBytes(width));
    system = allocate(systemBytes(width, sweeps));
    u = allocate((<usize>width * height + 8) * 4);
    v = allocate((<usize>width * height + 8) * 4);
    level.columns = tapTable(width, width, smoothing);
    level.rows = tapTable(height, height, smoothing);
  } else {
    const finer = levels[levels.length - 1];
    level.columns = tapTable(finer.width, width, antialiasing);
    level.rows = tapTable(finer.height, height, antialiasing);
    finer.expansion = expandTable(width, finer.width);
  }
  for (let slot = 0; slot < SLOTS; slot++) {
    level.surface[slot] = allocateImage(width, height);
    level.samples[slot] = allocate(SAMPLE_BLOCK * 2 * blocksOf(width) * height);
  }
  if (searched) {
    level.search = new Search(width, height);
    for (let slot = 0; slot < SLOTS; slot++) level.details[slot] = allocateDetail(width, height);
  }
  level.flow = allocateFlow(width, height);
  level.mask = allocate(2 * VECTOR * blocksOf(width));
  for (let x = 0; x < width; x++) store<i32>(level.mask + <usize>(x & 1) * VECTOR * blocksOf(width) + ((<usize>x >> 1) << 2), -1);
  levels.push(level);
}

/** Address of the frame's float32 gray values, rows `inputStride()` numbers apart. */
export function input(): usize {
  return frame;
}

export function inputStride(): i32 {
  return imageStride(levels[0].width);
}

/** Builds the pyramid of the frame at `input()`. */
export function prepare(slot: i32): void {
  let source = frame;
  let width = levels[0].width;
  let height = levels[0].height;
  repeatEdge(frame, width, height);
  for (let l = 0; l < levels.length; l++) {
    const level = levels[l];
    const surface = level.surface[slot];
    resample(source, width, height, surface, level.width, level.height, level.columns, level.rows, row);
    sampleSpline(surface, level.width, level.height, level.samples[slot], row);
    if (level.search) writeDetail(surface, level.width, level.height, level.details[slot], row);
    source = surface;
    width = level.width;
    height = level.height;
  }
}

/** The flow of a level, from the frame in slot `first` to that in slot `second`. */
export function solveLevel(l: i32, first: i32, second: i32): void {
  const level = levels[l];
  start(l);
  const patches = level.search;
  if (patches) {
    search(patches, level.details[first], level.details[second], level.flow);
    fuse(patches, level.details[first], level.details[second], level.flow);
  }
  refine(level, first, second);
}

/** The flow that a level starts with: that of the coarser one, on the coarsest none. */
function start(l: i32): void {
  const level = levels[l];
  if (l == levels.length - 1) return clearFlow(level.flow, level.width, level.height);
  const coarser = levels[l + 1];
  expand(coarser.flow, coarser.width, coarser.height, level.flow, level.width, level.height, level.expansion, row);
}

/** The warps and the median of a level. */
function refine(level: Level, first: i32, second: i32): void {
  for (let k = 0; k < level.warps; k++) {
    warp(level.samples[first], level.surface[second], level.flow, data, places, level.width, level.height, slopeFloor, curvatureFloor);
    for (let i = 0; i < inner; i++)
      solve(
        level.flow, data, level.samples[first], level.mask, weights, system, level.width, level.height,
        alpha, gamma, omega, dataEpsilon, smoothnessEpsilon, edgeSlope, sweeps,
      );
  }
  medianFilter(level.flow, level.width, level.height, frame, spare, row); // the frame is in its pyramid: its room is free
}

/** Writes the finest level's flow, from the checkerboard, to two planes in row-major order. */
export function readFlow(): void {
  const level = levels[0];
  const line = flowLine(level.width);
  for (let y = 0; y < level.height; y++) {
    const start = <usize>(y * level.width) << 2;
    unpackRow(flowHalf(level.flow, line, y, 0), flowHalf(level.flow, line, y, 1), u + start, v + start, level.width);
  }
}

export function resultU(): usize {
  return u;
}

export function resultV(): usize {
  return v;
}
