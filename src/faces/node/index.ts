// Files → the networks of faces: those that the user names, or of an npm package that the user installs.
export {
  type FaceFiles,
  type FaceHashes,
  type FaceReader,
  faceFiles,
  hashesOf,
  openFaceReader,
} from './reader.ts';
