// Frames of a film → what is known of the faces in it: where they are, their expressions, in a vector for each moment.
//   openDetector, openExpressionReader  networks → what finds faces, and what reads expressions off one
//   FaceWatcher                         a film's frames one after the other → `faceNumbers` of each
// `node/` reads the networks from files; none comes with this program.
export { anchorsOf, type DetectedFace, readFaces } from './blazeface.ts';
export { areaOf, type Box, overlap } from './boxes.ts';
export { type FaceDetector, openDetector } from './detector.ts';
export { type ExpressionReader, expressionNames, openExpressionReader } from './expressions.ts';
export type { FaceHashes } from './hashes.ts';
export { type FaceNetwork, networkOf } from './network.ts';
export { cutSquare, type FacePicture, type Square } from './picture-parts.ts';
export { faceNumbers, summaryOf } from './summary.ts';
export { FaceTracks, type SeenFace } from './tracks.ts';
export { FaceWatcher, lookPeriod } from './watcher.ts';
