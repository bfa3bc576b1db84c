import type { ModelDescription } from '../affect/index.ts';
import { parametersOf, type Ranges, type Value } from '../graph/index.ts';
import { isOfHead, randomParameters, type TemporalHead } from '../networks/index.ts';
import { type Preprocessing, preprocessingFor } from '../streams/index.ts';
import type { Tensor } from '../support/tensor.ts';
import { networkParameters } from './clip-network.ts';
import type { Calibration } from './description.ts';
import { describeNetwork, type Network } from './network.ts';

/** The seed of untrained networks: the same film gives the same (meaningless) numbers everywhere. */
const seed = 2018;

/** A network with its weights, and what films go through before it. */
export interface Model {
  readonly description: ModelDescription;
  readonly network: Network;
  readonly preprocessing: Preprocessing;
  /** What it knows of its own errors, and of what it was trained on. */
  readonly calibration?: Calibration | undefined;
  /** Of what is computed in bytes, where the machine does so exactly; all in float32 where there are none. */
  readonly ranges?: Ranges | undefined;
  /** The weights that these outputs of the network depend on. */
  parametersOf(outputs: Record<string, Value>): ReadonlyMap<string, Tensor>;
  /** A head over time, which its curve is read off in place of the mean-linear head; its weights are in `head`, too. */
  readonly temporal?: TemporalHead | undefined;
  /** The weights of its heads, for `predict` and `contributions`. */
  readonly head: ReadonlyMap<string, Tensor>;
}

/** A network with random weights; only those that are asked for are made. */
export function untrainedModel(preset: Network['preset']): Model {
  const network = describeNetwork({ preset });
  return {
    description: { name: 'untrained', preset, trained: false, synthetic: false },
    network,
    preprocessing: preprocessingFor(preset),
    parametersOf: (outputs) => randomParameters(parametersOf(outputs), seed),
    head: randomParameters(
      networkParameters(network).filter(({ name }) => isOfHead(name)),
      seed,
    ),
  };
}
