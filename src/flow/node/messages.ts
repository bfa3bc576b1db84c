import type { BroxOptions, FlowField, GrayImage, Size } from '../schedule.ts';

/** What a worker is told: of what frames the next ones will be, or a frame. */
export type Request = KernelMessage | FrameMessage;

/** A kernel for frames of this size takes the place of the one before. */
export interface KernelMessage {
  readonly size: Size;
  readonly options: BroxOptions;
}

/** A frame for a worker: the first of a run, or one whose flow from the frame before is wanted. */
export interface FrameMessage {
  readonly frame: GrayImage;
  readonly startsRun: boolean;
}

/** What comes back for every frame that does not start a run, in order; its arrays are moved, not copied. */
export type FieldMessage = FlowField;
