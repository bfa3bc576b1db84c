/** Vectors in a block: one buffer for many, because a buffer each would take more than what it holds. */
const vectorsPerBlock = 256;

/** Keeps copies of the vectors of a long film. */
export class Vectors {
  private block = new Float32Array(0);
  private used = 0;

  /** @returns a copy, in a buffer that it shares with others. */
  keep(vector: Float32Array): Float32Array {
    if (this.used + vector.length > this.block.length) {
      this.block = new Float32Array(vectorsPerBlock * vector.length);
      this.used = 0;
    }
    const kept = this.block.subarray(this.used, this.used + vector.length);
    kept.set(vector);
    this.used += vector.length;
    return kept;
  }
}
