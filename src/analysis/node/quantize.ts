// A model that is computed in bytes: what its networks show of films, and what its answers lose by it.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { dimensions, type FilmAffect } from '../../affect/index.ts';
import type { Ranges } from '../../graph/index.ts';
import { type Change, cardText, type InBytes } from '../../models/index.ts';
import { readModel, type StoredModel, writeModel } from '../../models/node/index.ts';
import { observing, type Runtime } from '../../runtime/index.ts';
import { multipliesBytesExactly, nodeRuntime } from '../../runtime/node/index.ts';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import { analyzerOf } from './analyzer.ts';

/** Of so many films one is kept apart, and tells what answers lose. */
const everyNth = 4;
/** Ranges are this much wider than what was seen: what lies beyond is cut off, what is too wide makes steps coarse. */
const margin = 1.25;

/** What is quantized, and on which films. */
export interface QuantizeOptions {
  /** The folder of a model, or `hf:owner/name`. */
  readonly model: string;
  /** Paths of films like those that it will be asked about; from four on, every fourth is kept apart. */
  readonly films: readonly string[];
  /** Cores to use. Default: all. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @param done of all films, 0 to 1. */
  readonly onProgress?: ((film: string, done: number) => void) | undefined;
}

/** What a quantized model is written from. */
export interface Quantized {
  readonly model: StoredModel;
  readonly ranges: Ranges;
  readonly inBytes: InBytes;
}

/**
 * Finds the ranges that a model's networks need to be computed in bytes, and measures what its answers lose by it.
 *
 * @returns the change is missing where the processor does not compute bytes exactly: there float32 is computed.
 * @throws InputError when the model or a film cannot be read.
 */
export async function quantizeModel(options: QuantizeOptions): Promise<Quantized> {
  const { films, signal, onProgress } = options;
  const threads = options.threads ?? availableParallelism();
  const model = await readModel(options.model);
  if (films.length === 0) throw new InputError('no film: ranges are taken from films');
  const apart = films.filter((_, i) => i % everyNth === everyNth - 1);
  const looked = films.filter((film) => !apart.includes(film));
  const measured = apart.length > 0 ? apart : looked;
  const exact = await multipliesBytesExactly();
  let done = 0;
  const total = looked.length + (exact ? measured.length + apart.length : 0);
  const analyze = async (
    paths: readonly string[],
    runtime: Runtime,
    ranges?: Ranges,
  ): Promise<FilmAffect[]> => {
    const analyzer = analyzerOf({ ...model, ranges }, model.network.streams, { runtime, threads });
    try {
      const answers: FilmAffect[] = [];
      for (const path of paths) {
        const found = await analyzer.analyze(path, {
          ...(signal && { signal }),
          onProgress: (share) => onProgress?.(path, (done + share) / total),
        });
        answers.push(found);
        onProgress?.(path, ++done / total);
      }
      return answers;
    } finally {
      await analyzer.close();
    }
  };

  const floats = nodeRuntime({ threads });
  const watching = observing(floats);
  const seen = await analyze(looked, watching.runtime);
  const ranges = widened(watching.ranges());
  const seconds = seen.reduce((sum, { duration }) => sum + duration, 0);
  const found: InBytes = { films: looked.length, seconds };
  if (!exact) return { model, ranges, inBytes: found };
  const before = apart.length > 0 ? await analyze(apart, floats) : seen;
  const after = await analyze(measured, floats, ranges);
  const [valence, arousal] = dimensions.map((dimension) => changeOf(before, after, dimension)) as [
    Change,
    Change,
  ];
  const change = { films: measured.length, apart: apart.length > 0, valence, arousal };
  return { model, ranges, inBytes: { ...found, change } };
}

/**
 * Writes the folder of a quantized model: the weights as they were, in float32, the ranges among them, and a card that
 * tells what changed.
 */
export async function writeQuantized(folder: string, { model, ranges, inBytes }: Quantized): Promise<void> {
  const { name, trained, synthetic, scale } = model.description;
  await writeModel(folder, {
    ...{ name: `${name} in bytes`, trained: trained || 'nothing', synthetic, scale },
    ...{ network: model.network, preprocessing: model.preprocessing, calibration: model.calibration },
    ...{ temporal: model.temporal, parameters: model.parameters, ranges, inBytes },
  });
  const { files } = await readModel(folder);
  await writeAtomically(join(folder, 'README.md'), cardText(files.description, [changeSection(inBytes)]));
}

function changeSection({ films, seconds, change }: InBytes): string {
  const from = `Its ranges are from ${films} films of ${Math.round(seconds)} s together.`;
  if (!change) return `## In bytes\n\n${from} What answers lose by it was not measured.\n`;
  const rows = dimensions.map((dimension) => {
    const numbers = (['mean', 'most', 'mostOfCurve'] as const).map((key) =>
      change[dimension][key].toFixed(4),
    );
    return `| ${dimension} | ${numbers.join(' | ')} |`;
  });
  return [
    '## In bytes\n',
    `${from} By how much answers differ from those in float32, on the scale of the labels, for ${change.films} ${change.apart ? 'films apart' : 'of the same films'}:\n`,
    `| | clips, mean | clips, most | points of curves, most |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
  ].join('\n');
}

function widened(ranges: Ranges): Ranges {
  return new Map(
    [...ranges].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value) => value * margin) },
    ]),
  );
}

function changeOf(
  before: readonly FilmAffect[],
  after: readonly FilmAffect[],
  dimension: 'valence' | 'arousal',
): Change {
  const clips = before.map(({ clip }, i) => Math.abs(after[i]!.clip[dimension] - clip[dimension]));
  const points = before.flatMap(({ curve }, i) =>
    curve.map((point, k) => Math.abs((after[i]!.curve[k]?.[dimension] ?? Number.NaN) - point[dimension])),
  );
  return {
    mean: clips.reduce((sum, value) => sum + value, 0) / clips.length,
    most: clips.reduce((most, value) => Math.max(most, value), 0),
    mostOfCurve: points.reduce((most, value) => Math.max(most, value), 0),
  };
}
