import { sampleRate } from '../support/sound.ts';

/** Lossy codecs and resampling overshoot full scale; beyond this, samples were never meant for it. */
const loudest = 1.5;

/** Energies are remembered for about this many seconds. */
const memorySeconds = 0.5;

/** Channels cancel each other when their mean has less than this share of their difference's energy … */
const cancelledBelow = 0.01;
/** … and no longer do when it has more than this share. */
const heardAbove = 0.1;

/** Seconds in which one fades into the other. */
const fadeSeconds = 0.05;

/**
 * Makes mono of pairs of samples, the mean of the channels and half their difference: the mean, or the difference
 * where channels in antiphase cancel in the mean. Repairs what no sample can be.
 */
export class Downmix {
  private meanEnergy = 0;
  private differenceEnergy = 0;
  private cancelled = false;
  /** How much of the difference is heard, 0 … 1. */
  private share = 0;
  /** Samples in which the difference was heard. */
  private differenceHeard = 0;
  private notNumbers = 0;
  private tooLoud = 0;
  private samples = 0;

  /** @param pairs mean, difference, mean, difference …; @returns half as many samples, in [−1, 1]. */
  mix(pairs: Float32Array): Float32Array {
    const count = pairs.length >> 1;
    this.samples += count;
    this.repair(pairs);
    this.listen(pairs);
    const mono = new Float32Array(count);
    const goal = Number(this.cancelled);
    const step = 1 / (fadeSeconds * sampleRate);
    for (let i = 0; i < count; i++) {
      this.share += Math.max(-step, Math.min(step, goal - this.share));
      const mixed = (1 - this.share) * pairs[2 * i]! + this.share * pairs[2 * i + 1]!;
      if (Math.abs(mixed) > loudest) this.tooLoud++;
      mono[i] = Math.max(-1, Math.min(1, mixed));
    }
    if (this.cancelled) this.differenceHeard += count;
    return mono;
  }

  /** What was done to the sound, each a sentence. */
  notices(): string[] {
    const notices: string[] = [];
    const percent = (count: number) => `${Math.max(0.1, (100 * count) / this.samples).toFixed(1)} %`;
    if (this.notNumbers > 0)
      notices.push(`${percent(this.notNumbers)} of its sound are not numbers: silence was put there`);
    if (this.tooLoud > 0)
      notices.push(`${percent(this.tooLoud)} of its sound are far beyond full scale: they were clipped`);
    if (this.differenceHeard > memorySeconds * sampleRate)
      notices.push(
        'its left and right channels are in antiphase and cancel each other: their difference was heard',
      );
    return notices;
  }

  private repair(pairs: Float32Array): void {
    for (let i = 0; i < pairs.length; i += 2) {
      if (Number.isFinite(pairs[i]) && Number.isFinite(pairs[i + 1])) continue;
      this.notNumbers++;
      if (!Number.isFinite(pairs[i])) pairs[i] = 0;
      if (!Number.isFinite(pairs[i + 1])) pairs[i + 1] = 0;
    }
  }

  private listen(pairs: Float32Array): void {
    let mean = 0;
    let difference = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      mean += pairs[i]! ** 2;
      difference += pairs[i + 1]! ** 2;
    }
    const kept = Math.exp(-pairs.length / 2 / (memorySeconds * sampleRate));
    this.meanEnergy = kept * this.meanEnergy + mean;
    this.differenceEnergy = kept * this.differenceEnergy + difference;
    const limit = this.cancelled ? heardAbove : cancelledBelow;
    this.cancelled = this.meanEnergy < limit * this.differenceEnergy;
  }
}
