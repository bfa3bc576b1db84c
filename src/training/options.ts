import type { ClipFile } from '../clips/index.ts';
import type { TrainedModel } from '../models/node/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Tensor } from '../support/tensor.ts';
import type { TrainingConfiguration } from './configuration.ts';
import type { EpochRecord } from './records/records.ts';

/** A prepared clip and what people felt, in the units of its data set. */
export interface TrainingClip {
  readonly clip: ClipFile;
  readonly valence: number;
  readonly arousal: number;
}

/** What is trained, on what, and who is told. */
export interface TrainOptions {
  readonly configuration: TrainingConfiguration;
  readonly train: readonly TrainingClip[];
  readonly validation: readonly TrainingClip[];
  /** Where the network starts; the map's tensors are replaced as training goes. */
  readonly parameters: Map<string, Tensor>;
  /** The run's folder; training goes on from the checkpoint there, if there is one. */
  readonly folder: string;
  /** What the model is called, what it is trained on, and what its clips were prepared with. */
  readonly model: Pick<TrainedModel, 'name' | 'trained' | 'synthetic' | 'preprocessing'>;
  /** What computes; this machine's processor unless told. */
  readonly runtime?: Runtime;
  readonly signal?: AbortSignal | undefined;
  /** Another process that trains in the folder is waited for, and this told who; without it, that is an error. */
  readonly onHeld?: ((holder: string) => void) | undefined;
  /** Where features of frozen streams are kept; `features` in the run's folder unless told. Runs may share it. */
  readonly features?: string | undefined;
  /** While those features are computed, 0 to 1. */
  readonly onFeatures?: (stream: string, share: number) => void;
  readonly onStep?: (progress: StepProgress) => void;
  /** Told of all epochs so far, after each. */
  readonly onEpoch?: (records: readonly EpochRecord[]) => void | Promise<void>;
  /** Called when the folder has a new checkpoint, and all that belongs to it; the training goes on when it is done. */
  readonly onCheckpoint?: (() => Promise<void>) | undefined;
}

/** How far a training is after a step. */
export interface StepProgress {
  /** From 1. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** What a training came to. */
export interface TrainResult {
  readonly records: readonly EpochRecord[];
  /** Folder of the model with the lowest validation error, for `affectline analyze --model`. */
  readonly best: string;
}
