import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';
import { configurationText, type TrainingConfiguration, trainingConfiguration } from './configuration.ts';
import type { TrainingClip, TrainOptions } from './options.ts';

/** What a training was begun with. A checkpoint holds it, so that nothing else is mixed with what it learned. */
export interface Origin {
  readonly configuration: TrainingConfiguration;
  /** SHA-256 over the clips that train and validate, in their order: their content, part, preprocessing, level and labels. */
  readonly clips: string;
}

/** An origin as it is stored: its configuration is not looked at yet. */
export interface StoredOrigin {
  readonly configuration: Record<string, unknown>;
  readonly clips: string;
}

/** What a checkpoint keeps of it; keys that a later version adds are filled in when it is read. */
export const originSchema: z.ZodType<StoredOrigin> = z.object({
  configuration: z.record(z.string(), z.unknown()),
  clips: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What a training with these options is begun with. */
export function originOf({
  configuration,
  train,
  validation,
}: Pick<TrainOptions, 'configuration' | 'train' | 'validation'>): Origin {
  // a prepared clip's file is named by its film's content, its part and its preprocessing
  const said = (clips: readonly TrainingClip[]) =>
    clips.map(({ clip, valence, arousal }) => [basename(clip.path), clip.level, valence, arousal]);
  const text = JSON.stringify([said(train), said(validation)]);
  return { configuration, clips: createHash('sha256').update(text).digest('hex') };
}

/**
 * Whether the training in a folder was begun with the same configuration and clips, by its checkpoint; one without a
 * checkpoint was not begun.
 *
 * @throws InputError naming the keys that differ, or the clips.
 */
export async function checkOrigin(folder: string, now: Origin): Promise<void> {
  const file = join(folder, 'last', 'checkpoint.json');
  if (!existsSync(file)) return;
  let origin: StoredOrigin;
  try {
    origin = originSchema.parse(JSON.parse(await readFile(file, 'utf8')).origin);
  } catch {
    throw new InputError(`${file} is not a checkpoint, or is damaged; delete its folder to start anew`);
  }
  refuseAnother(folder, origin, now);
}

/**
 * What the model is measured on once it is trained is no part of its origin.
 *
 * @throws InputError when a checkpoint's origin is not this one.
 */
export function refuseAnother(folder: string, origin: StoredOrigin, now: Origin): void {
  const { evaluation } = now.configuration;
  const before = trainingConfiguration(
    { ...origin.configuration, evaluation },
    join(folder, 'last', 'checkpoint.json'),
  );
  const keys = differingKeys(before, now.configuration);
  if (keys.length > 0)
    throw new InputError(
      `${folder} was trained with another configuration than is asked for now: ${keys.join(', ')}; ` +
        'change that back (config.yaml there may have been edited), or choose another name',
    );
  if (origin.clips !== now.clips)
    throw new InputError(
      `${folder} was trained on other clips than are there now: films, labels or their split have changed since; ` +
        'bring them back, or choose another name',
    );
}

/** "epochs (was 3, is 5)", for each key. */
function differingKeys(before: TrainingConfiguration, now: TrainingConfiguration): string[] {
  if (configurationText(before) === configurationText(now)) return [];
  const [was, is] = [leaves(before), leaves(now)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((key) => was.get(key) !== is.get(key))
    .map((key) => `${key} (was ${was.get(key) ?? 'not given'}, is ${is.get(key) ?? 'not given'})`);
}

function leaves(value: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(value).flatMap(([key, of]) =>
      of === undefined
        ? []
        : typeof of === 'object' && !Array.isArray(of)
          ? [...leaves(of as object, `${prefix}${key}.`)]
          : [[prefix + key, Array.isArray(of) ? of.join(' and ') : String(of)] as const],
    ),
  );
}
