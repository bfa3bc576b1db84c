import { FlowFeatures, flowFeatureNames } from './flow.ts';
import { MotionFeatures, motionFeatureNames } from './motion.ts';
import { PictureFeatures, pictureFeatureNames } from './picture.ts';
import { SoundFeatures, soundFeatureNames } from './sound.ts';

/** Names of the features of a clip, in the order of `HandcraftedFeatures.values()`. */
export const handcraftedFeatureNames: readonly string[] = [
  ...pictureFeatureNames,
  ...motionFeatureNames,
  ...flowFeatureNames,
  ...soundFeatureNames,
];

/**
 * The features that affective video analysis was done with before it was learned (Baveye et al., "LIRIS-ACCEDE:
 * a video database for affective content analysis", 2015, section 5, uses such a set): color and light of the
 * sampled RGB frames, change between all gray frames, optical flow, short-time spectrum of the waveform. With a ridge
 * regression they are the floor that a network has to beat.
 */
export class HandcraftedFeatures {
  private readonly picture = new PictureFeatures();
  private readonly motion = new MotionFeatures();
  private readonly flow = new FlowFeatures();
  private readonly sound: SoundFeatures;

  /** @param sampleRate of the waveform, in samples a second. */
  constructor(sampleRate: number) {
    this.sound = new SoundFeatures(sampleRate);
  }

  /** @param time in seconds; gray is 8 bits a pixel, rgb three bytes a pixel on the frames that have it. */
  addFrame(frame: { readonly time: number; readonly gray: Uint8Array; readonly rgb?: Uint8Array }): void {
    this.motion.add(frame.gray, frame.time);
    if (frame.rgb) this.picture.add(frame.rgb);
  }

  /** @param field the next, in any unit. */
  addField(field: { readonly u: Float32Array; readonly v: Float32Array }): void {
    this.flow.add(field);
  }

  /** @param samples the next part of the waveform, in [−1, 1]. */
  addWaveform(samples: Float32Array): void {
    this.sound.add(samples);
  }

  /** One finite number for each of `handcraftedFeatureNames`, over everything added so far. */
  values(): number[] {
    return [...this.picture.values(), ...this.motion.values(), ...this.flow.values(), ...this.sound.values()];
  }
}
