import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, unknownName } from '../support/errors.ts';
import { cacheFolder } from './cache.ts';
import { type DownloadOptions, download } from './download.ts';
import { readModelWeights } from './read.ts';

/** A pretrained file that can be fetched by name. */
export interface PretrainedFile {
  name: string;
  /** Which stream of the network it is for. */
  stream: 'flow' | 'picture' | 'sound';
  about: string;
  /** Its name in the cache folder. */
  file: string;
  url: string;
  /** The first digits of its SHA-256 where its publisher says them (torchvision: in the file's name). */
  sha256?: string;
}

export const pretrainedFiles: readonly PretrainedFile[] = [
  {
    name: 'densenet121',
    stream: 'picture',
    about: 'DenseNet-121, ImageNet, torchvision',
    file: 'densenet121-a639ec97.pth',
    url: 'https://download.pytorch.org/models/densenet121-a639ec97.pth',
    sha256: 'a639ec97',
  },
  {
    name: 'densenet121.tv_in1k',
    stream: 'picture',
    about: 'DenseNet-121, ImageNet, the same weights from timm',
    file: 'densenet121.tv_in1k.safetensors',
    url: 'https://huggingface.co/timm/densenet121.tv_in1k/resolve/main/model.safetensors',
  },
  {
    name: 'alexnet',
    stream: 'flow',
    about: 'AlexNet, ImageNet, torchvision',
    file: 'alexnet-owt-7be5be79.pth',
    url: 'https://download.pytorch.org/models/alexnet-owt-7be5be79.pth',
    sha256: '7be5be79',
  },
  {
    name: 'soundnet8',
    stream: 'sound',
    about: 'SoundNet-8, two million videos, port of SoundNet-tensorflow',
    file: 'sound8.npy',
    url: 'https://drive.google.com/uc?export=download&id=0B9wE6h4m--wjR015M1RLZW45OEU',
  },
];

/** @throws InputError unless it is the name of a pretrained file. */
export function findPretrained(name: string): PretrainedFile {
  const found = pretrainedFiles.find((file) => file.name === name);
  if (!found) {
    throw unknownName(
      'pretrained file',
      name,
      pretrainedFiles.map((file) => file.name),
    );
  }
  return found;
}

/** Where a pretrained file is, or will be, in the cache folder. */
export function pretrainedPath({ file }: PretrainedFile): string {
  return join(cacheFolder(), 'weights', file);
}

export interface FetchOptions extends Pick<DownloadOptions, 'onProgress' | 'signal' | 'stallSeconds'> {
  /** Never use the network: a file that is not in the cache is an error. */
  offline?: boolean;
}

/**
 * A pretrained file's path, after fetching it if it is not in the cache folder yet. What arrives is checked against the
 * known digits of its hash, and has to hold the parameters of its network.
 *
 * @throws InputError when it cannot be had.
 */
export async function fetchPretrained(
  file: PretrainedFile,
  { offline = false, ...options }: FetchOptions = {},
): Promise<string> {
  const path = pretrainedPath(file);
  if (existsSync(path)) return path;
  if (offline) {
    throw new InputError(
      `${file.name} is not in the cache, and --offline forbids fetching it; put ${file.url} at ${path}`,
    );
  }
  await download({
    ...options,
    url: file.url,
    path,
    ...(file.sha256 !== undefined && { sha256: file.sha256 }),
    check: async (part) => {
      await readModelWeights(part);
    },
  });
  return path;
}
