import { join } from 'node:path';
import type { Ranges } from '../../graph/index.ts';
import type { TemporalHead } from '../../networks/index.ts';
import type { Preprocessing } from '../../streams/index.ts';
import { contentHashOf } from '../../support/content-hash.ts';
import { writeAtomically } from '../../support/files.ts';
import { makeFolder } from '../../support/folders.ts';
import type { Tensor } from '../../support/tensor.ts';
import { writeSafetensors } from '../../weights/index.ts';
import {
  type Calibration,
  type InBytes,
  type ModelFile,
  modelFileText,
  modelSchema,
} from '../description.ts';
import type { Network } from '../network.ts';
import { storedRanges } from '../ranges.ts';

/** What a model folder is written from. */
export interface TrainedModel {
  readonly name: string;
  /** What it was trained on, in a sentence: shown with everything it predicts. */
  readonly trained: string;
  /** Whether that was synthetic films only. */
  readonly synthetic: boolean;
  /** Lowest and highest value of the labels; that of all data sets that are read, 1 … 5, unless told. */
  readonly scale?: readonly [number, number] | undefined;
  readonly network: Network;
  /** With its weights among the parameters. */
  readonly temporal?: TemporalHead | undefined;
  readonly preprocessing: Preprocessing;
  readonly calibration?: Calibration | undefined;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Of what may be computed in bytes, and how they were found; both or none. */
  readonly ranges?: Ranges | undefined;
  readonly inBytes?: InBytes | undefined;
}

/**
 * Writes a model as `readModel` reads it: `model.safetensors` with its weights, then `model.json`, which says all else.
 *
 * @param precision float16 halves the file.
 */
export async function writeModel(
  folder: string,
  model: TrainedModel,
  precision: 'float32' | 'float16' = 'float32',
): Promise<void> {
  const { name, trained, synthetic, scale = [1, 5], network, preprocessing, calibration } = model;
  const { temporal, parameters, ranges, inBytes } = model;
  makeFolder(folder);
  const weights = join(folder, 'model.safetensors');
  await writeSafetensors(weights, new Map([...parameters, ...storedRanges(ranges ?? new Map())]), {
    precision,
  });
  const { preset, streams, fusion, fusionConvolution, soundLayer, backbone } = network;
  const file: ModelFile = {
    schema: modelSchema,
    ...{ name, trained, synthetic, scale },
    network: {
      ...{ preset, streams, fusion },
      // other versions read what is as it always was
      ...(fusionConvolution === 'space-time' && { fusionConvolution }),
      ...{ soundLayer, backbone },
    },
    ...(temporal && { head: { kind: 'temporal' as const, ...temporal } }),
    preprocessing,
    ...(calibration && { calibration }),
    ...(inBytes && { inBytes }),
    weights: { file: 'model.safetensors', contentHash: await contentHashOf(weights) },
  };
  await writeAtomically(join(folder, 'model.json'), modelFileText(file));
}
