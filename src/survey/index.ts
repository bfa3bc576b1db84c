// Sound and a few pictures of a film in → what holds over all of it, so that the same content gives the same answer:
// its loudness (LUFS) and the factor that brings it to the common level, the black bars around its picture.
export { BarSearch, type Bars, noBars } from './bars.ts';
export { gainFor, jointLoudness, LowCut, lowestFrequency, targetLoudness } from './level.ts';
export { Loudness } from './loudness.ts';
