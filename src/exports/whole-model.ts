// A model as one ONNX file, for programs that are not ours.
import { elicited } from '../affect/index.ts';
import { onnxFile, type Value } from '../graph/index.ts';
import { type Batch, inputShape, type Model, type Network, soundMask } from '../models/index.ts';
import { backboneOf, type Material, momentPeriod, streamNamed } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import { sampleRate } from '../support/sound.ts';
import { affectOutput, wholeNetwork } from './whole-network.ts';
import { windowBatch } from './window.ts';

/** The key of the file's `metadata_props` under which `WholeModelDescription` stands as JSON. */
export const metadataKey = 'affectline';

/** What an exported model says of itself: all that has to be done before and after it. */
export interface WholeModelDescription {
  /** Rises when a key changes its meaning. */
  readonly version: 1;
  readonly model: Model['description'];
  /** What its numbers are: elicited affect. */
  readonly affect: typeof elicited;
  /** What one run takes in. */
  readonly window: {
    readonly seconds: number;
    readonly moments: number;
    readonly momentSeconds: number;
    readonly pairsOfMoment: number;
    readonly samples: number;
    readonly sampleRate: number;
  };
  /** By name, how the numbers of each input are written. */
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly written: string }>>;
  /** What is done to a film before: see docs/analysis.md. */
  readonly preprocessing: Model['preprocessing'];
  /** By name, what each output holds. */
  readonly outputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly about: string }>>;
  /** What is done after: the scale that `affect` is clipped to, and half the width of its interval. */
  readonly postprocessing: {
    readonly scale?: readonly [number, number] | undefined;
    readonly interval?: NonNullable<NonNullable<Model['calibration']>['intervals']> | undefined;
  };
}

/**
 * A model as ONNX (opset 17, standard operators alone): the whole network for one window of fixed length, its weights,
 * and as JSON in `metadata_props` what it takes and gives (`WholeModelDescription`).
 *
 * @throws InputError for a model with a head over time, whose answer for a window depends on the film around it.
 */
export function wholeModel(model: Model, seconds: number): Uint8Array {
  if (model.temporal)
    throw new InputError(
      `${model.description.name} has a temporal head, which sees the film around a window, so that one window is no model of it; export the model that it was trained from`,
      'unusable-model',
    );
  const batch = windowBatch(seconds);
  const outputs = wholeNetwork(model.network, batch);
  const description = describe(model, seconds, batch, outputs);
  return onnxFile(outputs, model.parametersOf(outputs), { [metadataKey]: JSON.stringify(description) }).bytes;
}

/** What the items of an input are, in order; squares as `viewOfMoment` gives them. */
const itemsOf = ({ fusionConvolution }: Network): Readonly<Record<Material, string>> => ({
  frame: `a frame each ${momentPeriod} s, its center square${fusionConvolution === 'space' ? ', that of every other frame mirrored' : ''}`,
  pair: 'fields of motion, ten around each frame in turn, the square of that frame, mirrored where that is',
  waveform: 'the waveform',
  faces: `what is known of the faces in a frame each ${momentPeriod} s, looked at whole`,
});

function describe(
  { network, description, preprocessing, calibration }: Model,
  seconds: number,
  batch: Batch,
  outputs: Record<string, Value>,
): WholeModelDescription {
  const inputs = network.streams.map((stream) => {
    const { written = 'as the stream writes it' } = backboneOf(stream, network.backbone[stream]);
    const shape = inputShape(network, stream, batch);
    return [
      stream,
      { shape, written: `${itemsOf(network)[streamNamed(stream).takes]}: ${written}` },
    ] as const;
  });
  const hears = network.streams.some((stream) => streamNamed(stream).takes === 'waveform');
  const mask = { shape: [1, 1], written: '1 with sound, 0 without or where the whole track is silent' };
  return {
    version: 1,
    model: description,
    affect: elicited,
    window: {
      seconds,
      moments: batch.frames,
      momentSeconds: momentPeriod,
      pairsOfMoment: batch.pairs,
      samples: batch.samples,
      sampleRate,
    },
    inputs: { ...Object.fromEntries(inputs), ...(hears && { [soundMask]: mask }) },
    preprocessing,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { shape }]) => [name, { shape, about: aboutOutput(name) }]),
    ),
    postprocessing: { scale: description.scale, interval: calibration?.intervals },
  };
}

function aboutOutput(name: string): string {
  if (name === affectOutput) return 'valence, arousal';
  const own = name.slice(name.indexOf('.') + 1);
  return name.startsWith('track.')
    ? `mean features of the track ${own}, which the head sees`
    : `mean features of the stream ${own}, before streams are fused`;
}
