// From a model and films with ratings to a model with a head over time, compared with what it must be better than.
import { join } from 'node:path';
import type { Table } from '../../evaluation/index.ts';
import { cardText } from '../../models/index.ts';
import { readModel, type StoredModel, writeModel } from '../../models/node/index.ts';
import { smallTemporalHead, temporalNetwork } from '../../networks/index.ts';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import { type CurveLoss, trainTemporalHead } from '../../training/index.ts';
import {
  checkFilmCount,
  type HeadFinding,
  type LeaveFilmsOutOptions,
  leaveFilmsOut,
  partedForTraining,
  startOn,
} from './leave-films-out.ts';
import type { RatedFilmSeconds } from './rated-films.ts';
import { writeHeadReport } from './report.ts';

/** What is trained, from what, and where it goes. */
export interface CurveTrainingOptions extends Omit<LeaveFilmsOutOptions, 'network'> {
  /** Whose features are taken; it stays as it is. */
  readonly model: StoredModel;
  readonly films: readonly RatedFilmSeconds[];
  /** Whether these are synthetic. */
  readonly synthetic: boolean;
  /** Of the ratings, as the report says them: `elicited`, … */
  readonly kinds: readonly string[];
  readonly name: string;
  readonly folder: string;
  /** Whether a second sees those before it alone. */
  readonly causal: boolean;
  /** Of the model that is written; both are compared. */
  readonly loss: CurveLoss;
}

/** What came out. */
export interface CurveTraining {
  readonly table: Table;
  readonly reading: readonly string[];
  readonly findings: readonly HeadFinding[];
  /** The folder of the model. */
  readonly best: string;
}

/**
 * Says before films are analyzed that nothing could be trained.
 *
 * @throws InputError for too few films, or a model that has a head over time already.
 */
export function curveReady({ temporal, description }: StoredModel, films: number): void {
  checkFilmCount(films);
  if (temporal)
    throw new InputError(
      `the model ${description.name} has a head over time already; name the model that it was trained from`,
    );
}

/**
 * Compares heads on films left out (`leaveFilmsOut`), then trains one on all films but those that stop it. Writes the
 * report and, in `best/`, the model: the frozen parts of the given one with the new head. It has no intervals, for those of
 * the given one are of its own head.
 *
 * @throws InputError for too few films.
 */
export async function trainCurves(options: CurveTrainingOptions): Promise<CurveTraining> {
  const { model, films, synthetic, kinds, name, folder, causal, loss, seed, runtime, signal, onProgress } =
    options;
  const head = { ...smallTemporalHead, causal };
  const network = temporalNetwork(head);
  const findings = await leaveFilmsOut(films, { network, seed, runtime, signal, onProgress });
  const seconds = films.reduce((sum, { ratings }) => sum + ratings.valence.length, 0);
  const of = `${films.length} ${synthetic ? 'synthetic films (rendered, not filmed)' : 'films'}`;
  const { table, reading } = await writeHeadReport(folder, films, findings, {
    title: `Curves of ${of}, each left out in turn with a fifth of them`,
    about: [
      ...(synthetic
        ? [
            '**These films are synthetic, rendered by a program: no figure here says anything about real films.**',
          ]
        : []),
      `${of}, ${seconds} s, ratings ${kinds.join(', ')}; features of the model ${model.description.name} (${model.description.trained}), frozen; seed ${seed}.`,
    ],
  });
  const { parameters } = await trainTemporalHead({
    ...{ network, ...partedForTraining(films, seed), start: startOn(films), loss, seed, runtime, signal },
    onProgress: (done) => onProgress?.('head on all films', done),
  });
  const best = join(folder, 'best');
  const { known } = model.calibration ?? {};
  await writeModel(best, {
    name,
    trained: `${model.description.trained}; its head over time on the ratings of ${of}, by ${loss}`,
    synthetic: model.description.synthetic && synthetic,
    scale: model.description.scale,
    ...{ network: model.network, temporal: head, preprocessing: model.preprocessing },
    ...(known && { calibration: { known } }),
    parameters: new Map([...model.parameters, ...parameters]),
  });
  const measured = `## What was measured\n\n${reading.map((sentence) => `- ${sentence}`).join('\n')}\n`;
  const { files } = await readModel(best);
  await writeAtomically(join(best, 'README.md'), cardText(files.description, [measured]));
  return { table, reading, findings, best };
}
