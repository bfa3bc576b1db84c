import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import type { Provider } from '../runtime/node/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import { InputError } from '../support/errors.ts';
import { computingOptions, modelOption, wholeNumber } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { type PlaceOptions, placeOptions, withLibrary } from './library-place.ts';
import { affectlineVersion } from './version.ts';

interface ServeCommandOptions extends PlaceOptions {
  port: number;
  host: string;
  name?: string;
  token?: string;
  film?: string;
  runs?: string;
  uploads?: string;
  model?: string;
  threads?: number;
  provider?: Provider;
}

export function serveCommand(): Command {
  const command = new Command('serve')
    .description(
      'Serve a library until Ctrl-C, as a page and over HTTP: films, curves, search, uploads and how their analyses go\n' +
        'on. What programs can ask is described at /api/openapi.json. Another address than loopback asks for a token.',
    )
    .option('-p, --port <number>', 'where to listen; 0: any that is free', wholeNumber(0, 65_535), 8420)
    .option('--host <address>', 'the address to listen at', '127.0.0.1')
    .option('--name <names>', 'other names it is asked by, as behind a proxy, with commas between them')
    .option('--token <text>', 'what has to be known (default: none on loopback, else a new one)')
    .option('--runs <folder>', 'show the trainings and reports of experiments in this folder')
    .option('--film <file>', 'a film of the library: the address that is printed is that of its page')
    .option(
      '--uploads <folder>',
      'where films that are brought are kept (default: uploads beside the library)',
    )
    .addOption(modelOption)
    .action(serveLibrary);
  for (const option of [...placeOptions, ...computingOptions]) command.addOption(option);
  return command;
}

async function serveLibrary(options: ServeCommandOptions): Promise<void> {
  const signal = interruptSignal();
  const { openAnalyzer } = await import('../analysis/node/index.ts');
  const { serve } = await import('../server/index.ts');
  const {
    port,
    host,
    name,
    token,
    film,
    runs,
    uploads = join(dirname(options.library), 'affectline-uploads'),
  } = options;
  if (runs !== undefined && !statSync(runs, { throwIfNoEntry: false })?.isDirectory())
    throw new InputError(`--runs ${runs}: a folder of trainings expected`, 'not-found');
  const analyzer = await openAnalyzer(options);
  try {
    await withLibrary(options, async (library) => {
      const shown = film === undefined ? undefined : await library.film(await contentHashOf(film, signal));
      const server = await serve({
        ...{ library, analyzer, uploads, host, port, version: affectlineVersion() },
        ...(name !== undefined && { names: name.split(',').map((one) => one.trim()) }),
        ...(token !== undefined && { token }),
        ...(runs !== undefined && { runs }),
      });
      process.stdout.write(`${server.url}${shown ? `#/film/${shown.id}` : ''}\n`);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await server.close();
    });
  } finally {
    await analyzer.close();
  }
  signal.throwIfAborted();
}
