import {
  type BroxOptions,
  checkFrameSize,
  type FlowField,
  type GrayImage,
  type Level,
  levelsOf,
  type Schedule,
  type Size,
  scheduleOf,
} from '../schedule.ts';

/** What `assembly/brox.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  configure(
    smoothness: number,
    gradientWeight: number,
    relaxation: number,
    dataEpsilon: number,
    smoothnessEpsilon: number,
    presmoothing: number,
    reductionSmoothing: number,
    slopeFloor: number,
    curvatureFloor: number,
    edgeSlope: number,
    innerSteps: number,
    sweeps: number,
  ): void;
  addLevel(width: number, height: number, warps: number, searched: boolean): void;
  input(): number;
  inputStride(): number;
  prepare(slot: number): void;
  solveLevel(level: number, first: number, second: number): void;
  readFlow(): void;
  resultU(): number;
  resultV(): number;
}

/**
 * The kernel for frames of one size, with memory of its own. Frames are given one after the other;
 * what is computed of a frame alone (its pyramid) is kept, and serves as second and then as first of a pair.
 */
export class FlowKernel {
  readonly size: Size;
  private readonly exports: Exports;
  private readonly levels: readonly Level[];
  private frames = 0;

  /**
   * @param module `brox.wasm`, compiled (`kernelModule()` in Node).
   * @param schedule other constants than the preset's, to measure with.
   */
  constructor(
    module: WebAssembly.Module,
    { width, height }: Size,
    { preset = 'standard' }: BroxOptions = {},
    schedule: Schedule = scheduleOf(preset),
  ) {
    checkFrameSize({ width, height });
    this.size = { width, height };
    const abort = () => {
      throw new Error(`the flow of ${width}×${height} frames does not fit in memory`);
    };
    this.exports = new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as Exports;
    this.exports.configure(
      schedule.smoothness,
      schedule.gradientWeight,
      schedule.relaxation,
      schedule.dataEpsilon,
      schedule.smoothnessEpsilon,
      schedule.presmoothing,
      schedule.reductionSmoothing,
      schedule.slopeFloor,
      schedule.curvatureFloor,
      schedule.edgeSlope,
      schedule.innerSteps,
      schedule.sweeps,
    );
    this.levels = levelsOf({ width, height }, schedule);
    for (const level of this.levels) {
      this.exports.addLevel(level.width, level.height, level.warps, level.searched);
    }
  }

  /** Forgets the frame before: the next one starts a new run. */
  restart(): void {
    this.frames = 0;
  }

  /** @returns the flow from the frame given before to this one; nothing for the first frame of a run. */
  next({ width, height, data }: GrayImage): FlowField | undefined {
    const { exports, size } = this;
    if (width !== size.width || height !== size.height || data.length !== width * height)
      throw new TypeError(
        `a frame of ${width}×${height} with ${data.length} values; this kernel takes ${size.width}×${size.height}`,
      );
    const slot = this.frames % 2;
    const stride = exports.inputStride();
    const input = new Float32Array(exports.memory.buffer, exports.input());
    for (let y = 0; y < height; y++) input.set(data.subarray(y * width, (y + 1) * width), y * stride);
    exports.prepare(slot);
    if (this.frames++ === 0) return undefined;
    for (let level = this.levels.length - 1; level >= 0; level--) exports.solveLevel(level, 1 - slot, slot);
    exports.readFlow();
    const plane = (address: number) =>
      new Float32Array(exports.memory.buffer, address, width * height).slice();
    return { width, height, u: plane(exports.resultU()), v: plane(exports.resultV()) };
  }
}
