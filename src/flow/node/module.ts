import { readFileSync } from 'node:fs';
import { compiledEntry } from '../../support/entry.ts';

let compiled: WebAssembly.Module | undefined;

/**
 * The flow kernel, compiled once per process; it can be handed to worker threads as it is.
 * The file `brox.wasm` needs nothing of Node: a browser compiles the same bytes and passes the module to `FlowKernel`.
 *
 * @returns undefined where WebAssembly has no SIMD.
 */
export function kernelModule(): WebAssembly.Module | undefined {
  if (!compiled) {
    const bytes = readFileSync(compiledEntry(import.meta.url, '../kernel/brox').replace(/js$/, 'wasm'));
    if (!WebAssembly.validate(bytes)) return undefined;
    compiled = new WebAssembly.Module(bytes);
  }
  return compiled;
}
