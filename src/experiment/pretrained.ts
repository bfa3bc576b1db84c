import { existsSync } from 'node:fs';
import type { Network } from '../models/index.ts';
import { readModel } from '../models/node/index.ts';
import { backboneOf, standardStreams, streamsNamed } from '../streams/index.ts';
import { configurationKeys, type TrainingConfiguration, trainingConfiguration } from '../training/index.ts';
import { pretrainedFiles, pretrainedPath } from '../weights/index.ts';

type Say = (line: string) => void;

/** The fetched file that a stream can start from, if there is one, and the name that one is fetched by. */
function pretrainedOf(stream: string, backbone?: string): { path?: string; name?: string } {
  const { pretrained } = backboneOf(stream, backbone);
  const files = pretrainedFiles.filter((file) => file.backbone === pretrained);
  const path = files.map(pretrainedPath).find((candidate) => existsSync(candidate));
  return { ...(path && { path }), ...(files[0] && { name: files[0].name }) };
}

/** The paper starts from pretrained streams: those not named in the configuration are taken from the cache. */
export function pretrainedWeights(
  { streams, weights, train, backbone }: TrainingConfiguration,
  say: Say,
): TrainingConfiguration['weights'] {
  const found = { ...weights };
  for (const stream of streams) {
    if (found[stream]) continue;
    const { path, name } = pretrainedOf(stream, backbone[stream]);
    if (path) found[stream] = path;
    else if (name)
      say(
        `warning: the ${stream} stream starts from random weights${train[stream] === 'frozen' ? ' and stays there' : ''}; ` +
          `affectline weights get ${name} fetches pretrained ones`,
      );
  }
  return found;
}

/**
 * Reads the configuration of a run, with defaults that make sense here. Where it names no preset: the paper's, if the
 * pretrained weights of all its streams were fetched; else the compact one. A stream that starts from random weights is
 * trained, and where there are files that it could start from, all with the statistics of the batch, unless the
 * configuration says otherwise. Both are said in a line. Where streams are added to a trained model (`addsTo`), all is as in
 * that model, and its streams are frozen.
 *
 * @param over keys that count for more than those of the file.
 * @throws InputError as `parseConfiguration`, or when a model that is named cannot be read.
 */
export async function startingConfiguration(
  yaml: string,
  source: string,
  say: Say,
  over: { readonly streams?: readonly string[] } = {},
): Promise<TrainingConfiguration> {
  const keys: Record<string, unknown> = { ...configurationKeys(yaml, source), ...over };
  const given = trainingConfiguration(keys, source);
  if (given.addsTo !== undefined)
    return trainingConfiguration(asIn((await readModel(given.addsTo)).network, keys), source);
  const streams = keys.streams ? given.streams : streamsNamed(standardStreams);
  // a stream that never has such files does not change how the others are trained
  const pretrainable = streams.filter((stream) => backboneOf(stream, given.backbone[stream]).pretrained);
  const decisive = pretrainable.length > 0 ? pretrainable : streams;
  const fetched = decisive.every((stream) => given.weights[stream] ?? pretrainedOf(stream).path);
  const preset = keys.preset ? given.preset : fetched ? 'paper' : 'compact';
  const weights =
    preset === 'paper'
      ? Object.fromEntries(
          streams.flatMap((stream) => {
            const path = given.weights[stream] ?? pretrainedOf(stream, given.backbone[stream]).path;
            return path ? [[stream, path]] : [];
          }),
        )
      : given.weights;
  const scratch = streams.filter((stream) => !weights[stream]);
  const train = {
    ...given.train,
    ...Object.fromEntries(scratch.map((stream) => [stream, 'trained' as const])),
    ...(keys.train as object | undefined),
  };
  const isScratch = decisive.some((stream) => scratch.includes(stream));
  const batchNorm = keys.batchNorm ? given.batchNorm : isScratch ? 'batch' : 'frozen';
  if (!keys.preset)
    say(
      `preset ${preset}: ${fetched ? 'pretrained weights of all streams are in the cache' : 'not all pretrained weights are fetched (affectline weights list)'}`,
    );
  if (scratch.length > 0)
    say(`from random weights, and therefore trained unless configured otherwise: ${scratch.join(', ')}`);
  return trainingConfiguration({ ...keys, preset, weights, train, batchNorm }, source);
}

/** Keys with those that they lack as a trained model has them. */
function asIn(
  { preset, soundLayer, fusionConvolution, backbone, streams }: Network,
  keys: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const frozen = Object.fromEntries(streams.map((stream) => [stream, 'frozen']));
  return {
    ...{ preset, soundLayer, fusionConvolution, ...keys },
    backbone: { ...backbone, ...(keys.backbone as object | undefined) },
    train: { ...frozen, ...(keys.train as object | undefined) },
  };
}
