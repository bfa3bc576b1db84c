// An affect curve → files people and programs read.
//   toCsv       one row a second: time (s), valence, arousal, model
//   toJsonLine  the whole answer on one line
//   toPicture   a PNG, 1600 × 900 pixels, with stills of the film under the curve
//   drawing, text, line, colors, renderPng   what other pictures of this program are drawn with
export { colors, drawing, escaped, line, type TextStyle, text } from './drawing.ts';
export { FilmStrip, type Still } from './film-strip.ts';
export { toPicture } from './picture.ts';
export { renderPng } from './render.ts';
export { modelName, toCsv, toJsonLine } from './text.ts';
