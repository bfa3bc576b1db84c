// Where in the picture a value comes from: behind the fused maps the network is a mean over places and linear layers.
import type { Affect } from '../affect/index.ts';
import { type FusedPlaces, type MomentPlaces, placesOf, type Sessions } from '../features/index.ts';
import type { Model } from '../models/index.ts';
import { contributions } from '../networks/index.ts';
import type { FilmSource } from '../streams/index.ts';

/** What each place of a grid over the picture adds, row by row from the upper left; the sum is what the stream adds. */
export interface PlaceMap {
  readonly stream: string;
  readonly width: number;
  readonly height: number;
  readonly valence: Float32Array;
  readonly arousal: Float32Array;
}

/** A part of a value, place by place: it is `constant` plus the sums of all maps. */
export interface PlaceSums {
  /** What no place of a stream adds: of the fusion's bias, and of motion what there is of it at rest. */
  readonly constant: Affect;
  readonly maps: readonly PlaceMap[];
}

/** Where the value of a point of the curve comes from, of all that has a place in the picture. */
export interface PlaceAttribution {
  /** Of the stretch of film that the point stands for: its sum is what the point's `shares` say of the fused streams. */
  readonly point: PlaceSums;
  /** Of the frame that is nearest to the moment alone, as if the film showed nothing else; the point is the mean of such. */
  readonly frame: PlaceSums & {
    /** Seconds. */
    readonly time: number;
  };
}

export interface PlaceOptions {
  readonly model: Model;
  readonly sessions: Sessions;
  /** Of the model's streams that are fused, those that were used. */
  readonly streams: readonly string[];
  /** Names of the network's tracks that the film has, those of sound as well. */
  readonly present: readonly string[];
  /** The stretch that the point stands for, and the moment itself, in seconds. */
  readonly from: number;
  readonly to: number;
  readonly at: number;
  /** Where the film ends, in seconds. */
  readonly end: number;
}

/**
 * Reads a film, or a part that begins a moment before `from`, up to `to`, and parts what is seen by places.
 *
 * The sum over places is exact, whatever the network. The sum over streams is, too, but how a place is parted between them
 * is a choice where the fusion's ReLU follows their sum: what it lets through of each is what it lets through of all (its
 * derivative there, 0 or 1). Of motion a stream adds what differs from rest.
 *
 * @returns undefined where nothing is seen in that stretch.
 */
export async function attributePlaces(
  film: FilmSource,
  { model, sessions, streams, present, from, to, at, end }: PlaceOptions,
): Promise<PlaceAttribution | undefined> {
  const moments = await placesOf(film, { model, sessions, streams, until: to, end });
  const seconds = ({ begin, end }: MomentPlaces) => Math.max(0, Math.min(end, to) - Math.max(begin, from));
  const within = moments.filter((moment) => seconds(moment) > 0);
  if (within.length === 0) return undefined;
  const total = within.reduce((sum, moment) => sum + seconds(moment), 0);
  const frame = within.reduce((best, moment) =>
    Math.abs(moment.time - at) < Math.abs(best.time - at) ? moment : best,
  );
  const sums = (of: readonly { moment: MomentPlaces; weight: number }[]) => sumsOf(model, present, of);
  return {
    point: sums(within.map((moment) => ({ moment, weight: seconds(moment) / total }))),
    frame: { time: frame.time, ...sums([{ moment: frame, weight: 1 }]) },
  };
}

function sumsOf(
  { network, head }: Model,
  present: readonly string[],
  moments: readonly { moment: MomentPlaces; weight: number }[],
): PlaceSums {
  const constant = { valence: 0, arousal: 0 };
  const maps = new Map<string, PlaceMap>();
  for (const { moment, weight } of moments)
    for (const [track, { width, height, sum, parts }] of moment.tracks) {
      const places = width * height;
      const share = weight / places;
      const added = (values: Float32Array) => contributions(network, head, track, values, present);
      const rest = Float32Array.from(sum, (value, i) => {
        let own = value;
        for (const part of parts.values()) own -= part[i]!;
        return value > 0 ? own : 0;
      });
      const { valence, arousal } = added(rest);
      for (let place = 0; place < places; place++) {
        constant.valence += share * valence[place]!;
        constant.arousal += share * arousal[place]!;
      }
      for (const [stream, part] of parts) {
        const map = maps.get(stream) ?? {
          ...{ stream, width, height },
          valence: new Float32Array(places),
          arousal: new Float32Array(places),
        };
        maps.set(stream, map);
        const own = added(letThrough(part, sum));
        for (let place = 0; place < places; place++) {
          map.valence[place]! += share * own.valence[place]!;
          map.arousal[place]! += share * own.arousal[place]!;
        }
      }
    }
  return { constant, maps: [...maps.values()] };
}

/** What a ReLU lets through of a part of its input. */
function letThrough(part: Float32Array, sum: FusedPlaces['sum']): Float32Array {
  return part.map((value, i) => (sum[i]! > 0 ? value : 0));
}
