/*
 * In: scenes of a library's films, and what people say of them: which of two feels more pleasant or exciting. Out: the
 * pairs to ask next, how far raters agree, strengths, ranks and scores of the scenes, and labels that training takes.
 */
export { type ChoiceAgreement, choiceAgreement } from './agreement.ts';
export { labelsCsv, writeLabels } from './export.ts';
export { type Choice, type LabelScene, Labels } from './labels.ts';
export { nextPair } from './next-pair.ts';
export { type RankedScene, rankedScenes } from './ranking.ts';
export { raterName } from './rater.ts';
export { scenesOf } from './scenes.ts';
export { keepTrace, type RatedTrace, tracesCsv, tracesOf } from './traces.ts';
