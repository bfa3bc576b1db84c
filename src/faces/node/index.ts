// Files → the networks of faces: those that the user names, or of an npm package that the user installs.
export type { FaceHashes } from '../hashes.ts';
export {
  type FaceFiles,
  type FaceReader,
  faceFiles,
  hashesOf,
  openFaceReader,
} from './reader.ts';
