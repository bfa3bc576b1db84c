// What features add to valence and arousal: the network's last layers are linear after a mean over time, so each stretch of
// a film adds its own two numbers.
import type { Affect } from '../affect/index.ts';
import type { FilmFeatures } from '../features/index.ts';
import type { Model } from '../models/index.ts';
import { contributions, predict } from '../networks/index.ts';
import { Contribution } from './track.ts';

/** An answer in parts: for any stretch of film it is `bias` plus the means of `tracks` over it. */
export interface Parts {
  readonly bias: Affect;
  /** By the streams that each comes from, joined by +. */
  readonly tracks: ReadonlyMap<string, Contribution>;
  /** Whether these are what streams add, to be told as shares. */
  readonly isDivided: boolean;
}

export function partsOf({ network, head }: Model, features: FilmFeatures): Parts {
  const inputs = network.heads.flatMap((of) => of.inputs);
  const has = (name: string) => features.tracks.some((track) => track.name === name);
  // fusion of features always has what it cannot do without, if of zeros
  const shown = inputs.filter(
    ({ track, masked }) => has(track) || (network.fusion === 'features' && !masked),
  );
  const present = shown.map(({ track }) => track);
  const constant = (of: typeof shown) => {
    const zeros = of.map(({ track, channels }) => [track, new Float32Array(channels)] as const);
    return predict(network, head, Object.fromEntries(zeros));
  };
  // Where nothing else is there, a lack has nothing to be compared with.
  const isAlone = network.fusion === 'decisions' || shown.every(({ masked }) => masked);
  const bias = constant(isAlone ? shown : shown.filter(({ masked }) => !masked));
  const streamsOf = (name: string) =>
    network.tracks
      .find((track) => track.name === name)!
      .streams.filter((stream) => features.streams.includes(stream));
  const tracks = features.tracks.map(({ name, stretches }): [string, Contribution] => {
    const { masked } = inputs.find(({ track }) => track === name)!;
    // that there is sound, whatever is heard
    const lack = masked && !isAlone ? difference(constant(withOnly(shown, name)), bias) : nothing;
    const track = new Contribution(
      stretches.map(({ begin, end, vector }) => {
        const { valence, arousal } = contributions(network, head, name, vector, present);
        return { begin, end, valence: valence[0]! + lack.valence, arousal: arousal[0]! + lack.arousal };
      }),
    );
    return [streamsOf(name).join('+'), track];
  });
  return { bias, tracks: new Map(tracks), isDivided: true };
}

const nothing: Affect = { valence: 0, arousal: 0 };

function withOnly<Input extends { readonly track: string; readonly masked: boolean }>(
  inputs: readonly Input[],
  track: string,
): Input[] {
  return inputs.filter((input) => !input.masked || input.track === track);
}

function difference(a: Affect, b: Affect): Affect {
  return { valence: a.valence - b.valence, arousal: a.arousal - b.arousal };
}
