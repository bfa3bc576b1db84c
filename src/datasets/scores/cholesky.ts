/** A symmetric positive definite matrix as the product of a lower triangular one with its transpose; row-major float64. */
export class Cholesky {
  readonly size: number;
  private readonly lower: Float64Array;

  /** @param matrix size × size; left as it is. */
  constructor(matrix: Float64Array, size: number) {
    this.size = size;
    const lower = matrix.slice();
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = lower[i * size + j]!;
        for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
        if (i > j) lower[i * size + j] = sum / lower[j * size + j]!;
        else if (sum > 0) lower[i * size + i] = Math.sqrt(sum);
        else throw new RangeError('matrix is not positive definite');
      }
    }
    this.lower = lower;
  }

  /** The solution x of (lower) x = b. */
  solveLower(b: Float64Array): Float64Array {
    const { size, lower } = this;
    const x = b.slice();
    for (let i = 0; i < size; i++) {
      let sum = x[i]!;
      for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * x[k]!;
      x[i] = sum / lower[i * size + i]!;
    }
    return x;
  }

  /** The solution x of (matrix) x = b. */
  solve(b: Float64Array): Float64Array {
    const { size, lower } = this;
    const x = this.solveLower(b);
    for (let i = size - 1; i >= 0; i--) {
      let sum = x[i]!;
      for (let k = i + 1; k < size; k++) sum -= lower[k * size + i]! * x[k]!;
      x[i] = sum / lower[i * size + i]!;
    }
    return x;
  }

  /** Row-major, symmetric. */
  inverse(): Float64Array {
    const { size } = this;
    const result = new Float64Array(size * size);
    const unit = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      unit.fill(0)[i] = 1;
      result.set(this.solve(unit), i * size);
    }
    return result;
  }

  logDeterminant(): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += 2 * Math.log(this.lower[i * this.size + i]!);
    return sum;
  }
}
