/** What the files of the networks of faces hold: `sha256:…` of each. A model goes with those that it was trained beside. */
export interface FaceHashes {
  readonly detector: string;
  readonly expressions: string;
}
