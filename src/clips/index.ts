// Frames, flow and sound of a clip → the inputs of the networks.
//   writePicture  RGB levels 0..255       → ImageNet-normalised [3, height, width]
//   writeFlow     displacements in pixels → ImageNet-normalised [3, height, width] of (u, v, |w|)
//   sampleOfFlow  which sampled frame a flow field belongs to
//   openFilm      a file → its sampled frames, flow fields and waveform, decoded in one pass as they are read

export { type Film, type FilmOptions, openFilm, type SampledFrame, type SampleFlow } from './film.ts';
export { framesPerSample, isSampled, sampleOfFlow, writeFlow, writePicture } from './network-inputs.ts';
