import type { ModelDescription } from '../affect/index.ts';
import { type ParameterValue, parametersOf, type Value } from '../graph/index.ts';
import {
  clipNetwork,
  describeNetwork,
  type Network,
  type Preset,
  randomParameters,
} from '../networks/index.ts';
import type { Tensor } from '../support/tensor.ts';

/** The seed of untrained networks: the same film gives the same (meaningless) numbers everywhere. */
const seed = 2018;

/** A network with its weights. */
export interface Model {
  description: ModelDescription;
  network: Network;
  /** The weights that these outputs of the network depend on. */
  parametersOf(outputs: Record<string, Value>): ReadonlyMap<string, Tensor>;
  /** The weights of the linear end, for `predict` and `contributions`. */
  regression: ReadonlyMap<string, Tensor>;
}

/** A network with random weights; only those that are asked for are made. */
export function untrainedModel(preset: Preset): Model {
  const network = describeNetwork({ preset });
  return {
    description: { name: 'untrained', preset, trained: false, synthetic: false },
    network,
    parametersOf: (outputs) => randomParameters(parametersOf(outputs), seed),
    regression: randomParameters(allParameters(network).filter(isOfRegression), seed),
  };
}

/** Every parameter of the network, by name and shape. */
export function allParameters(network: Network): ParameterValue[] {
  const batch = { clips: 1, frames: 1, flows: 1, samples: 220_500 };
  return parametersOf([clipNetwork(network, batch).prediction]);
}

function isOfRegression({ name }: { name: string }): boolean {
  return /(^|\.)regression\.|^decision\.weights$/.test(name);
}
