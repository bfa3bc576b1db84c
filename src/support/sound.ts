/** Samples a second of every waveform in the program, mono (SoundNet, 2016, works at 22,050 Hz). */
export const sampleRate = 22_050;
