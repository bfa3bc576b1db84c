import type { Ranges, Value } from '../graph/index.ts';
import type { Tensor } from '../support/tensor.ts';

/** A network ready to run. Runs may overlap: they are queued. */
export interface Session {
  /** Names and shapes of what every run has to be given. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;
  /**
   * Computes the outputs.
   *
   * @param feeds an array for every entry of `inputs`; they are copied, unless lent.
   * @param lending names of feeds whose arrays are lent rather than copied, which saves time for large ones: they are
   *   empty from now on, and after the run `feeds` holds tensors with the same numbers again.
   * @returns an array for every output, by name.
   */
  run(feeds: Record<string, Tensor>, lending?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees what the session holds, after the run it is in; runs still waiting fail. */
  close(): Promise<void>;
}

/** What computes graphs. */
export interface Runtime {
  /**
   * Makes outputs ready to be computed; shapes are fixed, so there is a session for each size of batch.
   *
   * @param parameters become part of the session; those not given are inputs of every run.
   * @param options `ranges` of what may be computed in bytes, if the machine does so exactly; `runsRarely` where the session
   *   runs so few times that it had better open fast.
   */
  open(
    outputs: Record<string, Value>,
    parameters: ReadonlyMap<string, Tensor>,
    options?: { readonly ranges?: Ranges | undefined; readonly runsRarely?: boolean },
  ): Promise<Session>;
}
