// An affect curve → files people and programs read.
//   formats     every way to hand an answer over, by its name: JSON, tables, subtitles, ELAN, EmotionML, edit lists …
//   toCsv       one row a second: time (s), valence, arousal, model
//   tableParts  all points of many films as one table of CSV, piece by piece; parquetParts: the same
//   toJsonLine  the whole answer on one line
//   toPicture   a PNG, 1600 × 900 pixels, with stills of the film under the curve, drawn in a thread; expectPicture: starts it
//   drawing, text, line, colors, renderPng   what other pictures of this program are drawn with
export { colors, drawing, escaped, line, type TextStyle, text } from './drawing.ts';
export { FilmStrip, type Still } from './film-strip.ts';
export { type Format, formats, type Written } from './formats/index.ts';
export { parquetParts } from './formats/parquet.ts';
export { expectPicture, toPicture } from './picture.ts';
export { renderPng } from './render.ts';
export { type FilmsInTurn, tableParts, toCsv } from './table.ts';
export { modelName, toJsonLine } from './text.ts';
