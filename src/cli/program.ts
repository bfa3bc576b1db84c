import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { printable } from '../support/printable.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { report } from './failure.ts';
import { affectlineVersion } from './version.ts';

interface LazyCommand {
  summary: string;
  load: () => Promise<Command>;
}

/** Each command is loaded when it is called, so that help is there at once. */
export const commands: Record<string, LazyCommand> = {
  analyze: {
    summary: 'say how films make people feel: a value for each, and a curve over its length',
    load: async () => (await import('./analyze.ts')).analyzeCommand(),
  },
  evaluate: {
    summary: "set a model's curves against people's ratings of the same films",
    load: async () => (await import('./evaluate.ts')).evaluateCommand(),
  },
  library: {
    summary: 'keep films with their curves, to be searched',
    load: async () => (await import('./library.ts')).libraryCommand(),
  },
  search: {
    summary: 'find scenes of a library by how they feel',
    load: async () => (await import('./search.ts')).searchCommand(),
  },
  serve: {
    summary: 'serve a library as a page, and over HTTP',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  worker: {
    summary: 'analyze the films that wait in a library',
    load: async () => (await import('./worker.ts')).workerCommand(),
  },
  jobs: {
    summary: 'show how the jobs of a library stand',
    load: async () => (await import('./jobs.ts')).jobsCommand(),
  },
  flow: {
    summary: 'compute the optical flow of two images or of a film',
    load: async () => (await import('./flow.ts')).flowCommand(),
  },
  train: {
    summary: 'train a network on a data set',
    load: async () => (await import('./train.ts')).trainCommand(),
  },
  'train-curve': {
    summary: "train a head over time on people's ratings of films",
    load: async () => (await import('./train-curve.ts')).trainCurveCommand(),
  },
  dataset: {
    summary: 'check a data set of labeled clips, or make one of synthetic films',
    load: async () => (await import('./dataset.ts')).datasetCommand(),
  },
  reproduce: {
    summary: "from a data set to the paper's Table 1",
    load: async () => (await import('./reproduce.ts')).reproduceCommand(),
  },
  export: {
    summary: 'write a model as ONNX, for other programs',
    load: async () => (await import('./export.ts')).exportCommand(),
  },
  quantize: {
    summary: 'write a model that is computed in bytes, faster',
    load: async () => (await import('./quantize.ts')).quantizeCommand(),
  },
  'export-training': {
    summary: 'write a training for PyTorch',
    load: async () => (await import('./export-training.ts')).exportTrainingCommand(),
  },
  doctor: {
    summary: 'show what affectline can use on this machine',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  weights: {
    summary: 'list, fetch and convert pretrained weights',
    load: async () => (await import('./weights.ts')).weightsCommand(),
  },
};

/**
 * Runs one call of `affectline`.
 *
 * @param given the arguments after the program's name.
 * @returns the exit code (see exit-codes.ts).
 */
export async function run(given: readonly string[]): Promise<number> {
  process.stdout.on('error', endWhenNobodyReads);
  // messages that nobody can read are no reason to stop
  process.stderr.on('error', () => {});
  try {
    const program = await programFor(given);
    await program.parseAsync(given, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error);
  }
}

/** The program with the called command in full and the others by their summary alone. */
async function programFor(given: readonly string[]): Promise<Command> {
  const program = new Command('affectline')
    .description('Reads a video and says how it makes people feel: valence and arousal.')
    .version(affectlineVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', exitCodesHelp)
    .showSuggestionAfterError()
    .showHelpAfterError('(see affectline --help)')
    .configureOutput({
      outputError: (text, write) => write(printable(text.replace(/^error: /, 'affectline: '))),
    })
    .exitOverride();
  const operands = given.filter((argument) => !argument.startsWith('-'));
  const called = operands[0] === 'help' ? operands[1] : operands[0];
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = name === called ? await load() : new Command(name).summary(summary);
    inheritSettings(command.summary(summary), program);
    if (name === called) explainExitCodes(command);
    program.addCommand(command);
  }
  if (called !== undefined && !(called in commands) && operands[0] === called && existsSync(called)) {
    program.showHelpAfterError(`(to analyze this file: affectline analyze ${called})`);
  }
  return program;
}

function explainExitCodes(command: Command): void {
  command.addHelpText('after', exitCodesHelp);
  for (const child of command.commands) explainExitCodes(child);
}

function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  command.showHelpAfterError(`(see affectline ${command.name()} --help)`);
  for (const child of command.commands) inheritSettings(child, command);
}

/** `affectline analyze --json film.mp4 | head -1` is no failure; a full disk behind stdout is one. */
function endWhenNobodyReads(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : report(error));
}
