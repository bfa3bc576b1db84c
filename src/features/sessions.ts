import { reduceMean, type Value } from '../graph/index.ts';
import {
  isOverTime,
  type Model,
  momentNetwork,
  pairNetwork,
  placeNetwork,
  waveformNetwork,
} from '../models/index.ts';
import type { Runtime, Session } from '../runtime/index.ts';

/** Fields of motion that go through a network at once. */
export const fieldsPerRun = 10;
/** Frames that go through the networks of the streams that see, and the fusion, at once. */
export const framesPerRun = 4;
/** Columns of a map of sound computed at once: 48 s of sound for SoundNet, of which an eighth overlaps the next part. */
export const columnsPerRun = 32;

/** Seconds; a shorter film has so few fields that their session had better open fast than run fast. */
const shortFilm = 4;

/** The parts of a model as sessions, each opened when it is first needed and kept for the films that follow. */
export class Sessions {
  private readonly model: Model;
  private readonly runtime: Runtime;
  private readonly opened = new Map<string, Promise<Session>>();
  /** What has opened; the rest is still opening. */
  private readonly ready = new Set<Session>();
  /** For ends that are expected. */
  private readonly expected = new Map<string, Promise<Session>>();
  /** For the last end of a film, by stream; only where films come one after the other. */
  private readonly endings: Map<string, { readonly samples: number; readonly session: Session }> | undefined;
  private closed = false;

  /**
   * @param films `one by one`, and many of them: the session for the end of a film's sound is kept for the next film, if that
   *   is as long; it must not be read before the one before it has ended.
   */
  constructor(model: Model, runtime: Runtime, films: 'at once' | 'one by one' = 'at once') {
    this.model = model;
    this.runtime = runtime;
    this.endings = films === 'one by one' ? new Map() : undefined;
  }

  /**
   * Fields [fieldsPerRun, …] → their maps [fieldsPerRun, C, h, w], both called as the stream.
   *
   * @param seconds that the film lasts, 0 where it does not say.
   */
  pairs(stream: string, seconds: number): Promise<Session> {
    const network = () => pairNetwork(this.model.network, stream, fieldsPerRun);
    const isShort = seconds > 0 && seconds < shortFilm;
    // where a longer film has been, a short one is computed with the same
    if (!isShort || this.opened.has(stream) || this.endings) return this.once(stream, network);
    return this.once(`${stream} of short films`, network, true);
  }

  /**
   * Inputs called as the streams, [framesPerRun, …], or what is given of them (`flowFeature`: [framesPerRun, C, h, w]) →
   * the vectors of moments, by the name of their track, [framesPerRun, C]; where the fusion runs over time, what `OverTime`
   * puts together, [framesPerRun, 3 · C, h, w].
   */
  moments(given: readonly string[]): Promise<Session> {
    return this.once(`moments without ${given.join()}`, () => {
      const { network } = this.model;
      const maps = momentNetwork(network, { frames: framesPerRun, pairs: 1 }, given);
      return Object.fromEntries(
        network.tracks.flatMap((track) => {
          const map = maps[track.name];
          if (!map) return [];
          return [[track.name, isOverTime(network, track) ? map : reduceMean(map, [2, 3])]];
        }),
      );
    });
  }

  /** Inputs as those of `moments` → what each stream adds to the maps of moments (see `placeNetwork`). */
  places(given: readonly string[]): Promise<Session> {
    return this.once(`places without ${given.join()}`, () =>
      placeNetwork(this.model.network, { frames: framesPerRun, pairs: 1 }, given),
    );
  }

  /** A whole chunk of the waveform, of always so many samples → [1, C, columns, 1], both called as the stream. */
  chunk(stream: string, samples: number): Promise<Session> {
    return this.once(`${stream} of ${samples} samples`, () =>
      waveformNetwork(this.model.network, stream, samples),
    );
  }

  /**
   * Opens the session for an ending ahead of it, unless that is expected already.
   *
   * @returns what closes it, where no ending has come that needed it.
   */
  expectEnding(stream: string, samples: number): () => Promise<void> {
    const name = endingOf(stream, samples);
    if (this.endings || this.expected.has(name)) return async () => {};
    const session = this.open(waveformNetwork(this.model.network, stream, samples));
    session.catch(() => {}); // told where it is needed
    this.expected.set(name, session);
    return async () => {
      if (this.expected.get(name) !== session) return;
      this.expected.delete(name);
      await (await session.catch(() => undefined))?.close();
    };
  }

  /** Does something with the same for what is left at the end of a film; closed after, for the ends of films differ in length. */
  async ending<Result>(
    stream: string,
    samples: number,
    use: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const kept = this.endings?.get(stream);
    if (kept?.samples === samples) return await use(kept.session);
    await kept?.session.close();
    this.endings?.delete(stream);
    const name = endingOf(stream, samples);
    const expected = this.expected.get(name);
    this.expected.delete(name);
    const session = await (expected ?? this.open(waveformNetwork(this.model.network, stream, samples)));
    this.endings?.set(stream, { samples, session });
    return await use(session).finally(() => (this.endings ? undefined : session.close()));
  }

  /** Closes what has opened. What is still opening cannot be stopped, nor need anybody wait: it closes once it has opened. */
  async close(): Promise<void> {
    this.closed = true;
    const endings = [...(this.endings?.values() ?? [])].map(({ session }) => session);
    await Promise.all([...this.ready, ...endings].map((session) => session.close()));
  }

  private once(name: string, network: () => Record<string, Value>, runsRarely = false): Promise<Session> {
    const session = this.opened.get(name) ?? this.openToKeep(network(), runsRarely);
    this.opened.set(name, session);
    return session;
  }

  private async openToKeep(outputs: Record<string, Value>, runsRarely: boolean): Promise<Session> {
    const session = await this.open(outputs, runsRarely);
    if (this.closed) await session.close();
    else this.ready.add(session);
    return session;
  }

  private async open(outputs: Record<string, Value>, runsRarely = false): Promise<Session> {
    if (this.closed) throw new Error('the sessions are closed');
    const { ranges } = this.model;
    return await this.runtime.open(outputs, this.model.parametersOf(outputs), { ranges, runsRarely });
  }
}

const endingOf = (stream: string, samples: number) => `the end of ${stream}, of ${samples} samples`;
