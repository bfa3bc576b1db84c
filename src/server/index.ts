/*
 * In: a library and what analyzes films. Out: an HTTP server: the films with their curves, shots and passages, the films
 * themselves, search, uploads and how their analyses go on; described by an OpenAPI document. On loopback unless it is
 * told otherwise, and then only for those who know a token.
 */
export { createApp } from './app.ts';
export type { Context, UploadLimits } from './context.ts';
export { type RunningServer, type ServeOptions, serve } from './serve.ts';
export type * from './types.ts';
