declare module 'fft.js' {
  export default class FFT {
    constructor(size: number);
    createComplexArray(): number[];
    /** Fills the first half (size / 2 + 1 complex values, interleaved) of `output`. */
    realTransform(output: number[], input: ArrayLike<number>): void;
  }
}
