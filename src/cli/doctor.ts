import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { compiledEntry } from '../support/entry.ts';
import { cacheFolder, pretrainedFiles, pretrainedPath } from '../weights/index.ts';
import { exitCodes } from './exit-codes.ts';
import { styled } from './terminal.ts';
import { affectlineVersion } from './version.ts';

const execute = promisify(execFile);

/** Whether affectline can use something, and in which version or why not. */
interface Finding {
  usable: boolean;
  detail: string;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Show what affectline can use on this machine: versions, decoders, processors.')
    .option('--json', 'print it as one line of JSON')
    .action(diagnose);
}

async function diagnose({ json = false }: { json?: boolean }): Promise<void> {
  const providers = ['cpu', 'webgpu', 'cuda'];
  const [nodeAv, ffmpeg, ...provided] = await Promise.all([
    findNodeAv(),
    findFfmpeg(),
    ...providers.map(findProvider),
  ]);
  const found = {
    versions: {
      affectline: affectlineVersion(),
      node: process.versions.node,
      'onnxruntime-node': packageVersion('onnxruntime-node'),
      platform: `${process.platform}-${process.arch}`,
    },
    decoders: { 'node-av': nodeAv!, ffmpeg: ffmpeg! },
    providers: Object.fromEntries(providers.map((name, index) => [name, provided[index]!])),
    processor: {
      model: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      wasmSimd: supportsSimd(),
    },
    cache: { folder: cacheFolder(), ...Object.fromEntries(pretrainedFiles.map(findWeights)) },
  };
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : readable(found));
  if ((nodeAv!.usable || ffmpeg!.usable) && provided[0]!.usable) return;
  process.stderr.write('affectline: something that is needed is missing: a decoder, or the cpu provider\n');
  process.exitCode = exitCodes.badInput;
}

function readable(sections: Record<string, Record<string, unknown>>): string {
  return Object.entries(sections)
    .map(([title, entries]) => {
      const lines = Object.entries(entries).map(
        ([name, value]) => `  ${name.padEnd(20)}${describe(value)}\n`,
      );
      return `${styled(title, 'bold', process.stdout)}\n${lines.join('')}`;
    })
    .join('\n');
}

function describe(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  const { usable, detail } = value as Finding;
  return usable ? `usable${detail && `, ${detail}`}` : styled(`not usable: ${detail}`, 'dim', process.stdout);
}

/** The version of an installed package, whose package.json need not be exported. */
function packageVersion(name: string): string {
  for (
    let folder = new URL('.', import.meta.resolve(name));
    folder.pathname !== '/';
    folder = new URL('..', folder)
  ) {
    const path = new URL('package.json', folder);
    const manifest = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
    if (manifest.name === name) return manifest.version;
  }
  return 'unknown';
}

/** An optional dependency may have been left out. */
function isInstalled(name: string): boolean {
  try {
    return import.meta.resolve(name) !== '';
  } catch {
    return false;
  }
}

/** In a process of its own, as when decoding. */
async function findNodeAv(): Promise<Finding> {
  if (!isInstalled('node-av')) return { usable: false, detail: 'not installed' };
  const load = `await import(${JSON.stringify(import.meta.resolve('node-av'))})`;
  return probe(
    process.execPath,
    ['--input-type=module', '--eval', load],
    () => `version ${packageVersion('node-av')}`,
  );
}

async function findFfmpeg(): Promise<Finding> {
  return probe('ffmpeg', ['-version'], (output) => output.match(/^ffmpeg (version \S+)/)?.[1] ?? '');
}

async function findProvider(name: string): Promise<Finding> {
  return probe(process.execPath, [compiledEntry(import.meta.url, 'probe-provider'), name], () => '');
}

function findWeights(file: (typeof pretrainedFiles)[number]): [name: string, found: string] {
  const path = pretrainedPath(file);
  const found = existsSync(path) ? `${(statSync(path).size / 1e6).toFixed(1)} MB` : 'not fetched';
  return [file.name, found];
}

async function probe(
  program: string,
  options: string[],
  detailOf: (output: string) => string,
): Promise<Finding> {
  try {
    const { stdout } = await execute(program, options, { timeout: 30_000 });
    return { usable: true, detail: detailOf(stdout) };
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    // ONNX Runtime says where in its sources before it says why
    const reason = stderr
      .split('\n')
      .map((line) => line.replace(/^.*(?=Failed )/, '').replace(/;? *see: affectline doctor/, ''))
      .findLast((line) => line.trim().length > 0)
      ?.trim();
    return { usable: false, detail: code === 'ENOENT' ? 'not installed' : reason || 'it does not start' };
  }
}

/** Whether WebAssembly has vectors of 128 bits, with which flow is nine times faster: (i8x16.popcnt (i8x16.splat 0)). */
function supportsSimd(): boolean {
  const instructions = [65, 0, 253, 15, 253, 98, 11];
  const header = [0, 97, 115, 109, 1, 0, 0, 0];
  return WebAssembly.validate(
    Uint8Array.from([...header, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, ...instructions]),
  );
}
