import { type FilmAffect, filmAffect, modelWarnings } from '../affect/index.ts';
import { extractFeatures, type FilmFeatures, type Sessions, watched } from '../features/index.ts';
import type { Model } from '../models/index.ts';
import type { ShotDetector } from '../shots/index.ts';
import { type FilmSource, type Moment, takersOf } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import { clipOf, curveOf, shotsOf, window, windowsOf } from './curve.ts';
import { unknownOf } from './knowledge.ts';
import { partsOf } from './parts.ts';
import { secondsOf, secondWindow, temporalParts } from './seconds.ts';

export interface FilmAnalysisOptions {
  readonly model: Model;
  readonly sessions: Sessions;
  /** Of the model's streams, those to look at and listen to. */
  readonly streams: readonly string[];
  /** What the film is called, in the answer and in errors. */
  readonly name: string;
  /** `sha256:…` of its bytes. */
  readonly contentHash: Promise<string>;
  /** What was asked for, as the answer tells it. */
  readonly options: FilmAffect['options'];
  /** Has been shown the frames that were decoded, once all are; nothing where shots are not looked for. */
  readonly shots?: ShotDetector | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @param done how much of the film is analyzed, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Each frame that is looked at, as it has been analyzed. */
  readonly onMoment?: ((moment: Moment) => void) | undefined;
}

/**
 * Runs the networks once over a film.
 *
 * @returns the answer, and the feature vectors that it was read off.
 * @throws InputError when nothing of the film can be analyzed.
 */
export async function analyzeFilm(
  film: FilmSource,
  {
    model,
    sessions,
    streams,
    name,
    contentHash,
    options,
    shots,
    signal,
    onProgress,
    onMoment,
  }: FilmAnalysisOptions,
): Promise<{ affect: FilmAffect; features: FilmFeatures }> {
  const { declaredDuration, hasPicture, hasSound, isSilent, frameRate, startTimecode } = film.info;
  const { videoTrack, audioTrack } = film.info;
  const { known, intervals } = model.calibration ?? {};
  const watching = known && watched(film);
  const features = await extractFeatures(watching?.film ?? film, {
    ...{ model, sessions, streams },
    onMoment: (moment) => {
      onMoment?.(moment);
      if (declaredDuration > 0) onProgress?.(Math.min(moment.time / declaredDuration, 1));
    },
  });
  signal?.throwIfAborted();
  if (features.tracks.length === 0)
    throw new InputError(`cannot analyze '${name}': it has nothing for ${streams.join(', ')} to go by`);
  const { decodedDuration, duration, coverage, problems, notices } = film.summary();
  const windows = windowsOf(decodedDuration);
  const { temporal } = model;
  const ofCurve = temporal ? secondWindow : window;
  const parts = temporal
    ? temporalParts(temporal, model.head, secondsOf(model, features, windows.length))
    : partsOf(model, features);
  const listening = takersOf('waveform', streams);
  const watchers = streams.filter((stream) => !listening.includes(stream));
  const usable = [...(hasPicture ? watchers : []), ...(hasSound && !isSilent ? listening : [])];
  const unusable = streams.filter((stream) => usable.includes(stream) && !features.streams.includes(stream));
  const affect = filmAffect({
    file: name,
    contentHash: await contentHash,
    duration,
    coverage,
    ...(hasPicture && frameRate > 0 && { frameRate }),
    ...(startTimecode !== undefined && { startTimecode }),
    tracks: {
      ...(videoTrack && { picture: videoTrack }),
      ...(audioTrack && { sound: audioTrack }),
    },
    model: model.description,
    options,
    window: ofCurve,
    clip: clipOf(parts, intervals?.margins),
    curve: curveOf(parts, windowsOf(decodedDuration, ofCurve.length), intervals?.margins),
    ...(shots && hasPicture && { shots: shotsOf(parts, shots.end(decodedDuration)) }),
    ...(intervals && { intervals: { confidence: intervals.confidence, method: intervals.method } }),
    unknown: watching ? unknownOf(known, features, watching.quantities(), windows) : [],
    streams: [...features.streams],
    decoder: film.info.decoder,
    warnings: warningsFor(model, unusable, coverage, [
      ...(!hasPicture && watchers.length > 0 ? ['it has no picture'] : []),
      ...(!hasSound && listening.length > 0 ? ['it has no sound'] : []),
      ...(isSilent ? ['its sound track is silent, and counts as none'] : []),
      ...notices,
      ...complaint(problems),
    ]),
  });
  return { affect, features };
}

function warningsFor(
  model: Model,
  unusable: readonly string[],
  coverage: number,
  notices: readonly string[],
): string[] {
  const warnings = modelWarnings(model.description);
  if (unusable.length > 0) warnings.push(`nothing could be made of its ${unusable.join(' and ')}`);
  if (coverage < 0.98) warnings.push(`only ${Math.floor(coverage * 100)} % of it could be decoded`);
  warnings.push(...notices);
  return warnings;
}

/** What the decoder said, as a sentence; none where it said nothing. */
function complaint(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more like it)` : '';
  return [`the decoder says: ${problems[0]}${more}`];
}
