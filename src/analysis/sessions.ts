import { input, reduceMean, type Value } from '../graph/index.ts';
import { frameNetwork, soundNetwork, streamMap } from '../networks/index.ts';
import { openSession, type Provider, type Session } from '../runtime/node/index.ts';
import type { Model } from './model.ts';

/** Flow fields that go through the five-layer ConvNet at once. */
export const fieldsPerRun = 10;
/** Sampled frames that go through DenseNet at once. */
export const framesPerRun = 4;
/** Columns of SoundNet's map computed at once: 48 s of sound, of which an eighth overlaps the next part. */
export const soundColumnsPerRun = 32;

/** The parts of a model as sessions, each opened when it is first needed and kept for the films that follow. */
export class Sessions {
  private readonly model: Model;
  private readonly threads: number;
  private readonly provider: Provider;
  private readonly opened = new Map<string, Promise<Session>>();

  constructor(model: Model, threads: number, provider: Provider = 'cpu') {
    this.model = model;
    this.threads = threads;
    this.provider = provider;
  }

  /** Input `flow` [fieldsPerRun, 3, side, side] → `flow` [fieldsPerRun, C, h, w]. */
  flow(): Promise<Session> {
    const { network } = this.model;
    const { side } = network.sizes;
    return this.once('flow', () => ({
      flow: streamMap(network, 'flow', input('flow', [fieldsPerRun, 3, side, side])),
    }));
  }

  /**
   * Inputs `picture` [framesPerRun, 3, side, side] and `flowFeature`, the mean flow map of each sampled frame
   * [framesPerRun, C, h, w] → visual features by the name of their map, [framesPerRun, C].
   *
   * @param withPicture false: DenseNet is not computed, and its map is the input `pictureFeature`.
   */
  frames(withPicture: boolean): Promise<Session> {
    return this.once(withPicture ? 'frames' : 'frames without picture', () => {
      const batch = { frames: framesPerRun, flows: 1 };
      const maps = frameNetwork(this.model.network, batch, withPicture ? ['flow'] : ['flow', 'picture']);
      return Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, reduceMean(map, [2, 3])]));
    });
  }

  /** Input `sound` [1, 1, samples, 1] → `sound` [1, C, columns, 1]. Not kept: the ends of films differ in length. */
  sound(samples: number): Promise<Session> {
    return this.open(soundNetwork(this.model.network, samples));
  }

  async close(): Promise<void> {
    const sessions = await Promise.allSettled(this.opened.values());
    await Promise.all(sessions.map((session) => session.status === 'fulfilled' && session.value.close()));
  }

  private once(name: string, network: () => Record<string, Value>): Promise<Session> {
    const session = this.opened.get(name) ?? this.open(network());
    this.opened.set(name, session);
    return session;
  }

  private open(outputs: Record<string, Value>): Promise<Session> {
    const { threads, provider } = this;
    return openSession(outputs, { parameters: this.model.parametersOf(outputs), threads, provider });
  }
}
