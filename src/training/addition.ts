// Streams that are added to a trained model: it stays as it is, and only what they add to its answer is learned.
import { isDeepStrictEqual } from 'node:util';
import { describeNetwork, type Network } from '../models/index.ts';
import { readModel, type StoredModel } from '../models/node/index.ts';
import { offsetOf, widthOf } from '../networks/index.ts';
import { preprocessingFor } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { partOf } from './trained-parts.ts';

const weightName = 'regression.weight';

/** What a training that adds streams starts from, and what of it trains. */
export interface Addition {
  /** Those of the model that stays: all but what belongs to the added streams alone. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** The model's streams. */
  readonly streams: readonly string[];
  /** Of the regression's weight, the columns of what is added. */
  readonly masks: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads the model that a configuration adds streams to (`addsTo`). Its parameters are the same in the network that is
 * trained, but for the weight of the regression: in that the added streams have columns of their own, of zeros at first, so
 * that the training starts from the model's own answer; and where what they add is zero, it ends with it, too.
 *
 * @returns undefined where the configuration adds to no model.
 * @throws InputError when the model cannot be read, or is no part of the network that the configuration describes.
 */
export async function additionOf(configuration: TrainingConfiguration): Promise<Addition | undefined> {
  const { addsTo } = configuration;
  if (addsTo === undefined) return undefined;
  const model = await readModel(addsTo);
  const network = describeNetwork(configuration);
  const fault = faultOf(model, network, configuration);
  if (fault) throw new InputError(`addsTo: ${addsTo} ${fault}`);
  const { streams } = model.network;
  return { streams, ...widened(model, network) };
}

/** Why a model is not one that the network's other streams can be added to; undefined where it is. */
function faultOf(
  { network: base, temporal, preprocessing }: StoredModel,
  network: Network,
  { train, sampling }: TrainingConfiguration,
): string | undefined {
  if (temporal) return 'has a head over time; a model without one expected';
  for (const key of ['preset', 'fusion', 'soundLayer'] as const)
    if (base[key] !== network[key]) return `has ${key} ${base[key]}, not ${network[key]}`;
  if (network.fusion !== 'features') return 'joins decisions; one that joins features expected';
  const lacking = base.streams.find((stream) => !network.streams.includes(stream));
  if (lacking) return `has a stream ${lacking}, which is not among streams: ${network.streams.join(', ')}`;
  const added = network.streams.filter((stream) => !base.streams.includes(stream));
  if (added.length === 0) return `has all of the streams ${network.streams.join(', ')}: nothing is added`;
  const fused = network.tracks.find(
    ({ fused, streams }) => fused && streams.some((of) => added.includes(of)),
  );
  if (fused)
    return `cannot have ${added.join(', ')} added: the stream is fused with others, and changes what their fusion says`;
  if (base.fusionConvolution !== network.fusionConvolution)
    return `has fusionConvolution ${base.fusionConvolution}, not ${network.fusionConvolution}`;
  for (const stream of base.streams) {
    if (partOf(train, stream) !== 'frozen') return `stays as it is; train: ${stream}: frozen expected`;
    if (base.backbone[stream] !== network.backbone[stream])
      return `has another backbone of the ${stream} stream`;
  }
  const { faces: _, ...own } = preprocessing;
  if (!isDeepStrictEqual(own, preprocessingFor(network.preset, sampling)))
    return 'was trained on films that were prepared otherwise than this version prepares them';
  return undefined;
}

/** The model's parameters, the weight of its regression with room for more tracks, and where in it that is. */
function widened(
  { network: base, parameters }: StoredModel,
  network: Network,
): Pick<Addition, 'parameters' | 'masks'> {
  const [from, to] = [base.heads[0]!, network.heads[0]!];
  const [narrow, wide] = [widthOf(from), widthOf(to)];
  const own = parameters.get(weightName)!.data;
  const data = new Float32Array(2 * wide);
  const mask = new Uint8Array(2 * wide).fill(1);
  for (const { track, channels, masked } of from.inputs)
    for (const row of [0, 1]) {
      const start = row * narrow + offsetOf(from, track)!;
      const width = channels + Number(masked);
      const target = row * wide + offsetOf(to, track)!;
      data.set(own.subarray(start, start + width), target);
      mask.fill(0, target, target + width);
    }
  return {
    parameters: new Map([...parameters, [weightName, { shape: [2, wide], data }]]),
    masks: new Map([[weightName, mask]]),
  };
}
