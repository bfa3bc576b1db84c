import type { Network } from '../models/index.ts';
import { backboneOf, streamNamed, streamOfParameter } from '../streams/index.ts';

/** Of a stream: all of it trains, nothing, or what begins with a stage of its backbone. */
export type TrainedPart = 'frozen' | 'trained' | number;

/** What trains besides the fusion and the heads, which always do, by stream; those not named as they are by default. */
export type TrainedParts = Readonly<Record<string, TrainedPart>>;

/** What trains of a stream. */
export function partOf(parts: TrainedParts, stream: string): TrainedPart {
  return parts[stream] ?? (streamNamed(stream).trained ? 'trained' : 'frozen');
}

/**
 * Whether a parameter trains, by its name; also whether a batch norm does, by its path. Running averages never do.
 *
 * @param masks parameters of which only some numbers train; where there are any, of fusion and regression nothing else does.
 */
export function trains(
  parts: TrainedParts,
  network: Pick<Network, 'backbone'>,
  masks: ReadonlyMap<string, unknown> = new Map(),
): (name: string) => boolean {
  return (name) => {
    if (/\.running_(mean|var)$/.test(name)) return false;
    const stream = streamOfParameter(name);
    if (stream === undefined) return masks.size === 0 || masks.has(name);
    const part = partOf(parts, stream);
    if (typeof part !== 'number') return part === 'trained';
    const { stages } = backboneOf(stream, network.backbone[stream]);
    return (stages?.of(name) ?? 0) >= part;
  };
}
