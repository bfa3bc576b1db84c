import type { BroxOptions, FlowField, GrayImage, Size } from '../schedule.ts';

/** What a flow worker is started with. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module;
  readonly size: Size;
  readonly options: BroxOptions;
}

/** A frame for a worker: the first of a run, or one whose flow from the frame before is wanted. */
export interface FrameMessage {
  readonly frame: GrayImage;
  readonly startsRun: boolean;
}

/** What comes back for every frame that does not start a run, in order. */
export type FieldMessage = FlowField;
