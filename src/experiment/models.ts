import type { ClipCache } from '../clips/index.ts';
import type { LabelledClip, Split } from '../datasets/index.ts';
import { baselines, crossValidatedRidge, dimensions } from '../evaluation/index.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import type { HeldOut } from './run.ts';

export type NetworkName =
  | 'paper'
  | 'flow'
  | 'picture'
  | 'sound'
  | 'flow+picture'
  | 'flow+sound'
  | 'picture+sound'
  | 'decisions';

/** The networks that are compared: which streams they have, and how these are joined. */
const networks: Readonly<Record<NetworkName, Pick<TrainingConfiguration, 'streams' | 'fusion'>>> = {
  paper: { streams: ['flow', 'picture', 'sound'], fusion: 'features' },
  flow: { streams: ['flow'], fusion: 'features' },
  picture: { streams: ['picture'], fusion: 'features' },
  sound: { streams: ['sound'], fusion: 'features' },
  'flow+picture': { streams: ['flow', 'picture'], fusion: 'features' },
  'flow+sound': { streams: ['flow', 'sound'], fusion: 'features' },
  'picture+sound': { streams: ['picture', 'sound'], fusion: 'features' },
  decisions: { streams: ['flow', 'picture', 'sound'], fusion: 'decisions' },
};

/** What sees the video but is no network, and what does not see it at all. */
export const withoutNetwork = {
  handcrafted: 'handcrafted features',
  constant: 'constant',
  position: 'position in film',
  neighbours: "neighbours' labels",
} as const;

export const modelNames: readonly (NetworkName | keyof typeof withoutNetwork)[] = [
  ...(Object.keys(networks) as NetworkName[]),
  ...(Object.keys(withoutNetwork) as (keyof typeof withoutNetwork)[]),
];
export type ModelName = (typeof modelNames)[number];

export function isNetwork(name: ModelName): name is NetworkName {
  return name in networks;
}

/** The configuration that all networks share, with the streams and the fusion of one. */
export function configurationFor(name: NetworkName, shared: TrainingConfiguration): TrainingConfiguration {
  const { streams, fusion } = networks[name];
  const weights = Object.fromEntries(
    Object.entries(shared.weights).filter(([stream]) => (streams as string[]).includes(stream)),
  );
  return { ...shared, streams: [...streams], fusion, weights };
}

/** Predictions of one that has no network, learnt from the training clips. */
export async function predictWithoutNetwork(
  name: keyof typeof withoutNetwork,
  split: Split,
  cache: ClipCache,
  seed: number,
): Promise<HeldOut> {
  if (name === 'handcrafted') return await handcrafted(split, cache, seed);
  const baseline = baselines[withoutNetwork[name]]!;
  return {
    validation: baseline(split.train, split.validation),
    test: baseline([...split.train, ...split.validation], split.test),
  };
}

/** Ridge regression on the features stored with each prepared clip; its penalty is chosen on films left out. */
async function handcrafted(split: Split, cache: ClipCache, seed: number): Promise<HeldOut> {
  const featuresOf = async (clips: readonly LabelledClip[]) => {
    const rows: (readonly number[])[] = [];
    for (const clip of clips) rows.push((await cache.open(clip)).handcrafted);
    return rows;
  };
  const features = await featuresOf(split.train);
  const films = split.train.map(({ film }) => film);
  const models = dimensions.map((dimension) =>
    crossValidatedRidge(
      features,
      split.train.map((clip) => clip[dimension]),
      films,
      seed,
    ),
  );
  const predict = async (clips: readonly LabelledClip[]) => {
    const rows = await featuresOf(clips);
    return clips.map(({ id }, i) => {
      const [valence, arousal] = models.map((model) => model.predict(rows[i]!));
      return { id, valence: valence!, arousal: arousal! };
    });
  };
  return { validation: await predict(split.validation), test: await predict(split.test) };
}
