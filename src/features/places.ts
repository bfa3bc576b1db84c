import { featureName, type Model, streamsTaking, sumName, viewOfMoment } from '../models/index.ts';
import { centerCrop, type FilmSource, restingField, writeInput } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import { givenOf, itemOf, look, zeros } from './seen.ts';
import type { Sessions } from './sessions.ts';
import { type Stretch, stretchesOf } from './track.ts';

/** What the fusion of a track sees at a moment, place by place; all arrays are [channels, height · width], row by row. */
export interface FusedPlaces {
  readonly width: number;
  readonly height: number;
  /** Before the ReLU, whose result is the track's map. */
  readonly sum: Float32Array;
  /** What each stream adds to that; of a stream that takes motion, what it adds beyond what it adds at rest. */
  readonly parts: ReadonlyMap<string, Float32Array>;
}

/** The places of all tracks of a moment, by their names, and the stretch of film that it stands for, in seconds. */
export interface MomentPlaces extends Pick<Stretch, 'begin' | 'end'> {
  readonly time: number;
  readonly tracks: ReadonlyMap<string, FusedPlaces>;
}

/** What is looked at, and until when. */
export interface PlacesOptions {
  readonly model: Model;
  readonly sessions: Sessions;
  /** Of the model's streams that are fused, those that are used; of the others the fusion gets zeros. */
  readonly streams: readonly string[];
  /** Seconds: the film is closed behind the moment after it. */
  readonly until: number;
  /** Seconds: where the film ends. */
  readonly end: number;
}

/** Looks at the moments of a film, or of a part of it, and keeps where in the picture each stream finds what. */
export async function placesOf(
  film: FilmSource,
  { model, sessions, streams, until, end }: PlacesOptions,
): Promise<MomentPlaces[]> {
  const { network } = model;
  if (network.fusionConvolution === 'space-time')
    throw new InputError(
      'where in the picture a value comes from is not told of a model whose fusion runs over time (fusionConvolution: space-time)',
      'unusable-model',
    );
  const session = await sessions.places(givenOf(network, streams));
  const tracks = network.tracks.filter(
    ({ fused, streams: own }) => fused && own.some((name) => streams.includes(name)),
  );
  const rests = new Map<string, Float32Array>();
  for (const stream of streamsTaking({ streams }, 'pair'))
    rests.set(stream, await partAtRest(model, sessions, stream, film.info.declaredDuration));
  const times: number[] = [];
  const found: ReadonlyMap<string, FusedPlaces>[] = [];
  await look(film, network, sessions, { session, streams }, (moments, outputs) => {
    for (const [index, { number, time, picture }] of moments.entries()) {
      times.push(time);
      const { mirrored } = viewOfMoment(network, picture, number).crop;
      found.push(
        new Map(
          tracks.map(({ name, streams: own }) => {
            const [, , height, width] = outputs[sumName(name)]!.shape;
            const parts = own
              .filter((stream) => streams.includes(stream))
              .map((stream): [string, Float32Array] => {
                const rest = rests.get(stream);
                const part = itemOf(outputs[stream]!, index).map((value, i) => value - (rest?.[i] ?? 0));
                return [stream, mirrored ? mirroredRows(part, width!) : part];
              });
            const all = itemOf(outputs[sumName(name)]!, index).slice();
            const sum = mirrored ? mirroredRows(all, width!) : all;
            return [name, { width: width!, height: height!, sum, parts: new Map(parts) }];
          }),
        ),
      );
    }
    return times.at(-1)! < until;
  });
  const stretches = stretchesOf(
    times,
    times.map(() => nothing),
    end,
  );
  return stretches.map(({ begin, end }, i) => ({ begin, end, time: times[i]!, tracks: found[i]! }));
}

const nothing = new Float32Array(0);

/** Places of rows of this width, left and right exchanged. */
function mirroredRows(places: Float32Array, width: number): Float32Array {
  return places.map((_, i) => places[i - (i % width) + width - 1 - (i % width)]!);
}

/** What a stream that takes motion adds where nothing moves. */
async function partAtRest(
  { network }: Model,
  sessions: Sessions,
  stream: string,
  seconds: number,
): Promise<Float32Array> {
  const pairs = await sessions.pairs(stream, seconds);
  const fields = zeros(pairs.inputs.get(stream)!);
  const { side } = network.sizes;
  const view = { width: side, height: side, crop: centerCrop(side, side, side) };
  writeInput<'pair'>({ stream, backbone: network.backbone[stream] }, restingField, view, itemOf(fields, 0));
  const map = (await pairs.run({ [stream]: fields }))[stream]!;
  const places = await sessions.places(givenOf(network, []));
  const feeds = Object.fromEntries([...places.inputs].map(([name, shape]) => [name, zeros(shape)]));
  itemOf(feeds[featureName(stream)]!, 0).set(itemOf(map, 0));
  return itemOf((await places.run(feeds))[stream]!, 0).slice();
}
