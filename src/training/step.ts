import {
  gradients,
  input,
  multiply,
  parametersOf,
  reduceMean,
  subtract,
  type Value,
} from '../graph/index.ts';
import { type Batch, clipNetwork, type Network } from '../models/index.ts';
import { nodeRuntime, type Runtime, type Session } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import { clipByGlobalNorm, type LearningRate, type Optimizer, type OptimizerState } from './optimizers.ts';
import { type TrainedParts, trains } from './trained-parts.ts';

export interface StepOptions {
  network: Network;
  /** What one run of the session takes in; a step may be several runs. */
  batch: Batch;
  parts: TrainedParts;
  /** Batch norms of trained parts: frozen (fine-tuning), or with the statistics of each run (from scratch). */
  batchNorm: 'frozen' | 'batch';
  /** Frozen streams whose features were computed before (`clipFeatures`), and are inputs. */
  given?: readonly string[];
  /** Parameters of which only some numbers train: by name 1 for those that do, 0 for the others. */
  masks?: ReadonlyMap<string, Uint8Array>;
  /** Compute batch norms and concatenations of trained parts again in the backward pass: less memory, more time. */
  recompute?: boolean;
  /** What computes; this machine's processor unless told. */
  runtime?: Runtime;
}

/**
 * One run's inputs: those of `clipNetwork` and `target` [clips, 2], valence and arousal as labeled. A step takes their
 * arrays away, which spares a copy.
 */
export type Run = Readonly<Record<string, Tensor>>;

export interface StepResult {
  /** Mean squared error over the clips of the step, before it. */
  loss: number;
  /** Norm of the whole gradient before it was clipped. */
  gradientNorm: number;
  /** [valence, arousal] of every clip, before the step. */
  predictions: number[][];
}

/**
 * Forward and backward pass of a network as one session. Frozen parameters are folded into it; what is frozen costs no
 * backward pass, and no memory for one.
 */
export class TrainingStep {
  /** Names of the parameters that train. */
  readonly trained: readonly string[];
  private readonly session: Session;
  private readonly parameters: Map<string, Tensor>;
  private readonly masks: ReadonlyMap<string, Uint8Array>;

  private constructor(
    session: Session,
    trained: readonly string[],
    parameters: Map<string, Tensor>,
    masks: ReadonlyMap<string, Uint8Array>,
  ) {
    this.session = session;
    this.trained = trained;
    this.parameters = parameters;
    this.masks = masks;
  }

  /** @param parameters all of the network's; each step replaces those that train, and running averages. */
  static async open(options: StepOptions, parameters: Map<string, Tensor>): Promise<TrainingStep> {
    const {
      network,
      batch,
      parts,
      batchNorm,
      given = [],
      masks = new Map(),
      recompute = false,
      runtime = nodeRuntime(),
    } = options;
    const isTrained = trains(parts, network, masks);
    const usesBatchStatistics = (path: string) => batchNorm === 'batch' && isTrained(path);
    const { prediction, averages } = clipNetwork(network, batch, { given, usesBatchStatistics });
    const error = subtract(prediction, input('target', [batch.clips, 2]));
    const loss = reduceMean(multiply(error, error));
    const variables = parametersOf([loss]).filter(({ name, trainable }) => trainable && isTrained(name));
    const slopes = gradients(loss, variables, { recompute });
    const outputs: Record<string, Value> = { loss, prediction };
    variables.forEach(({ name }, i) => {
      outputs[`gradient.${name}`] = slopes[i]!;
    });
    for (const [name, average] of Object.entries(averages)) outputs[`average.${name}`] = average;

    const trained = variables.map(({ name }) => name);
    const changing = new Set([...trained, ...Object.keys(averages)]);
    const frozen = new Map([...parameters].filter(([name]) => !changing.has(name)));
    const session = await runtime.open(outputs, frozen);
    return new TrainingStep(session, trained, parameters, masks);
  }

  /**
   * One step of the optimizer. Several runs, each of the session's batch size, give the step of one batch of them all
   * (with `batchNorm: 'batch'` each run has statistics of its own).
   *
   * @throws InputError when the loss or a gradient is not a number; the weights are then as before.
   */
  async take(
    runs: AsyncIterable<Run> | Iterable<Run>,
    optimizer: Optimizer,
    state: OptimizerState,
    { rate, gradientLimit }: { rate: LearningRate; gradientLimit: number },
  ): Promise<StepResult> {
    const sums = new Map<string, Tensor>();
    const predictions: number[][] = [];
    let [count, loss] = [0, 0];
    for await (const run of runs) {
      const results = await this.compute(run);
      count++;
      loss += results.loss!.data[0]!;
      if (!Number.isFinite(loss)) throw diverged(state, loss);
      this.moveAverages(results);
      const values = results.prediction!.data;
      for (let i = 0; i < values.length; i += 2) predictions.push([values[i]!, values[i + 1]!]);
      for (const name of this.trained) addInto(sums, name, results[`gradient.${name}`]!);
    }
    if (count > 1)
      for (const { data } of sums.values()) for (let i = 0; i < data.length; i++) data[i] = data[i]! / count;
    for (const [name, mask] of this.masks) {
      const { data } = sums.get(name)!;
      for (let i = 0; i < data.length; i++) data[i] = data[i]! * mask[i]!;
    }
    const gradientNorm = clipByGlobalNorm(sums, gradientLimit);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
      throw new InputError(
        `step ${state.step + 1}: the loss is ${loss / count}; a lower learning rate may help`,
      );
    const before = [...this.masks.keys()].map((name) => this.parameters.get(name)!.data.slice());
    optimizer.update(this.parameters, sums, state, rate);
    for (const [i, [name, mask]] of [...this.masks].entries()) {
      const { data } = this.parameters.get(name)!;
      // weights that do not train do not decay, either
      for (let k = 0; k < data.length; k++) if (mask[k] === 0) data[k] = before[i]![k]!;
    }
    return { loss: loss / count, gradientNorm, predictions };
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** Lends the session the run and the parameters; while it computes, the parameters are not to be read. */
  private async compute(run: Run): Promise<Record<string, Tensor>> {
    const feeds: Record<string, Tensor> = {};
    for (const name of this.session.inputs.keys()) {
      const feed = run[name] ?? this.parameters.get(name);
      if (feed) feeds[name] = feed;
    }
    try {
      return await this.session.run(feeds, Object.keys(feeds));
    } finally {
      for (const [name, feed] of Object.entries(feeds))
        if (this.parameters.has(name)) this.parameters.set(name, feed);
    }
  }

  private moveAverages(results: Readonly<Record<string, Tensor>>): void {
    for (const [name, { data }] of Object.entries(results))
      if (name.startsWith('average.')) this.parameters.get(name.slice('average.'.length))!.data.set(data);
  }
}

function diverged({ step }: OptimizerState, value: number): InputError {
  return new InputError(
    `step ${step + 1}: the loss or its gradient is ${value}; a lower learning rate may help`,
  );
}

function addInto(sums: Map<string, Tensor>, name: string, { shape, data }: Tensor): void {
  const sum = sums.get(name);
  if (!sum) sums.set(name, { shape, data });
  else for (let i = 0; i < data.length; i++) sum.data[i] = sum.data[i]! + data[i]!;
}
